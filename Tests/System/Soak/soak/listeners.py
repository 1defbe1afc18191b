"""Dashboards: one that listens as the page does, one that reads slowly, some that read nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass

import websockets.exceptions
from websockets.sync.client import connect


def position(stream_id: str) -> tuple[int, int]:
    """A place in the journal, in its order."""
    milliseconds, _, number = stream_id.partition("-")
    return int(milliseconds), int(number)


@dataclass(frozen=True)
class Gap:
    moment: float
    after: str
    first: str | None


class Listener(threading.Thread):
    """Stays subscribed, and comes back with `after=` whenever its connection ends, as the page does.

    With `leave_every` it also leaves by itself, that many seconds after it came.
    """

    def __init__(self, name: str, port: int, leave_every: float | None = None) -> None:
        super().__init__(name=name, daemon=True)
        self.port = port
        self.leave_every = leave_every
        #: event_id, and when it was first heard (time.monotonic()).
        self.heard: dict[str, float] = {}
        self.gaps: list[Gap] = []
        #: A position that did not lie behind the one before: heard again, or out of order.
        self.out_of_order: list[tuple[str, str]] = []
        #: Connections that ended, without those that it left.
        self.cut = 0
        #: The place of the last event that was heard.
        self.last: str | None = None
        self._gap_since_last = False
        self._stopping = threading.Event()
        self.is_subscribed = threading.Event()

    def stop(self) -> None:
        self._stopping.set()
        self.join(15)

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except (OSError, TimeoutError, websockets.exceptions.WebSocketException):
                self.cut += 1
                self._stopping.wait(0.3)

    def _listen(self) -> None:
        after = f"?after={self.last}" if self.last else ""
        url = f"ws://127.0.0.1:{self.port}/ws/dashboard{after}"
        with connect(url, proxy=None, compression=None, max_size=None, open_timeout=10) as socket_:
            leave_at = time.monotonic() + (self.leave_every or float("inf"))
            while not self._stopping.is_set() and time.monotonic() < leave_at:
                try:
                    frame = socket_.recv(timeout=0.5)
                except TimeoutError:
                    continue
                now = time.monotonic()
                for line in str(frame).splitlines():
                    self._take(json.loads(line), now)

    def _take(self, message: dict, now: float) -> None:
        if message.get("control") == "hello":
            # From here on, should the connection end before the first event.
            self.last = self.last or message["stream_id"]
            self.is_subscribed.set()
        elif message.get("control") == "gap":
            self.gaps.append(Gap(now, message["after"], message["first"]))
            self._gap_since_last = True
        else:
            place = message["stream_id"]
            if self.last and position(place) <= position(self.last) and not self._gap_since_last:
                self.out_of_order.append((self.last, place))
            self.last = place
            self._gap_since_last = False
            self.heard.setdefault(message["event_id"], now)


def subscribe_without_reading(port: int, query: str = "", buffer_bytes: int = 4096) -> socket.socket:
    """A subscriber of whose frames little fits into the kernel's buffers."""
    subscriber = socket.socket()
    subscriber.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    subscriber.settimeout(10)
    subscriber.connect(("127.0.0.1", port))
    subscriber.sendall(
        f"GET /ws/dashboard{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    return subscriber


class SlowReader(threading.Thread):
    """A dashboard on a bad network: it reads, but slower than events come in, and comes back when it
    was closed."""

    #: While a whole class works, that means that the server has closed the subscription.
    SILENCE = 2

    def __init__(self, port: int, bytes_per_second: int) -> None:
        super().__init__(name="slow-reader", daemon=True)
        self._port = port
        self._bytes_per_tick = bytes_per_second // 10
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                with subscribe_without_reading(self._port, buffer_bytes=65_536) as subscriber:
                    subscriber.settimeout(self.SILENCE)
                    self._read_slowly(subscriber)
            except OSError:
                self._stopping.wait(0.5)

    def _read_slowly(self, subscriber: socket.socket) -> None:
        """Raises OSError when nothing more comes."""
        while not self._stopping.wait(0.1):
            left = self._bytes_per_tick
            while left > 0 and not self._stopping.is_set():
                read = len(subscriber.recv(left))
                if not read:
                    raise ConnectionError
                left -= read

    def stop(self) -> None:
        self._stopping.set()
        self.join(15)
