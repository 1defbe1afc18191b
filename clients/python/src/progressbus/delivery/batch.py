"""The body of a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import DEFLATED, compressobj

from ..originals import BUILTINS

__builtins__ = BUILTINS

#: Below this a body fits in one packet anyway.
_SMALLEST_COMPRESSED_BODY = 1_024
#: Level 3 gets most of what gzip can do with JSON, for a third of the time of level 6.
_COMPRESSION_LEVEL = 3
#: zlib's for the largest window and gzip's header, without a time in it.
_GZIP_WINDOW = 16 + 15


@dataclass(frozen=True)
class Body:
    """A JSON array of events."""

    content: bytes
    is_compressed: bool


def array_overhead(event_count: int) -> int:
    """Bytes that the array adds to its events: brackets and commas."""
    return 2 + max(0, event_count - 1)


def make_body(lines: Sequence[bytes], may_compress: bool) -> Body:
    """The events as one array, compressed when that saves a tenth or more."""
    content = b"[" + b",".join(lines) + b"]"
    if may_compress and len(content) >= _SMALLEST_COMPRESSED_BODY:
        compressor = compressobj(_COMPRESSION_LEVEL, DEFLATED, _GZIP_WINDOW)
        compressed = compressor.compress(content) + compressor.flush()
        if len(compressed) < len(content) * 9 // 10:
            return Body(compressed, is_compressed=True)
    return Body(content, is_compressed=False)
