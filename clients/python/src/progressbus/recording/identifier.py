"""Event ids and times, taken from one reading of the clock."""

from __future__ import annotations

from datetime import datetime, timezone
from random import Random

from ..originals import BUILTINS

__builtins__ = BUILTINS

_NANOSECONDS_PER_MILLISECOND = 1_000_000

# Seeded by the system, apart from the `random` that learners seed. `os.urandom` would give the
# interpreter's lock away on the cell's thread, which may take milliseconds to come back.
_random_bits = Random().getrandbits
# Bound here, out of the module's variables, for freezegun's sake.
_moment_of = datetime.fromtimestamp
_text_of = datetime.isoformat


def uuid7(unix_nanoseconds: int) -> str:
    """A UUIDv7 (RFC 9562, section 5.7) whose `rand_a` holds the fraction of the millisecond.

    The fraction (section 6.2, method 3) keeps the ids of one kernel in the order of their events.
    """
    milliseconds, rest = divmod(unix_nanoseconds, _NANOSECONDS_PER_MILLISECOND)
    fraction = (rest << 12) // _NANOSECONDS_PER_MILLISECOND
    value = (milliseconds & ((1 << 48) - 1)) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62
    digits = f"{value | _random_bits(62):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def timestamp(unix_nanoseconds: int) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    seconds, rest = divmod(unix_nanoseconds, 1_000_000_000)
    # Not with `strftime`, for which even `datetime` asks the module `time`.
    text = _text_of(_moment_of(seconds, timezone.utc))
    return f"{text[:19]}.{rest // 1_000:06d}Z"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(unix_nanoseconds: int) -> str:
    """The value of a `Date` header (RFC 9110, section 5.6.7)."""
    seconds = unix_nanoseconds // 1_000_000_000
    text = timestamp(unix_nanoseconds)
    # 1970 began on a Thursday.
    day = _DAYS[(seconds // 86_400 + 3) % 7]
    return f"{day}, {text[8:10]} {_MONTHS[int(text[5:7]) - 1]} {text[:4]} {text[11:19]} GMT"
