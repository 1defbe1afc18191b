"""Dashboards as bare sockets: some read, some do not."""

from __future__ import annotations

import selectors
import socket
import threading

HANDSHAKE = (
    "GET /ws/dashboard HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def subscribe(port: int) -> socket.socket:
    subscriber = socket.socket()
    # Little fits into the kernel's buffers, so that what is not read waits in the program.
    subscriber.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    subscriber.settimeout(10)
    subscriber.connect(("127.0.0.1", port))
    subscriber.sendall(HANDSHAKE.encode())
    assert subscriber.recv(12) == b"HTTP/1.1 101"
    return subscriber


class Readers:
    """Subscribers that read and forget, in one thread, until `close`."""

    def __init__(self, port: int, count: int) -> None:
        self._sockets = [subscribe(port) for _ in range(count)]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=10)
        for subscriber in self._sockets:
            subscriber.close()

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            for subscriber in self._sockets:
                selector.register(subscriber, selectors.EVENT_READ)
            while not self._stopping.is_set():
                for key, _ in selector.select(timeout=0.2):
                    if not key.fileobj.recv(1 << 20):
                        selector.unregister(key.fileobj)
