"""Settings from text. Every parser raises `SettingError`, whose text never holds a secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

from .delivery.endpoint import Endpoint
from .originals import BUILTINS
from .text import composed

__builtins__ = BUILTINS


class SettingError(ValueError):
    """A setting that cannot be; the text says what it should have been."""


#: A spool that holds less than a full request would split every batch.
_MINIMUM_SPOOL_BYTES = 128 * 1024
_BYTE_COUNT = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB)?", re.IGNORECASE)
_UNITS = {"b": 1, "kib": 1024, "mib": 1024**2, "gib": 1024**3}
_SWITCH = {"1": True, "on": True, "true": True, "yes": True}
_SWITCH.update({"0": False, "off": False, "false": False, "no": False})


def parse_endpoint(text: str) -> Endpoint:
    """An http or https address."""
    try:
        return Endpoint.parse(text)
    except ValueError as error:
        raise SettingError(str(error)) from None


def parse_identifier(maximum_length: int) -> Callable[[str], str]:
    """A parser of 1 to `maximum_length` printable characters, in one form for equal ones."""

    def parse(text: str) -> str:
        text = composed(text)
        if len(text) > maximum_length:
            raise SettingError(f"at most {maximum_length} characters")
        if not text.isprintable():
            raise SettingError("printable characters only")
        return text

    return parse


def parse_token(text: str) -> str:
    """A bearer token, which travels in a header (RFC 6750: no spaces, ASCII)."""
    if not re.fullmatch(r"[\x21-\x7e]{1,8192}", text):
        raise SettingError("printable ASCII without spaces, at most 8192 characters")
    return text


def parse_switch(text: str) -> bool:
    """On or off."""
    try:
        return _SWITCH[text.lower()]
    except KeyError:
        raise SettingError("on or off") from None


def parse_seconds(text: str) -> float:
    """0.1 to 300 seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 300:
        raise SettingError("seconds from 0.1 to 300")
    return seconds


def parse_byte_count(text: str) -> int:
    """Bytes, with KiB, MiB or GiB if wanted."""
    # No size has more digits, and Python reads only so many.
    match = _BYTE_COUNT.fullmatch(text) if len(text) < 32 else None
    count = int(match[1]) * _UNITS[(match[2] or "B").lower()] if match else 0
    if count < _MINIMUM_SPOOL_BYTES:
        raise SettingError("bytes, 128 KiB or more, such as 16MiB")
    return count


def parse_folder(text: str) -> Path:
    """An absolute path of a folder or file; `~` is the learner's home."""
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise SettingError("a folder of a user who exists") from None
    if not folder.is_absolute():
        raise SettingError("an absolute path")
    return folder
