"""`progressbus.check`: what a notebook says of an answer by itself."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import wraps
from types import TracebackType
from typing import Any, Callable, TypeVar

from ..originals import BUILTINS
from .recorder import Outcome, checking

__builtins__ = BUILTINS

_Function = TypeVar("_Function", bound=Callable[..., Any])

_UNSAID: Any = object()
#: Python makes a text of these by itself; nothing else of a learner's is asked for its text.
_PLAIN_TYPES = (str, int, float, bool, type(None))


def check(
    exercise: str,
    passed: Any = _UNSAID,
    *,
    label: str | None = None,
    points: float | None = None,
    points_possible: float | None = None,
    answer: Any = None,
) -> Check | None:
    """Tell the teacher whether the answer to an exercise is right.

    In three forms, of which the second and third take an exception for a wrong answer:

        progressbus.check("q1", total == 42)

        with progressbus.check("q1"):
            assert square(3) == 9

        @progressbus.check("q1")
        def test_square():
            assert square(3) == 9

    Each call, each block and each call of the function is an attempt. Without
    `%load_ext progressbus` nothing is reported. Where `points` are not told, a right answer gets
    `points_possible` and a wrong one none.
    """
    one = Check(str(exercise), label, points, points_possible, answer)
    if passed is _UNSAID:
        return one
    with checking() as recorder:
        if recorder is not None:
            recorder.checked(one.outcome(bool(passed)))
    return None


class Check(AbstractContextManager["Check"]):
    """A check that is still to run: a block, or a function."""

    def __init__(
        self,
        exercise: str,
        label: str | None,
        points: float | None,
        points_possible: float | None,
        answer: Any,
    ) -> None:
        self._exercise = exercise
        self._label = label
        self._points = points
        self._points_possible = points_possible
        self._answer = str(answer) if type(answer) in _PLAIN_TYPES and answer is not None else None
        self._running: list[Any] = []

    def outcome(self, passed: bool) -> Outcome:
        """What is reported."""
        points = self._points
        if points is None and self._points_possible is not None:
            points = self._points_possible if passed else 0
        return Outcome(
            self._exercise,
            passed,
            "check",
            label=self._label,
            points=points,
            points_possible=self._points_possible,
            answer=self._answer,
        )

    def __enter__(self) -> Check:
        run = checking()
        self._running.append((run, run.__enter__()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        run, recorder = self._running.pop()
        # Left alone: the learner is to see the exception. An interrupt says nothing of the answer.
        run.__exit__(None, None, None)
        if recorder is not None and (kind is None or issubclass(kind, Exception)):
            recorder.checked(self.outcome(kind is None))

    def __call__(self, function: _Function) -> _Function:
        """Make every call of `function` a check: wrong when it raises, or returns `False`."""

        @wraps(function)
        def checked(*arguments: Any, **named: Any) -> Any:
            with checking() as recorder:
                try:
                    result = function(*arguments, **named)
                except Exception:
                    if recorder is not None:
                        recorder.checked(self.outcome(False))
                    raise
                if recorder is not None:
                    recorder.checked(self.outcome(result is not False))
                return result

        return checked  # type: ignore[return-value]
