"""A teacher's message, read from an answer and written for a learner. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from json import loads
from re import compile as pattern
from typing import Any

from ..originals import BUILTINS
from ..text import clean, composed

__builtins__ = BUILTINS

#: Characters of a text that are shown; the server takes no more.
_LONGEST_TEXT = 1_000
_LONGEST_NAME = 256
#: An id is a file's name, too.
_is_identifier = pattern(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


@dataclass(frozen=True)
class Message:
    """Words of a teacher. Nothing of them is ever run."""

    identifier: str
    teacher: str
    text: str
    to: str
    answers_hand: bool

    def plain(self) -> str:
        """For a terminal, without characters that would steer it."""
        return f"{self._heading()}: {self.text}"

    def html(self) -> str:
        """For a notebook; every character is text, and no dollar the begin of a formula."""
        return (
            '<div role="note" class="tex2jax_ignore mathjax_ignore" '
            'style="border-left: 4px solid currentColor; padding: 0.2em 0.8em; '
            f'margin: 0.4em 0; white-space: pre-wrap"><strong>{escape(self._heading())}</strong>\n'
            f"{escape(self.text)}</div>"
        )

    def _heading(self) -> str:
        if self.answers_hand:
            return f"{self.teacher} answers you"
        whom = {"team": " to your team", "class": " to the class"}.get(self.to, " to you")
        return self.teacher + whom


@dataclass(frozen=True)
class Messages:
    """An answer: messages, and where to go on."""

    messages: list[Message]
    after: str


def read(body: bytes) -> Messages | None:
    """The messages of an answer's body; None for what no ProgressBus server answers."""
    try:
        answer = loads(body)
        after = answer["after"]
        messages = [_message(item) for item in answer["messages"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(after, str) or not after.isascii() or not after.isdigit():
        return None
    return Messages([message for message in messages if message is not None], after[:18])


def _message(item: dict[str, Any]) -> Message | None:
    identifier = item["message_id"]
    if not isinstance(identifier, str) or not _is_identifier(identifier):
        return None
    return Message(
        identifier,
        " ".join(_text(item["teacher"], _LONGEST_NAME).split()),
        _text(item["text"], _LONGEST_TEXT),
        str(item.get("to")),
        item.get("answers_hand") is True,
    )


def _text(value: Any, length: int) -> str:
    """Without control characters but those that break lines, and as Unicode writes it."""
    text = clean(composed(str(value)), length)
    return "".join(
        character for character in text if character in "\n\t" or not _steers(ord(character))
    )


def _steers(code: int) -> bool:
    return code < 0x20 or 0x7F <= code < 0xA0 or code in _DIRECTIONS


#: What turns the direction of writing, by which a text can look like another (Unicode, UAX 9).
_DIRECTIONS = frozenset([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
