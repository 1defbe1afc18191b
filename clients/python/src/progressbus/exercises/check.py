"""`progressbus.check`: what a notebook says of an answer by itself."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import wraps
from inspect import isawaitable
from types import TracebackType
from typing import Any, Callable, TypeVar

from ..originals import BUILTINS
from .recorder import Outcome, checking

__builtins__ = BUILTINS

_Function = TypeVar("_Function", bound=Callable[..., Any])

_UNSAID: Any = object()
_name_of = type.__dict__["__name__"].__get__
_module_of = type.__dict__["__module__"].__get__
#: Python makes a text of these by itself; nothing else of a learner's is asked for its text.
_PLAIN_TYPES = (str, int, float, bool)


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
        is_right = None if recorder is None else _truth(passed)
        if recorder is not None and is_right is not None:
            recorder.checked(one.outcome(is_right))
    return None


def _truth(passed: Any) -> bool | None:
    """Whether `passed` is true; None where it does not say, as an array of several numbers."""
    try:
        return bool(passed)
    except Exception:  # Without the extension nobody would have asked.
        return None


def _returned_right(result: Any) -> bool | None:
    """What a function says by returning `result`; None where its body has not run yet."""
    try:
        if isawaitable(result):
            return None
    except Exception:  # A learner's object, which says nothing of itself.
        return True
    # A learner's object may not like to be compared. numpy has a False of its own.
    kind = type(result)
    is_numpys = _module_of(kind) == "numpy" and _name_of(kind) in ("bool", "bool_")
    return not (result is False or (is_numpys and not result))


def _text(answer: Any) -> str | None:
    """The answer in words, where it has some."""
    if type(answer) not in _PLAIN_TYPES:
        return None
    try:
        return str(answer)
    except ValueError:  # An integer of more digits than Python writes.
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
        self._answer = answer
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
            answer=_text(self._answer),
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
        """Make every call of `function` a check: wrong when it raises, or returns `False`.

        Of a coroutine nothing is told: its body runs later, and elsewhere.
        """

        @wraps(function)
        def checked(*arguments: Any, **named: Any) -> Any:
            with checking() as recorder:
                try:
                    result = function(*arguments, **named)
                except Exception:
                    if recorder is not None:
                        recorder.checked(self.outcome(False))
                    raise
                is_right = None if recorder is None else _returned_right(result)
                if recorder is not None and is_right is not None:
                    recorder.checked(self.outcome(is_right))
                return result

        return checked  # type: ignore[return-value]
