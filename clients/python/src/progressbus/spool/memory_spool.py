"""The queue of events where no file can be written."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from ..originals import BUILTINS

__builtins__ = BUILTINS


class MemorySpool:
    """`FileSpool`'s queue in memory: bounded in the same way, lost with the kernel."""

    def __init__(self, limit: int) -> None:
        self._lines: deque[bytes] = deque()
        self._limit = limit
        self.pending_bytes = 0
        self.dropped = 0

    @property
    def pending(self) -> int:
        """Unsent lines."""
        return len(self._lines)

    def append(self, lines: Sequence[bytes]) -> None:
        """Add `lines`; the oldest go when there is no room."""
        for line in lines:
            self._lines.append(line)
            self.pending_bytes += len(line) + 1
        while self.pending_bytes > self._limit:
            self._forget_oldest()
            self.dropped += 1

    def peek(self, maximum_events: int, maximum_bytes: int) -> list[bytes]:
        """The oldest unsent lines: one at least if there is any, `maximum_bytes` in all."""
        batch: list[bytes] = []
        for line in islice(self._lines, maximum_events):
            maximum_bytes -= len(line) + 1
            if maximum_bytes < 0 and batch:
                break
            batch.append(line)
        return batch

    def acknowledge(self, lines: Sequence[bytes]) -> None:
        """Forget `lines`, which `peek` gave."""
        for _ in lines:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self.pending_bytes -= len(self._lines.popleft()) + 1
