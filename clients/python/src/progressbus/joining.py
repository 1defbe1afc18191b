"""Joining a class by the code that the teacher shows."""

from __future__ import annotations

from json import dumps, loads

from .delivery.answer import Answer
from .delivery.endpoint import Endpoint
from .delivery.transport import HTTPTransport, TransportError
from .joined_file import Joined, read
from .originals import BUILTINS, CLOCK
from .version import VERSION

__builtins__ = BUILTINS


class JoinError(Exception):
    """Nobody has joined; the text says why, for the learner."""


def join(url: Endpoint, code: str, name: str, earlier: Joined | None, timeout: float) -> Joined:
    """Ask the server for a place in the course that has the code now. Raises `JoinError`.

    Who was given one `earlier` by the same server stays the same learner.
    """
    asked: dict[str, str] = {"code": code, "student_name": name}
    if earlier is not None and earlier.url == url:
        if earlier.token is not None:
            asked["token"] = earlier.token
        asked["student_id"] = earlier.student
    transport = HTTPTransport()
    headers = {"Content-Type": "application/json", "User-Agent": f"progressbus-python/{VERSION}"}
    try:
        answer = transport.post(url.route("/api/v1/join"), headers, dumps(asked).encode(), timeout)
    except TransportError as error:
        raise JoinError(f"the server cannot be reached ({error})") from None
    finally:
        transport.close()
    if answer.status != 201:
        raise JoinError(_reason(answer))
    joined = _joined(url, answer)
    if joined is None:
        raise JoinError("the server's answer cannot be read")
    return joined


def _joined(url: Endpoint, answer: Answer) -> Joined | None:
    try:
        value = loads(answer.body)
        return read(
            {
                "url": str(url),
                "course": value["course_id"],
                "student": value["student_id"],
                "student_name": value["student_name"],
                "token": value["token"],
                "ends_at": CLOCK.unix_seconds() + value["seconds_left"],
            }
        )
    except (ValueError, TypeError, KeyError):
        return None


def _reason(answer: Answer) -> str:
    """In the server's words, where it is one of ours."""
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        try:
            detail = loads(answer.body).get("detail")
        except (ValueError, AttributeError):
            detail = None
        if isinstance(detail, str) and detail.isprintable():
            return detail[:300]
    if answer.status == 404:
        return "this server knows no codes"
    return f"{answer.status} from the server"
