"""Waiting for a condition, never for a guessed time."""

from __future__ import annotations

import time
from typing import Callable, TypeVar

Value = TypeVar("Value")


def eventually(what: str, condition: Callable[[], Value], seconds: float = 60) -> Value:
    """The condition's first true value. Fails after `seconds`, with the last value or error."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            last = condition()
            if last:
                return last
        except (OSError, ValueError, RuntimeError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}; last: {last!r}")
        time.sleep(0.2)
