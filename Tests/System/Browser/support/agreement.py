"""Whether the page and the API say the same."""

from __future__ import annotations

import time

from .classroom_page import STATES, ClassroomPage
from .private_stack import PrivateStack


def wait_for_same_as_api(page: ClassroomPage, stack: PrivateStack, course: str) -> None:
    """The database follows the stream, and answers are cached for a moment."""
    deadline = time.monotonic() + 20
    while True:
        progress = stack.get(f"api/v1/courses/{course}/progress?limit=1000")
        expected = (
            {state: progress["states"][state] for state in STATES},
            [(cell["solved"], f"{cell['solved']:,} solved, {cell['reached']:,} reached it, of {progress['learners']:,}")
             for cell in progress["cells"]],
        )
        found = page.counters(), [(solved, text) for _, solved, text in page.bars()]
        if found == expected:
            return
        if time.monotonic() > deadline:
            assert found[0] == expected[0], page.statuses
            assert found[1] == expected[1], page.statuses
        time.sleep(0.3)
