"""One keep-alive connection whose requests end within a deadline, whatever the server does."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any, Protocol

from .answer import Answer
from .endpoint import Endpoint

#: Bytes; a full batch's answer is a tenth of this.
_MAXIMUM_ANSWER_BYTES = 1024 * 1024


class TransportError(Exception):
    """No answer: the text says why, for `%progressbus status`."""


class Transport(Protocol):
    """The sender's view of the network."""

    def post(
        self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Answer:
        """Post `body`; at most `timeout` seconds in all. Raises `TransportError`."""

    def close(self) -> None:
        """Close the connection."""


class HTTPTransport:
    """The network itself. For one thread."""

    def __init__(self) -> None:
        self._endpoint: Endpoint | None = None
        self._connection: _Connection | None = None
        self._tls: ssl.SSLContext | None = None

    def post(
        self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Answer:
        """See `Transport.post`. Redirects are not followed: they would carry the token along."""
        deadline = time.monotonic() + timeout
        if self._endpoint != endpoint:
            self.close()
        was_idle = self._connection is not None
        try:
            return self._exchange(endpoint, headers, body, deadline)
        except (ConnectionError, http.client.RemoteDisconnected) as error:
            self.close()
            if not was_idle:
                raise TransportError(_describe(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise TransportError(_describe(error)) from error
        # The server closed the idle connection, as it may at any time; events can be sent twice.
        try:
            return self._exchange(endpoint, headers, body, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise TransportError(_describe(error)) from error

    def close(self) -> None:
        """Close the connection; the next `post` opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _exchange(
        self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes, deadline: float
    ) -> Answer:
        connection = self._connection
        if connection is None:
            self._endpoint = endpoint
            connection = self._connection = self._open(endpoint)
        connection.deadline = deadline
        connection.request("POST", endpoint.path, body, dict(headers))
        response = connection.getresponse()
        content = response.read(_MAXIMUM_ANSWER_BYTES + 1)
        if len(content) > _MAXIMUM_ANSWER_BYTES:
            raise http.client.HTTPException("the answer is too long")
        if response.length:
            # `read` with a size takes a body cut short for a whole one.
            raise http.client.IncompleteRead(content, response.length)
        if response.will_close or not response.isclosed():
            self.close()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, fields, content)

    def _open(self, endpoint: Endpoint) -> _Connection:
        if endpoint.scheme == "http":
            return _Connection(endpoint.host, endpoint.port, None)
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return _Connection(endpoint.host, endpoint.port, self._tls)


class _Connection(http.client.HTTPConnection):
    """A connection that applies one deadline to connecting, sending and reading together."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        super().__init__(host, port)
        self._tls = tls
        self.deadline = 0.0

    def connect(self) -> None:
        raw = _connected(self.host, self.port, self.deadline)
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                raw.settimeout(_remaining(self.deadline))
                raw = self._tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise
        self.sock: Any = _DeadlineSocket(raw, self)


class _DeadlineSocket:
    """The part of a socket that `http.client` uses, with what is left until the deadline.

    A socket's own timeout starts afresh with every byte, so a server that drips would hold on for
    ever.
    """

    def __init__(self, raw: socket.socket, connection: _Connection) -> None:
        self._raw = raw
        self._connection = connection
        self._readers = 0
        self._is_closing = False

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self.arm()
            view = view[self._raw.send(view) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_DeadlineReader(self))

    def reader_closed(self) -> None:
        self._readers -= 1
        self._close_if_unused()

    def receive_into(self, buffer: Any) -> int:
        self.arm()
        return self._raw.recv_into(buffer)

    def arm(self) -> None:
        self._raw.settimeout(_remaining(self._connection.deadline))

    def close(self) -> None:
        # `http.client` closes the socket while the answer's body is still to be read.
        self._is_closing = True
        self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self._is_closing and self._readers <= 0:
            self._raw.close()


class _DeadlineReader(io.RawIOBase):
    def __init__(self, source: _DeadlineSocket) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._source.receive_into(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._source.reader_closed()


def _connected(host: str, port: int, deadline: float) -> socket.socket:
    """A connection to the first of the host's addresses that answers."""
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        raw = socket.socket(family, kind, protocol)
        try:
            raw.settimeout(_remaining(deadline))
            raw.connect(address)
        except OSError as error:
            raw.close()
            failure = error
        else:
            return raw
    raise failure


def _remaining(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("no complete answer in time")
    return remaining


def _describe(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return f"{type(error).__name__}: {text}"[:200]
