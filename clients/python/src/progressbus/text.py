"""Text as the server accepts it."""

from __future__ import annotations

import re

# PostgreSQL holds neither, so the server refuses both.
_REFUSED = re.compile("[\x00\ud800-\udfff]")


def clean(text: str, maximum_length: int) -> str:
    """`text` cut to `maximum_length` characters, with U+FFFD for what the server refuses."""
    if len(text) > maximum_length:
        text = text[: max(0, maximum_length - 1)] + "…"
    return _REFUSED.sub("\ufffd", text)
