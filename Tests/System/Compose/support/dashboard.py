"""A teacher's page: comes back after every loss, and asks for what it missed."""

from __future__ import annotations

import json
import threading

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect


class Dashboard:
    def __init__(self, url: str, course: str, headers: dict[str, str]) -> None:
        self._headers = headers
        self.events: dict[str, dict] = {}
        self.gaps: list[dict] = []
        self.connections = 0
        self._url = f"{url}/ws/dashboard?course_id={course}"
        self._after: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=30)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            url = self._url + (f"&after={self._after}" if self._after else "")
            try:
                with connect(
                    url, additional_headers=self._headers, proxy=None, open_timeout=5, close_timeout=2,
                ) as socket:
                    self._read(socket)
            except (OSError, WebSocketException):
                self._stopping.wait(0.5)

    def _read(self, socket) -> None:
        while not self._stopping.is_set():
            try:
                frame = socket.recv(timeout=0.5)
            except TimeoutError:
                continue
            for line in frame.splitlines():
                self._take(json.loads(line))

    def _take(self, message: dict) -> None:
        match message.get("control"):
            case "hello":
                self.connections += 1
                self._after = self._after or message["stream_id"]
            case "gap":
                self.gaps.append(message)
            case None:
                self.events[message["event_id"]] = message
                self._after = message["stream_id"]
