"""Looks at pages and memory while faults come and go."""

from __future__ import annotations

import http.client
import json
import threading
import time

from .listeners import position
from .senders import COURSE
from .stack import Stack

PAGES = ("/", "/ops", "/metrics", "/api/v1/openapi.yaml")
ANSWERS = (
    "/api/v1/courses", f"/api/v1/courses/{COURSE}/progress", f"/api/v1/courses/{COURSE}/students",
    f"/api/v1/courses/{COURSE}/help", f"/api/v1/courses/{COURSE}/activity",
    "/api/v1/students/learner-0-0", "/api/v1/bus", "/api/v1/sinks", "/api/v1/dead-letters",
)


class Watch(threading.Thread):
    """Once a second: memory of each process, whether the ingest says that it is ready, and one of the
    dashboard's pages and answers in turn."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(name="watch", daemon=True)
        self._stack = stack
        self._stopping = threading.Event()
        #: Name of the process; moments and resident bytes.
        self.memory: dict[str, list[tuple[float, int]]] = {role.name: [] for role in stack.roles}
        #: When, path, and status (0: no answer within 10 s) of what was not 200.
        self.failures: list[tuple[float, str, int]] = []
        self.asked = 0
        #: When the ingest said that it is ready.
        self.ready: list[float] = []

    def stop(self) -> None:
        self._stopping.set()
        self.join(15)

    def run(self) -> None:
        paths = PAGES + ANSWERS
        while not self._stopping.wait(1):
            for role in self._stack.roles:
                if (size := role.process.resident_bytes()) is not None:
                    self.memory[role.name].append((time.monotonic(), size))
            asked_at = time.monotonic()
            if self._stack.ingest.is_ready():
                self.ready.append(asked_at)
            path = paths[self.asked % len(paths)]
            self.asked += 1
            status = status_of(self._stack, path)
            if status != 200:
                self.failures.append((time.monotonic(), path, status))


def status_of(stack: Stack, path: str) -> int:
    try:
        return stack.dashboard.get(path)[0]
    except (OSError, http.client.HTTPException):
        return 0


def is_asking_for_help(stack: Stack, learner: str) -> bool:
    """Whether the teachers' page shows it."""
    try:
        status, body = stack.dashboard.get(f"/api/v1/courses/{COURSE}/help?limit=100")
    except (OSError, http.client.HTTPException):
        return False
    return status == 200 and learner in [entry["student_id"] for entry in json.loads(body)["queue"]]


def what_is_dead(stack: Stack) -> list[str]:
    """Pages and answers that are not as they should be when nothing is wrong any more."""
    dead = [f"{path}: {status}" for path in PAGES + ANSWERS if (status := status_of(stack, path)) != 200]
    dead += [f"{role.name}: /health/ready" for role in stack.roles if not role.is_ready()]
    try:
        place = json.loads(stack.dashboard.get(f"/api/v1/courses/{COURSE}/progress")[1])["stream_id"]
        position(place)
    except (OSError, http.client.HTTPException, ValueError, KeyError, AttributeError) as error:
        dead.append(f"the position that the read API gives: {error!r}")
    return dead
