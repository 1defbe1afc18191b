"""Event ids and times, taken from one reading of the clock."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timezone

_NANOSECONDS_PER_MILLISECOND = 1_000_000

# Seeded by the system, apart from the `random` that learners seed. `os.urandom` would give the
# interpreter's lock away on the cell's thread, which may take milliseconds to come back.
_random = random.Random()


def uuid7(unix_nanoseconds: int) -> str:
    """A UUIDv7 (RFC 9562, section 5.7) whose `rand_a` holds the fraction of the millisecond.

    The fraction (section 6.2, method 3) keeps the ids of one kernel in the order of their events.
    """
    milliseconds, rest = divmod(unix_nanoseconds, _NANOSECONDS_PER_MILLISECOND)
    fraction = (rest << 12) // _NANOSECONDS_PER_MILLISECOND
    value = (milliseconds & ((1 << 48) - 1)) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62
    return str(uuid.UUID(int=value | _random.getrandbits(62)))


def timestamp(unix_nanoseconds: int) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    seconds, rest = divmod(unix_nanoseconds, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // 1_000:06d}Z"
