"""From the outcome of a check to an `exercise_checked` event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from numbers import Real
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


class _CellChecks:
    """What was checked in the cell that runs."""

    def __init__(self) -> None:
        self.tallies: dict[tuple[str, str], Tally] = {}
        self.reported: set[str] = set()


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
        #: Whether checks are reported at all.
        self.is_on = is_on
        self._keeps_answers = keeps_answers
        self._attempts: dict[str, int] = {}
        self._latest = _CellChecks()
        self._local = local()

    def checked(self, outcome: Outcome, cell: str | None = None) -> None:
        """Report a check. Never raises, for it runs inside the learner's cell."""
        try:
            self._report(outcome, cell)
        except Exception:
            return

    def tally(self, exercise: str, checker: str, passed: bool) -> None:
        """Count one test of an exercise; the exercise is reported when the cell ends."""
        self._checks().tallies.setdefault((exercise, checker), Tally()).add(passed)

    def cell_ends(self, cell: str) -> None:
        """Report what was counted in the cell."""
        checks = self._checks()
        tallies, checks.tallies = checks.tallies, {}
        for (exercise, checker), tally in tallies.items():
            self.checked(tally.outcome(exercise, checker), cell)

    def was_checked(self, exercise: str) -> bool:
        """Whether the cell that is ending has reported this exercise."""
        return exercise[: TEXT_LENGTHS["exercise_id"]] in self._checks().reported

    def cell_begins(self) -> None:
        """Forget what the cell before reported."""
        try:
            checks: _CellChecks = self._local.checks
        except AttributeError:
            checks = self._local.checks = _CellChecks()
        checks.reported.clear()
        self._latest = checks

    def _checks(self) -> _CellChecks:
        """Of this thread's cell, as kernels may run cells in several threads (subshells).

        A thread of a learner's own runs no cell: what it checks is the latest cell's.
        """
        checks: _CellChecks = getattr(self._local, "checks", self._latest)
        return checks

    def _report(self, outcome: Outcome, cell: str | None) -> None:
        exercise = outcome.exercise[: TEXT_LENGTHS["exercise_id"]]
        if not exercise or not self.is_on():
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
        if exercise in self._attempts:
            self._checks().reported.add(exercise)
        self._record(fields)


def points(value: Any) -> float | None:
    """`value` as points that the server takes, else None."""
    # numpy's numbers are real ones, too.
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
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
