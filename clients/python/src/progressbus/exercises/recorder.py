"""From the outcome of a check to an `exercise_checked` event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from threading import local
from typing import Any, Callable

from ..limits import TEXT_LENGTHS
from ..originals import BUILTINS

__builtins__ = BUILTINS

#: The server's range of points.
_MOST_POINTS = 1e9
#: Exercises whose attempts are counted; a loop that makes up names must not fill the memory.
_MOST_EXERCISES = 10_000


@dataclass(frozen=True)
class Outcome:
    """What a check found."""

    exercise: str
    passed: bool
    #: What checked it, such as `otter`.
    checker: str
    label: str | None = None
    points: float | None = None
    points_possible: float | None = None
    #: The answer in words. A learner's work: sent only where code is sent, too.
    answer: str | None = None


@dataclass
class Tally:
    """How many of the tests of one exercise passed."""

    passed: int = 0
    total: int = 0

    def add(self, passed: bool) -> None:
        """Count one test."""
        self.passed += passed
        self.total += 1

    def outcome(self, exercise: str, checker: str) -> Outcome:
        """Right when all of them passed; a test is a point."""
        return Outcome(
            exercise,
            self.passed == self.total,
            checker,
            points=self.passed,
            points_possible=self.total,
        )


class ExerciseRecorder:
    """Counts attempts, and reports checks of the notebook that it belongs to.

    Checkers call one another: otter runs doctests, pytest runs unittest's cases. Only the outermost
    of them is what the teacher wrote into the notebook, so only that one is reported.
    """

    def __init__(
        self,
        record: Callable[[dict[str, Any]], None],
        cell: Callable[[], str | None],
        is_on: Callable[[], bool],
        keeps_answers: Callable[[], bool],
    ) -> None:
        self._record = record
        self._cell = cell
        self._is_on = is_on
        self._keeps_answers = keeps_answers
        self._attempts: dict[str, int] = {}
        self._tallies: dict[tuple[str, str], Tally] = {}
        self._reported: set[str] = set()

    def checked(self, outcome: Outcome, cell: str | None = None) -> None:
        """Report a check. Never raises, for it runs inside the learner's cell."""
        try:
            self._report(outcome, cell)
        except Exception:
            return

    def tally(self, exercise: str, checker: str, passed: bool) -> None:
        """Count one test of an exercise; the exercise is reported when the cell ends."""
        self._tallies.setdefault((exercise, checker), Tally()).add(passed)

    def cell_ends(self, cell: str) -> None:
        """Report what was counted in the cell."""
        tallies, self._tallies = self._tallies, {}
        for (exercise, checker), tally in tallies.items():
            self.checked(tally.outcome(exercise, checker), cell)

    def was_checked(self, exercise: str) -> bool:
        """Whether the cell that is ending has reported this exercise."""
        return exercise in self._reported

    def cell_begins(self) -> None:
        """Forget what the cell before reported."""
        self._reported.clear()

    def _report(self, outcome: Outcome, cell: str | None) -> None:
        exercise = outcome.exercise[: TEXT_LENGTHS["exercise_id"]]
        if not exercise or not self._is_on():
            return
        if len(self._attempts) < _MOST_EXERCISES or exercise in self._attempts:
            self._attempts[exercise] = self._attempts.get(exercise, 0) + 1
        fields: dict[str, Any] = {
            "exercise_id": exercise,
            "passed": outcome.passed is True,
            "checker": outcome.checker,
        }
        _put(fields, "attempt", self._attempts.get(exercise))
        _put(fields, "label", outcome.label)
        _put(fields, "points", points(outcome.points))
        _put(fields, "points_possible", points(outcome.points_possible))
        _put(fields, "cell_id", cell or self._cell())
        if outcome.answer is not None and self._keeps_answers():
            fields["answer"] = outcome.answer[: 2 * TEXT_LENGTHS["answer"]]
        self._reported.add(exercise)
        self._record(fields)


def points(value: Any) -> float | None:
    """`value` as points that the server takes, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    number = float(value)
    return number if isfinite(number) and abs(number) <= _MOST_POINTS else None


def _put(fields: dict[str, Any], name: str, value: Any) -> None:
    if value is not None:
        fields[name] = value


#: Recorders of the notebooks in this process, the latest last.
_recorders: list[ExerciseRecorder] = []
_nesting = local()


def activate(recorder: ExerciseRecorder) -> None:
    """Have checks reported by `recorder`."""
    _recorders.append(recorder)


def deactivate(recorder: ExerciseRecorder) -> None:
    """Have them reported no longer."""
    if recorder in _recorders:
        _recorders.remove(recorder)


@contextmanager
def checking() -> Iterator[ExerciseRecorder | None]:
    """While a checker runs: the recorder for the outermost one, None for those that it calls."""
    depth = getattr(_nesting, "depth", 0)
    _nesting.depth = depth + 1
    try:
        yield _recorders[-1] if depth == 0 and _recorders else None
    finally:
        _nesting.depth = depth
