"""The hooks around every cell."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable

from ..limits import TEXT_LENGTHS
from .cell_identity import cell_id


@dataclass
class _Run:
    info: Any
    started_at: float


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
    ) -> None:
        self._record = record
        self._parent = parent
        self._next_execution_count = next_execution_count
        self._keeps_code = keeps_code
        self._keeps_error_messages = keeps_error_messages
        self._loading_since: float | None = loading_since
        self._local = threading.local()

    def pre_run_cell(self, info: Any) -> None:
        """IPython's hook. Never raises."""
        try:
            self._runs().append(_Run(info, time.perf_counter()))
        except BaseException:  # An interrupt here has hit no code of the learner's.
            return

    def post_run_cell(self, result: Any) -> None:
        """IPython's hook. Never raises."""
        try:
            ended_at = time.perf_counter()
            run = self._finished_run(result)
            if run is not None:
                self._record(self._describe(run, result, ended_at))
        except BaseException:  # As above; and a report is never worth a learner's traceback.
            return

    def _runs(self) -> list[_Run]:
        try:
            runs: list[_Run] = self._local.runs
        except AttributeError:
            runs = self._local.runs = []
        return runs

    def _finished_run(self, result: Any) -> _Run | None:
        """The learner's cell that `result` ends, or None if it ends something else."""
        runs = self._runs()
        info = getattr(result, "info", None)
        if info is not None and not str(info.raw_cell or "").strip():
            return None
        if not runs:
            if info is None or self._loading_since is None:
                return None
            run, is_outermost = _Run(info, self._loading_since), True
        else:
            index = next(
                (i for i in reversed(range(len(runs))) if runs[i].info is info), len(runs) - 1
            )
            run, is_outermost = runs[index], index == 0
            del runs[index:]
        if not is_outermost or run.info.silent or not run.info.store_history:
            return None
        self._loading_since = None
        return run

    def _describe(self, run: _Run, result: Any, ended_at: float) -> dict[str, Any]:
        execution_count = getattr(result, "execution_count", None)
        if execution_count is None:
            # IPython gave up on the cell, having counted it.
            execution_count = self._next_execution_count() - 1
        error = _error(result)
        fields: dict[str, Any] = {
            "cell_type": "code",
            "cell_id": cell_id(run.info, self._parent(), execution_count),
            "execution_count": execution_count,
            "duration_ms": round((ended_at - run.started_at) * 1000, 3),
            "has_error": error is not None,
        }
        if error is not None:
            fields["error_name"] = type(error).__name__
            if self._keeps_error_messages():
                fields["error_message"] = _message(error)
        if self._keeps_code():
            fields["code"] = _head(run.info.raw_cell, "code")
        return fields


def _error(result: Any) -> BaseException | None:
    if result is None:
        # IPython gave up on the cell: this hook runs while the exception is on its way.
        return sys.exc_info()[1] or RuntimeError("The cell did not finish")
    # Compared with None: a learner's exception may be falsy.
    if result.error_before_exec is not None:
        return _as_exception(result.error_before_exec)
    return _as_exception(result.error_in_exec)


def _as_exception(error: Any) -> BaseException | None:
    return error if isinstance(error, BaseException) else None


def _message(error: BaseException) -> str:
    """The text that the notebook shows for `error`; learners write `__str__` too."""
    try:
        return _head(str(error), "error_message")
    except BaseException as failure:
        return f"<no message: its __str__ raised {type(failure).__name__}>"


def _head(text: str, field: str) -> str:
    """Enough of `text` for the encoder, which strips secrets before it cuts to the limit."""
    return text[: 2 * TEXT_LENGTHS[field]]
