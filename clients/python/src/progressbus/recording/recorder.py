"""The hand-over from the cell's thread to the sender's."""

from __future__ import annotations

from collections import deque
from queue import Empty, SimpleQueue
from typing import Any

from ..originals import BUILTINS, CLOCK
from ..settings import Settings
from .event import RecordedEvent
from .identifier import timestamp, uuid7

__builtins__ = BUILTINS


class Recorder:
    """A bounded queue in memory that never blocks the side that records.

    Both `deque.append` and `SimpleQueue.put` are atomic under the interpreter's lock and wait for
    nothing, so `record` costs microseconds whatever the sender is doing.
    """

    def __init__(self, capacity: int) -> None:
        self._events: deque[RecordedEvent] = deque(maxlen=capacity)
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._recorded = 0
        self._taken = 0

    def record(
        self,
        event_type: str,
        fields: dict[str, Any],
        settings: Settings,
        moment: int | None = None,
    ) -> None:
        """Fix the event's id and time, and hand it over. Any thread; never blocks.

        `moment` is when it happened, in nanoseconds since 1970, where that is not now.
        """
        now = CLOCK.unix_nanoseconds()
        envelope = {
            "event_id": uuid7(now),
            "event_type": event_type,
            "occurred_at": timestamp(now if moment is None else moment),
            **fields,
        }
        self._events.append(RecordedEvent(envelope, settings))
        self._recorded += 1
        self.wake()

    def wake(self) -> None:
        """Make `wait` return."""
        if self._wake.empty():
            self._wake.put(None)

    def wait(self, timeout: float) -> bool:
        """Wait for an event or a `wake`, at most `timeout` seconds; whether one came."""
        try:
            self._wake.get(timeout=max(0.0, timeout))
        except Empty:
            return False
        return True

    def take(self) -> RecordedEvent | None:
        """The oldest event, or None. The sender's thread only."""
        try:
            event = self._events.popleft()
        except IndexError:
            return None
        self._taken += 1
        return event

    @property
    def waiting(self) -> int:
        """Events that nobody has taken yet."""
        return len(self._events)

    @property
    def dropped(self) -> int:
        """Events that newer ones pushed out."""
        return max(0, self._recorded - self._taken - len(self._events))
