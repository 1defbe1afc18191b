"""How the delivery goes, for `%progressbus status`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class DeliveryState:
    """Written by the sender's thread, read by the magic; each field on its own is consistent."""

    sent: int = 0
    set_aside: int = 0
    last_set_aside_reason: str = ""
    #: Unix time.
    last_sent_at: float | None = None
    #: Unix time of the next attempt while the server does not take events.
    next_attempt_at: float | None = None
    #: Why the latest attempt failed; empty after a success.
    trouble: str = ""
    #: Whether it takes the learner to put that right.
    is_held: bool = False
    #: Why there is no thread to send anything; empty while there is one.
    missing_thread: str = ""
