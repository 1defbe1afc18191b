"""What an answer means for the events that were sent. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from json import loads
from typing import Any

from ..originals import BUILTINS
from .retry import parse_retry_after

__builtins__ = BUILTINS

_PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outcome(enum.Enum):
    """What to do with the batch."""

    #: The server has dealt with every event; `rejected` holds those it will never take.
    DONE = "done"
    #: Send the same again later.
    LATER = "later"
    #: Send it again later, and tell the learner when asked that it takes a change of settings.
    HELD = "held"
    #: Too much at once, or one bad event among good ones: send fewer.
    FEWER = "fewer"
    #: Send the same again, uncompressed.
    UNCOMPRESSED = "uncompressed"


@dataclass(frozen=True)
class Verdict:
    """The outcome, with a few words for `%progressbus status`."""

    outcome: Outcome
    reason: str = ""
    rejected: Mapping[int, str] = field(default_factory=dict)
    retry_after: float | None = None


def judge(answer: Answer, event_count: int, was_compressed: bool, now: float) -> Verdict:
    """Read `answer` to a batch of `event_count` events; `now` is the Unix time.

    Events are given up only on the word of a ProgressBus server: a captive portal, a wrong address
    or a broken proxy must not cost a learner anything.
    """
    status = answer.status
    if status in (202, 207, 422):
        rejected = _rejected(answer.body, event_count)
        if rejected is not None and (status != 202 or not rejected):
            return Verdict(Outcome.DONE, rejected=rejected)
        if status == 422 and _is_problem(answer):
            return Verdict(Outcome.FEWER, _problem_title(answer.body))
        return Verdict(Outcome.LATER, f"{status} with a body that makes no sense")
    if status in (401, 403):
        return Verdict(Outcome.HELD, f"{status}: the token is missing, wrong or not for this")
    if status == 413 and (event_count > 1 or _is_problem(answer)):
        return Verdict(Outcome.FEWER, "413: too large")
    if status == 415 and was_compressed:
        return Verdict(Outcome.UNCOMPRESSED, "415: compression refused")
    if status == 400 and _is_problem(answer):
        return Verdict(Outcome.FEWER, _problem_title(answer.body))
    if status in (408, 425, 429) or status >= 500:
        retry_after = parse_retry_after(answer.headers.get("retry-after"), now)
        return Verdict(Outcome.LATER, f"{status} from the server", retry_after=retry_after)
    if 200 <= status < 300:
        return Verdict(Outcome.LATER, f"{status}, which ProgressBus does not answer")
    return Verdict(Outcome.HELD, f"{status}: is the address that of a ProgressBus server?")


def _rejected(body: bytes, event_count: int) -> dict[int, str] | None:
    """Reasons by index, or None unless the body accounts for every event exactly once."""
    try:
        answer = loads(body)
        accepted = [item["index"] for item in answer["accepted"]]
        rejected = {item["index"]: _reason(item) for item in answer["rejected"]}
        indexes = sorted([*accepted, *rejected])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if indexes != list(range(event_count)) or len(answer["rejected"]) != len(rejected):
        return None
    return rejected


def _reason(item: dict[str, Any]) -> str:
    errors = item.get("errors") or []
    reasons = (f"{error.get('pointer', '')}: {error.get('code', '?')}" for error in errors)
    return ", ".join(reasons)[:500] or "rejected"


def _is_problem(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").split(";")[0].strip().lower() == _PROBLEM


def _problem_title(body: bytes) -> str:
    try:
        problem = loads(body)
        return str(problem.get("title") or problem.get("detail") or "refused")[:200]
    except (ValueError, AttributeError, RecursionError):
        return "refused"
