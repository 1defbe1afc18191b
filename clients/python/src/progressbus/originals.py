"""What the client uses of Python, as it was when the client was loaded.

A learner's code shares the interpreter and may replace anything it can name: `time.time_ns`,
`json.dumps`, `os.getpid`, `builtins.open`. Exercises do so, and tools for tests do it wholesale. A
report must not change with that, so the client's modules keep to three rules:

- They import functions and classes by name. That is a reference of their own.
- Below its imports, each has `__builtins__ = BUILTINS`, where its functions find `len`.
- They read the time by `CLOCK` alone. freezegun replaces clocks in every module's variables, in
  ours, too, but does not look into objects.

What the standard library does inside is out of these rules' reach, so nothing that was recorded may
depend on it until the file holds it.
"""

from __future__ import annotations

import builtins
import os
import time
from types import ModuleType
from typing import Callable


def _copy(module: ModuleType) -> ModuleType:
    copy = ModuleType(module.__name__)
    vars(copy).update(vars(module))
    return copy


#: The built-in functions and types of that moment.
BUILTINS = _copy(builtins)
#: `os` of that moment, for who needs much of it.
OS = _copy(os)
__builtins__ = BUILTINS

#: Linux's CLOCK_REALTIME_COARSE, which Python takes and does not name.
_COARSE_CLOCK = 5
#: Nanoseconds by which two honest readings can differ when the machine is busy.
_TOLERANCE = 1_000_000_000


class Clock:
    """The system's clocks."""

    def __init__(self) -> None:
        #: Seconds that no change of the wall clock touches; for deadlines.
        self.monotonic = time.monotonic
        #: Seconds with the finest resolution; for durations.
        self.perf_counter = time.perf_counter
        self._time_ns = time.time_ns
        self._coarse_ns = _coarse_clock()
        self._latest = 0

    def unix_nanoseconds(self) -> int:
        """The wall clock.

        time-machine overwrites `time.time_ns` itself, in C, so that every reference to it lies; the
        coarse clock, which it does not know, tells. Linux only.
        """
        now = self._time_ns()
        if self._coarse_ns is not None:
            coarse = self._coarse_ns(_COARSE_CLOCK)
            if not -_TOLERANCE < now - coarse < _TOLERANCE:
                return self._told_apart(coarse)
        return now

    def _told_apart(self, coarse: int) -> int:
        """The coarse clock moves every few milliseconds; events keep their order in between."""
        following = self._latest + 1_000
        self._latest = following if 0 < following - coarse < 10_000_000 else coarse
        return self._latest

    def unix_seconds(self) -> float:
        """The wall clock, in seconds."""
        return self.unix_nanoseconds() / 1e9


def _coarse_clock() -> Callable[[int], int] | None:
    try:
        read = time.clock_gettime_ns
        is_right = abs(read(_COARSE_CLOCK) - time.time_ns()) < _TOLERANCE
    except (AttributeError, OSError):
        return None
    return read if is_right else None


CLOCK = Clock()
