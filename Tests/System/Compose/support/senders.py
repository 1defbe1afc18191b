"""Notebooks that keep what was not accepted, and send it again under the same id."""

from __future__ import annotations

import itertools
import threading
import time
import uuid

from .http import post_json


class Senders:
    """A steady load from several threads, until `finish`."""

    def __init__(
        self, urls: list[str], course: str, headers: dict[str, str], per_second: int = 60, threads: int = 6,
    ) -> None:
        self.course = course
        self._headers = headers
        self.accepted: dict[str, int] = {}
        self.tried_again = 0
        self._urls = urls
        self._numbers = itertools.count(1)
        self._pause = threads / per_second
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._refused: list[str] = []
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def finish(self) -> dict[str, int]:
        """Every event that was sent has been accepted: ids, with the number that each carries."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "an event was not accepted within 120 s"
        assert self._refused == []
        return self.accepted

    def _send(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                number = next(self._numbers)
            event = {
                "event_type": "cell_executed", "event_id": str(uuid.uuid4()),
                "student_id": f"s-{number % 30}", "course_id": self.course,
                "notebook_path": "week1/load.ipynb", "cell_id": f"c{number % 20}",
                "execution_count": number, "has_error": number % 7 == 0,
            }
            url = self._urls[number % len(self._urls)] + "/student-progress"
            while not self._is_accepted(url, event):
                self.tried_again += 1
                time.sleep(0.2)
            time.sleep(self._pause)

    def _is_accepted(self, url: str, event: dict) -> bool:
        try:
            status, answer = post_json(url, event, self._headers, seconds=5)
        except (OSError, ValueError):
            return False
        if status == 202:
            with self._lock:
                self.accepted[answer["accepted"][0]["event_id"]] = event["execution_count"]
        elif status != 503:
            self._refused.append(f"{status} {answer}")
        return status != 503
