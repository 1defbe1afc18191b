"""Text as the server accepts it."""

from __future__ import annotations

import re
from unicodedata import normalize

from .originals import BUILTINS

__builtins__ = BUILTINS

# PostgreSQL holds neither, so the server refuses both.
_REFUSED = re.compile("[\x00\ud800-\udfff]")


def clean(text: str, maximum_length: int, maximum_bytes: int | None = None) -> str:
    """`text` cut to `maximum_length` characters and to `maximum_bytes` in UTF-8.

    U+FFFD stands for what the server refuses.
    """
    if len(text) > maximum_length:
        text = text[: max(0, maximum_length - 1)] + "…"
    text = _REFUSED.sub("\ufffd", text)
    if maximum_bytes is not None and len(encoded := text.encode()) > maximum_bytes:
        text = encoded[: maximum_bytes - len("…".encode())].decode(errors="ignore") + "…"
    return text


def composed(name: str) -> str:
    """`name` in Unicode's form NFC.

    macOS's older file systems and some keyboards write `é` as two characters. Whatever is a key on
    the server must come in one form, or one notebook is two.
    """
    return normalize("NFC", name)
