"""A Redis client of a few lines: one connection, one command at a time."""

from __future__ import annotations

import socket


class RedisReplyError(Exception):
    """What Redis answers with `-`."""


class RedisClient:
    """Raises OSError when Redis is away, and RedisReplyError for its errors."""

    def __init__(self, port: int, seconds: float = 10) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> RedisClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def call(self, *words: object) -> object:
        encoded = [str(word).encode() for word in words]
        request = b"*%d\r\n" % len(encoded)
        self._socket.sendall(request + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in encoded))
        return self._reply()

    def info(self, section: str) -> dict[str, str]:
        lines = str(self.call("INFO", section)).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def _reply(self) -> object:
        """RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec/)."""
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, text = line[:1], line[1:-2].decode()
        if kind == b"-":
            raise RedisReplyError(text)
        if kind == b":":
            return int(text)
        if kind == b"+":
            return text
        length = int(text)
        if length < 0:
            return None
        if kind == b"$":
            data = self._file.read(length + 2)
            if len(data) < length + 2:
                raise ConnectionError("Redis closed the connection")
            return data[:-2].decode()
        return [self._reply() for _ in range(length)]
