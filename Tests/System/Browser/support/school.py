"""The simulated class of `progressbus up --demo`, 300 learners strong, in the 24th minute of its lesson."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from .private_stack import PrivateStack

LEARNERS = 300
NOTEBOOK = "lessons/01-loops.ipynb"


class School(PrivateStack):
    def __init__(self, binary: Path, folder: Path):
        super().__init__(binary, folder, arguments=("--demo", "--demo-learners", str(LEARNERS)))
        self.course = self._wait_for(lambda: [
            course["course_id"] for course in self.get("api/v1/courses")["courses"]])[0]
        self.page_url = f"{self.url}?course={self.course}"
        # What came before the 24th minute is sent in one go, and arrives in its order.
        students = f"api/v1/courses/{self.course}/students?limit=1000"
        self._wait_for(lambda: [
            student for student in self.get(students)["students"] if age(student["last_seen_at"]) < 60])

    @staticmethod
    def _wait_for(condition: Callable[[], list]) -> list:
        deadline = time.monotonic() + 60
        while not (found := condition()):
            assert time.monotonic() < deadline, "the simulated class does not begin"
            time.sleep(0.2)
        return found

    def event(self, learner: str, event_type: str, seconds_ago: float = 0, **fields) -> dict:
        moment = datetime.now(timezone.utc) - timedelta(seconds=seconds_ago)
        return {
            "event_type": event_type, "course_id": self.course, "student_id": learner, "notebook_path": NOTEBOOK,
            "occurred_at": moment.isoformat(), **fields,
        }

    def fail_together(self, cell: str, index: int) -> None:
        """Two thirds of the class fail at a cell."""
        place = {"cell_id": cell, "cell_index": index, "has_error": True, "duration_ms": 3}
        self.post([
            self.event(f"demo-{number:02}", "cell_executed", **place, error_name="NameError")
            for number in range(1, LEARNERS + 1) if number % 3 != index % 3
        ])


def age(moment: str) -> float:
    return (datetime.now(timezone.utc) - datetime.fromisoformat(moment)).total_seconds()


@contextmanager
def school(binary: Path) -> Iterator[School]:
    with tempfile.TemporaryDirectory(prefix="progressbus-school-") as folder:
        # PostgreSQL refuses to run as root, so another account must reach the folder.
        Path(folder).chmod(0o755)
        started = School(binary, Path(folder))
        try:
            yield started
        finally:
            started.stop()
