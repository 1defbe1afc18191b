"""The account: what was accepted is stored or is a dead letter, once, and nothing is behind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median

MEBIBYTE = 1 << 20
#: A process may hold so much more at the end than in the middle. An event bus that leaks 100 bytes an
#: event loses 9 MB in five minutes.
GROWTH_RATIO, GROWTH_BYTES = 1.25, 16 * MEBIBYTE


@dataclass
class Stored:
    """What one sink has."""

    sink: str
    #: The event_id of each row or point of the present server.
    present: list[str]
    #: Of servers that a fault put away.
    retired: set[str]
    dead_letters: set[str]
    #: What was in Redis alone when it was emptied.
    may_be_missing: set[str]


@dataclass
class Account:
    """Lines to print, and what is wrong. It balances when nothing is."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def note(self, name: str, value: object) -> None:
        self.lines.append((name, f"{value:,}" if isinstance(value, int) else str(value)))

    def complain(self, what: str, events: set[str] | list[str] = frozenset()) -> None:
        some = f": {', '.join(sorted(events)[:3])}" if events else ""
        self.wrong.append(f"{len(events):,} {what}{some}" if events else what)

    def add_sink(self, sink: Stored, accepted: set[str], unsure: set[str]) -> None:
        stored = set(sink.present) | sink.retired
        missing = accepted - stored - sink.dead_letters
        excused = missing & sink.may_be_missing
        self.note(f"stored by {sink.sink}", len(accepted & stored))
        if sink.retired:
            self.note("… of these, in servers that a fault put away", len(accepted & sink.retired))
        self.note(f"dead letters of {sink.sink}", len(accepted & sink.dead_letters))
        if sink.may_be_missing:
            self.note(
                f"in Redis alone when it was emptied, for {sink.sink} (of these missing)",
                f"{len(sink.may_be_missing):,} ({len(excused):,})")
        if lost := missing - excused:
            self.complain(f"accepted events are missing in {sink.sink}", lost)
        if both := stored & sink.dead_letters:
            self.complain(f"events are stored by {sink.sink} and dead letters", both)
        if strange := stored - accepted - unsure:
            self.complain(f"events in {sink.sink} were never accepted", strange)
        if doubled := [event for event, count in Counter(sink.present).items() if count > 1]:
            self.complain(f"events are stored twice by {sink.sink}", doubled)

    def add_listener(self, name: str, accepted: set[str], heard: set[str], excused: set[str]) -> None:
        self.note(f"heard by the dashboard that {name}", len(accepted & heard))
        if unheard := accepted - heard - excused:
            self.complain(f"accepted events were not heard by the dashboard that {name}", unheard)

    def add_memory(self, samples: dict[str, list[tuple[float, int]]], judge: bool) -> None:
        """Start, middle and end are medians of a fifth of the samples each."""
        for name, sizes in samples.items():
            values = [size for _, size in sizes]
            fifth = max(len(values) // 5, 1)
            if not values:
                self.complain(f"{name} was never seen running")
                continue
            middle_start = (len(values) - fifth) // 2
            start, middle, end = (
                median(part) for part in (
                    values[:fifth], values[middle_start:middle_start + fifth], values[-fifth:]))
            inside = ", ".join(f"{size / MEBIBYTE:.0f}" for size in (start, middle, end))
            self.note(
                f"memory of {name}: start, middle, end (most)",
                f"{inside} ({max(values) / MEBIBYTE:.0f}) MiB")
            if judge and end > middle * GROWTH_RATIO + GROWTH_BYTES:
                self.complain(f"{name} grew from {middle / MEBIBYTE:.0f} to {end / MEBIBYTE:.0f} MiB")
