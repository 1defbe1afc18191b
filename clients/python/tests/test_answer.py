from __future__ import annotations

import json
from typing import Any

import pytest

from progressbus.delivery.answer import Answer, Outcome, Verdict, judge

PROBLEM = {"content-type": "application/problem+json; charset=utf-8"}


def read(
    status: int,
    body: Any = b"",
    headers: dict[str, str] | None = None,
    events: int = 3,
    compressed: bool = False,
) -> Verdict:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge(Answer(status, headers or {}, data), events, compressed, now=0.0)


def ingest(accepted: list[int], rejected: list[int]) -> dict[str, Any]:
    errors = [{"pointer": "/student_id", "code": "required", "message": "…"}]
    return {
        "accepted": [{"index": index, "event_id": "…"} for index in accepted],
        "rejected": [{"index": index, "errors": errors} for index in rejected],
    }


def test_all_accepted() -> None:
    assert read(202, ingest([0, 1, 2], [])) == Verdict(Outcome.DONE)


@pytest.mark.parametrize(("status", "accepted"), [(207, [0, 2]), (422, [])])
def test_rejected_events_are_named(status: int, accepted: list[int]) -> None:
    rejected = [index for index in range(3) if index not in accepted]
    verdict = read(status, ingest(accepted, rejected))
    assert verdict.outcome is Outcome.DONE
    assert verdict.rejected == {index: "/student_id: required" for index in rejected}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Please sign in</html>",
        b"\xff\xfe",
        b"[" * 100_000,
        [],
        {"accepted": [], "rejected": []},
        ingest([0, 1], []),
        ingest([0, 1, 2, 3], []),
        ingest([0, 1, 1], []),
        ingest([0, 1, 2], [2]),
        ingest([0, 1], [2, 2]),
        {"accepted": "everything", "rejected": 3},
        {"accepted": [{"index": []}], "rejected": [{"index": {}}]},
        {"accepted": [{"index": 0}, {"index": 1}], "rejected": [{"index": 2, "errors": [7]}]},
    ],
)
@pytest.mark.parametrize("status", [202, 207, 422])
def test_a_body_that_does_not_account_for_every_event_loses_none(status: int, body: Any) -> None:
    assert read(status, body).outcome is Outcome.LATER


def test_202_never_rejects() -> None:
    assert read(202, ingest([0, 1], [2])).outcome is Outcome.LATER


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_trouble_that_passes(status: int) -> None:
    verdict = read(status, headers={"retry-after": "7"})
    assert (verdict.outcome, verdict.retry_after) == (Outcome.LATER, 7.0)


@pytest.mark.parametrize("status", [200, 204, 206])
def test_a_success_of_something_else_is_no_success(status: int) -> None:
    assert read(status, ingest([0, 1, 2], [])).outcome is Outcome.LATER


@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 403, 404, 405, 410, 415])
def test_what_takes_other_settings_is_kept(status: int) -> None:
    assert read(status, events=1).outcome is Outcome.HELD


@pytest.mark.parametrize("status", [400, 413, 422])
def test_the_servers_word_about_the_whole_request_splits_it(status: int) -> None:
    assert read(status, {"title": "no"}, PROBLEM).outcome is Outcome.FEWER


def test_a_proxys_word_about_a_single_event_gives_nothing_up() -> None:
    assert read(400, b"<html>", events=1).outcome is Outcome.HELD
    assert read(413, b"<html>", events=1).outcome is Outcome.HELD
    assert read(413, b"<html>", events=2).outcome is Outcome.FEWER


def test_compression_refused() -> None:
    assert read(415, compressed=True).outcome is Outcome.UNCOMPRESSED
