from __future__ import annotations

import random

import pytest

from progressbus.delivery.retry import (
    FIRST_WAIT,
    LONGEST_RETRY_AFTER,
    LONGEST_WAIT,
    RetrySchedule,
    parse_retry_after,
)

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


def test_the_ceiling_doubles_up_to_the_longest_wait() -> None:
    schedule = RetrySchedule(lambda: 1.0)
    waits = [schedule.wait_after_failure() for _ in range(2_000)]
    assert waits[:4] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 8 * FIRST_WAIT]
    assert max(waits) == waits[-1] == LONGEST_WAIT


def test_full_jitter_spreads_from_zero_to_the_ceiling() -> None:
    schedule = RetrySchedule(random.Random(4).random)
    schedule.failures = 50
    waits = [schedule.wait_after_failure() for _ in range(1_000)]
    assert min(waits) < LONGEST_WAIT * 0.05
    assert max(waits) > LONGEST_WAIT * 0.95


def test_a_success_begins_anew() -> None:
    schedule = RetrySchedule(lambda: 1.0)
    schedule.wait_after_failure()
    schedule.wait_after_failure()
    schedule.succeed()
    assert schedule.wait_after_failure() == FIRST_WAIT


def test_the_servers_wish_is_never_undercut_and_a_class_does_not_come_back_at_once() -> None:
    assert RetrySchedule(lambda: 0.0).wait_after_failure(30.0) == 30.0
    assert 30.0 < RetrySchedule(lambda: 1.0).wait_after_failure(30.0) <= 40.0


def test_an_absurd_wish_is_bounded() -> None:
    assert RetrySchedule(lambda: 0.0).wait_after_failure(1e9) == LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("9" * 400, LONGEST_RETRY_AFTER),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 22:13:50", 30.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("²", None),
        ("Tue, 99 Nov 2023 22:13:50 GMT", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert parse_retry_after(text, NOW) == seconds
