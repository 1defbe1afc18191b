"""The hooks around every cell."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from threading import local
from typing import Any, Callable

from ..exercises.graded_cell import graded_cell
from ..exercises.recorder import ExerciseRecorder, Outcome
from ..limits import TEXT_LENGTHS
from ..originals import BUILTINS, CLOCK
from .cell_identity import INJECTED_CELL, cell_id, is_injected, told_cell_ids
from .error_display import ShownError
from .error_text import class_name, is_exception, message

__builtins__ = BUILTINS


@dataclass
class _Run:
    info: Any
    started_at: float
    #: The execution count under which IPython runs it.
    count: int
    #: Whether papermill put the cell in.
    is_injected: bool
    #: The streams that the learner sees.
    streams: dict[str, Any]
    #: The latest error that the learner saw.
    shown: ShownError | None = None
    #: What `begins` gave.
    running: Any = None


class CellWatcher:
    """Turns IPython's `pre_run_cell` and `post_run_cell` into `cell_executed` events.

    `post_run_cell` comes without its `pre_run_cell` for an empty cell and for the cell that loads
    the extension; both come for code that a cell runs through `run_cell` itself, and with a front
    end's own queries (`store_history=False`). Only what the learner ran as a cell is reported.
    Kernels may run cells in several threads (subshells), hence the thread-local stack.
    """

    def __init__(
        self,
        record: Callable[[dict[str, Any]], None],
        parent: Callable[[], dict[str, Any]],
        next_execution_count: Callable[[], int],
        keeps_code: Callable[[], bool],
        keeps_error_messages: Callable[[], bool],
        loading_since: float,
        exercises: ExerciseRecorder | None = None,
        begins: Callable[[dict[str, Any]], Any] = lambda _: None,
        ends: Callable[[Any], None] = lambda _: None,
    ) -> None:
        self._record = record
        self._parent = parent
        self._next_execution_count = next_execution_count
        self._keeps_code = keeps_code
        self._keeps_error_messages = keeps_error_messages
        self._loading_since: float | None = loading_since
        self._exercises = exercises
        self._begins = begins
        self._ends = ends
        self._first_count = next_execution_count()
        #: By how much the shell's count is ahead of the cell that runs: some releases of IPython
        #: count before they run a cell, others after it. None until it is seen.
        self._count_ahead: int | None = None
        #: Cells that papermill put in, and that ran.
        self._injected = 0
        self._loading_streams = _streams()
        self._local = local()

    def pre_run_cell(self, info: Any) -> None:
        """IPython's hook. Never raises."""
        try:
            runs = self._runs()
            run = self._begin(info)
            if not runs:
                if self._exercises is not None:
                    self._exercises.cell_begins()
                request, shown = self._take_shown_before()
                if request is not None and request == self._request():
                    run.shown = shown
            runs.append(run)
            if len(runs) == 1 and info.store_history and not info.silent:
                run.running = self._begins(
                    {
                        "cell_type": "code",
                        "cell_id": self._cell(run, run.count),
                        "execution_count": run.count,
                    }
                )
        except BaseException:  # An interrupt here has hit no code of the learner's.
            return

    def _begin(self, info: Any) -> _Run:
        started_at = CLOCK.perf_counter()
        count = self._next_execution_count()
        if self._count_ahead is None and info.store_history:
            # No cell has run since the extension was loaded.
            self._count_ahead = count - self._first_count
        count -= self._count_ahead or 0
        return _Run(info, started_at, count, is_injected(str(info.raw_cell or "")), _streams())

    def error_shown(self, shown: ShownError) -> None:
        """Take note of an error that the learner is about to see. Never raises."""
        try:
            runs = self._runs()
            streams = runs[0].streams if runs else self._loading_streams
            if shown.stream is not None and getattr(sys, shown.stream) is not streams[shown.stream]:
                # Somebody catches what is printed, so the learner does not see it.
                return
            if runs:
                runs[0].shown = shown
            else:
                self._local.shown_before = (self._request(), shown)
        except BaseException:  # As above.
            return

    def post_run_cell(self, result: Any) -> None:
        """IPython's hook. Never raises."""
        try:
            ended_at = CLOCK.perf_counter()
            run = self._finished_run(result)
            if run is not None:
                fields = self._describe(run, result, ended_at)
                if self._exercises is not None:
                    self._tell_exercises(self._exercises, run, result, fields)
                self._record(fields)
        except BaseException:  # As above; and a report is never worth a learner's traceback.
            return

    def running_cell(self) -> str | None:
        """The id under which the cell that is running will be reported; None between cells."""
        runs = self._runs()
        if not runs:
            return None
        return self._cell(runs[0], runs[0].count)

    def _cell(self, run: _Run, execution_count: int) -> str:
        """The cell's id. A cell that papermill put in moves nobody's number."""
        if self._injected >= execution_count:
            # The shell counts anew.
            self._injected = 0
        parent = self._parent()
        if run.is_injected and not told_cell_ids(run.info, parent):
            return INJECTED_CELL
        return cell_id(run.info, parent, execution_count - self._injected)

    def _tell_exercises(
        self, exercises: ExerciseRecorder, run: _Run, result: Any, fields: dict[str, Any]
    ) -> None:
        cell: str = fields["cell_id"]
        exercises.cell_ends(cell)
        error = _error(result)
        if error is None and run.shown is not None:
            error = run.shown.error
        # An interrupt says nothing of the answer.
        if not exercises.is_on() or not (error is None or issubclass(type(error), Exception)):
            return
        graded = graded_cell(self._parent().get("metadata"), str(run.info.raw_cell or ""), cell)
        if graded is None or exercises.was_checked(graded.exercise):
            return
        passed = not fields["has_error"]
        points = graded.points_possible
        exercises.checked(
            Outcome(
                graded.exercise,
                passed,
                graded.checker,
                label=graded.label,
                points=points if passed or points is None else 0,
                points_possible=points,
            ),
            cell,
        )

    def _runs(self) -> list[_Run]:
        try:
            runs: list[_Run] = self._local.runs
        except AttributeError:
            runs = self._local.runs = []
        return runs

    def _request(self) -> str | None:
        """The id of the front end's request that is being served; None where there is none."""
        header = self._parent().get("header") or {}
        return header.get("msg_id")

    def _take_shown_before(self) -> tuple[str | None, ShownError | None]:
        """The latest error that was shown outside any cell, and with which request."""
        before: tuple[str | None, ShownError | None]
        before = self._local.__dict__.pop("shown_before", (None, None))
        return before

    def _finished_run(self, result: Any) -> _Run | None:
        """The learner's cell that `result` ends, or None if it ends something else."""
        runs = self._runs()
        info = getattr(result, "info", None)
        if info is not None and not str(info.raw_cell or "").strip():
            return None
        if not runs:
            if info is None or self._loading_since is None:
                return None
            count = self._next_execution_count() - 1
            if result.execution_count is not None:
                self._count_ahead = self._first_count - result.execution_count
            run = _Run(info, self._loading_since, count, False, self._loading_streams)
            is_outermost = True
            run.shown = self._take_shown_before()[1]
        else:
            index = next(
                (i for i in reversed(range(len(runs))) if runs[i].info is info), len(runs) - 1
            )
            run, is_outermost = runs[index], index == 0
            if is_outermost:
                self._ends(run.running)
            del runs[index:]
        if not is_outermost or run.info.silent or not run.info.store_history:
            if is_outermost and self._loading_since is not None and run.shown is not None:
                # It may be a cell within the one that loads the extension.
                self._local.shown_before = (self._request(), run.shown)
            return None
        self._loading_since = None
        return run

    def _describe(self, run: _Run, result: Any, ended_at: float) -> dict[str, Any]:
        execution_count = getattr(result, "execution_count", None)
        if execution_count is None:
            # IPython gave up on the cell, having counted it.
            execution_count = self._next_execution_count() - 1
        fields: dict[str, Any] = {
            "cell_type": "code",
            "cell_id": self._cell(run, execution_count),
            "execution_count": execution_count,
            "duration_ms": round((ended_at - run.started_at) * 1000, 3),
            "has_error": _has_failed(result) or run.shown is not None,
        }
        if run.is_injected and fields["cell_id"] == INJECTED_CELL:
            self._injected += 1
        if fields["has_error"]:
            self._describe_error(fields, _error(result), run.shown)
        if self._keeps_code():
            fields["code"] = _head(run.info.raw_cell, "code")
        return fields

    def _describe_error(
        self, fields: dict[str, Any], error: BaseException | None, shown: ShownError | None
    ) -> None:
        traceback: Sequence[str] = ()
        if shown is not None and (error is None or shown.error is error):
            error, traceback = shown.error, shown.traceback
        if error is None:
            return
        fields["error_name"] = class_name(error)
        if self._keeps_error_messages():
            text = message(error, traceback)
            if text is not None:
                fields["error_message"] = _head(text, "error_message")


def _streams() -> dict[str, Any]:
    return {"stdout": sys.stdout, "stderr": sys.stderr}


def _has_failed(result: Any) -> bool:
    """Whether the kernel itself tells the front end that the cell failed."""
    if result is None:
        # IPython gave up on the cell: this hook runs while the exception is on its way.
        return True
    return result.error_before_exec is not None or result.error_in_exec is not None


def _error(result: Any) -> BaseException | None:
    """The exception that ended the cell, if it is known."""
    if result is None:
        return sys.exc_info()[1]
    # Compared with None: a learner's exception may be falsy.
    error = result.error_before_exec
    if error is None:
        error = result.error_in_exec
    return error if is_exception(error) else None


def _head(text: str, field: str) -> str:
    """Enough of `text` for the encoder, which strips secrets before it cuts to the limit."""
    return text[: 2 * TEXT_LENGTHS[field]]
