"""An event as the cell's thread leaves it, and its encoding on the sender's thread."""

from __future__ import annotations

from dataclasses import dataclass
from json import JSONEncoder, loads
from typing import Any

from ..limits import MAXIMUM_EVENT_BYTES, TEXT_BYTES, TEXT_LENGTHS
from ..originals import BUILTINS
from ..settings import Settings
from ..text import clean
from .identifier import timestamp, uuid7

__builtins__ = BUILTINS

_text_of = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

#: What may be cut, in this order, when an event is too large.
_SHRINKABLE = ("code", "answer", "error_message", "error_name")


#: What tells where a kernel was.
_PLACE = ("notebook_path", "session_id")


@dataclass(frozen=True)
class RecordedEvent:
    """What happened, with the settings of that moment.

    While these lack the server or the learner, the event waits in memory for settings that have
    both: before a learner is named nothing about them is written anywhere.
    """

    fields: dict[str, Any]
    settings: Settings

    def bound(self, current: Settings) -> RecordedEvent:
        """The event with `current` settings if those of its own time were incomplete."""
        return self if self.settings.is_complete else RecordedEvent(self.fields, current)


def encode(event: RecordedEvent) -> bytes:
    """One JSON object without a line break, within the server's limits."""
    settings = event.settings
    fields = dict(event.fields)
    _put(fields, "student_id", settings.student)
    _put(fields, "student_name", settings.student_name)
    _put(fields, "course_id", settings.course)
    _put(fields, "team", settings.team)
    for name, maximum_length in TEXT_LENGTHS.items():
        if name in fields:
            # Replaced before the cut, which could leave the token's first half.
            text = _without_token(fields[name], settings.current_token)
            fields[name] = clean(text, maximum_length, TEXT_BYTES.get(name))
    line = _dump(fields)
    for name in _SHRINKABLE:
        while len(line) > MAXIMUM_EVENT_BYTES and fields.get(name):
            fields[name] = _shortened(fields[name], len(line) - MAXIMUM_EVENT_BYTES)
            line = _dump(fields)
    return line


def death_report(event: RecordedEvent) -> bytes:
    """What the next kernel is to report of this one, should this one end without closing.

    The latest event says whose kernel it was and where; id and time are the next kernel's.
    """
    place = {name: event.fields[name] for name in _PLACE if name in event.fields}
    return encode(RecordedEvent({"event_type": "kernel_died", **place}, event.settings))


def dated(death_report: bytes, unix_nanoseconds: int) -> bytes | None:
    """A death report as an event of this moment; None for what is none."""
    try:
        fields = loads(death_report)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or fields.get("event_type") != "kernel_died":
        return None
    moment = {"event_id": uuid7(unix_nanoseconds), "occurred_at": timestamp(unix_nanoseconds)}
    return _dump({**moment, **fields})


def _shortened(text: str, excess: int) -> str:
    """`text` without about `excess` of the bytes that it takes in JSON."""
    size = len(_dump(text)) - 2
    return text[: min(len(text) - 1, len(text) * max(0, size - excess) // size)]


def _put(fields: dict[str, Any], name: str, value: str | None) -> None:
    if value is not None:
        fields[name] = value


def _without_token(text: str, token: str | None) -> str:
    """A cell may set the token in its code or fail with it in the message."""
    return text.replace(token, "***") if token else text


def _dump(value: Any) -> bytes:
    return _text_of(value).encode("utf-8")
