"""When to try again. Pure: the caller brings the clock and the dice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Callable

from ..originals import BUILTINS

__builtins__ = BUILTINS

#: Seconds; the first wait lies between 0 and this.
FIRST_WAIT = 0.5
#: Seconds; no wait of our own choosing is longer.
LONGEST_WAIT = 60.0
#: Seconds; a server that names more is asked again after this.
LONGEST_RETRY_AFTER = 600.0
#: A class that was told one `Retry-After` must not come back in one instant.
RETRY_AFTER_SPREAD = 0.2


@dataclass
class RetrySchedule:
    """Exponential backoff with full jitter, and the server's own wish when it names one."""

    random: Callable[[], float]
    failures: int = 0

    def wait_after_failure(self, retry_after: float | None = None) -> float:
        """Seconds until the next attempt, after one more failure."""
        self.failures += 1
        if retry_after is not None:
            wished = min(max(retry_after, 0.0), LONGEST_RETRY_AFTER)
            return wished + max(wished, FIRST_WAIT) * RETRY_AFTER_SPREAD * self.random()
        # The exponent is bounded because 2.0**1024 overflows after a long weekend.
        ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self.failures - 1, 16))
        return ceiling * self.random()

    def succeed(self) -> None:
        """Begin anew."""
        self.failures = 0


def parse_retry_after(text: str | None, now: float) -> float | None:
    """The seconds that a `Retry-After` header asks for (RFC 9110, section 10.2.3).

    `now` is the Unix time that a date is compared with. None when the header is absent or wrong.
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        # More digits than any wait that is honoured.
        return float(text[:12]) if len(text) <= 12 else LONGEST_RETRY_AFTER
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    try:
        return max(0.0, moment.timestamp() - now)
    except (OverflowError, ValueError):
        return None
