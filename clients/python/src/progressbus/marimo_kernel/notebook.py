"""A marimo notebook that reports to ProgressBus."""

from __future__ import annotations

import os
from pathlib import Path
from threading import local
from typing import Any

from ..client import Client
from ..exercises.checkers import Checkers
from ..exercises.graded_cell import graded_cell
from ..exercises.recorder import ExerciseRecorder, Outcome, activate, deactivate
from ..limits import TEXT_LENGTHS
from ..messages.message import Message
from ..originals import BUILTINS, CLOCK
from ..recording.error_text import class_name, is_exception, message
from ..recording.notebook_path import UNNAMED_NOTEBOOK, below
from ..settings import Settings, from_environment
from .cell_names import NamedCell, cells_by_code

__builtins__ = BUILTINS

#: The exception of `mo.stop()`, which waits for the reader and is no failure.
_STOP = "MarimoStopError"


class Notebook:
    """One kernel's client. Runs on the kernel's thread; raises nothing but a bug's exception."""

    def __init__(self, path: str | None) -> None:
        settings, problems = from_environment(os.environ)
        self._path = path
        self.client = Client(settings, problems, self._below_root)
        self._cell: str | None = None
        self._exercises = ExerciseRecorder(
            record=lambda fields: self.client.record("exercise_checked", fields),
            cell=lambda: self._cell,
            is_on=lambda: self.client.settings.exercises,
            keeps_answers=lambda: self.client.settings.code,
        )
        self._checkers = Checkers()
        self._named: dict[str, NamedCell] = {}
        self._file_state: tuple[int, int] | None = None
        activate(self._exercises)
        self._checkers.start()
        self.client.record("notebook_opened")

    def close(self) -> None:
        """Report `notebook_closed`, and no more after it."""
        self._checkers.stop()
        deactivate(self._exercises)
        self.client.begin_close()

    def begins(self, code: str, identifier: str) -> CellRun:
        """Note that a cell begins to run."""
        named = self._named_cells().get(code.strip())
        cell = named.name if named is not None and named.name is not None else identifier
        self._cell = cell
        self._exercises.cell_begins()
        place: dict[str, Any] = {"cell_type": "code", "cell_id": cell}
        if named is not None:
            place["cell_index"] = named.index
        return CellRun(code, place, CLOCK.perf_counter(), self.client.cell_begins(place))

    def ends(self, run: CellRun, error: BaseException | None) -> None:
        """Report the run, and show what teachers have sent meanwhile."""
        milliseconds = round((CLOCK.perf_counter() - run.started_at) * 1000, 3)
        self.client.cell_ends(run.running)
        error = learners_error(error)
        fields = {**run.place, "duration_ms": milliseconds, "has_error": error is not None}
        settings = self.client.settings
        if error is not None:
            fields["error_name"] = class_name(error)
            text = message(error, ()) if settings.error_messages else None
            if text is not None:
                fields["error_message"] = text[: 2 * TEXT_LENGTHS["error_message"]]
        if settings.code:
            fields["code"] = run.code[: 2 * TEXT_LENGTHS["code"]]
        self._exercises.cell_ends(run.place["cell_id"])
        self._tell_graded(run, error)
        self._cell = None
        self.client.record("cell_executed", fields)
        self.client.show_messages(_show)

    def _tell_graded(self, run: CellRun, error: BaseException | None) -> None:
        cell: str = run.place["cell_id"]
        # An interrupt says nothing of the answer.
        if not (error is None or issubclass(type(error), Exception)):
            return
        graded = graded_cell(None, run.code, cell)
        if graded is not None and not self._exercises.was_checked(graded.exercise):
            passed = error is None
            self._exercises.checked(Outcome(graded.exercise, passed, graded.checker), cell)

    def _below_root(self, settings: Settings) -> str:
        return UNNAMED_NOTEBOOK if self._path is None else below(settings.root, self._path)

    def _named_cells(self) -> dict[str, NamedCell]:
        """As the file has them now: marimo writes it whenever the learner saves."""
        if self._path is None:
            return {}
        try:
            status = os.stat(self._path)
            state = (status.st_mtime_ns, status.st_size)
            if state != self._file_state:
                self._named = cells_by_code(Path(self._path).read_text("utf-8"))
                self._file_state = state
        except (OSError, UnicodeDecodeError):
            return self._named
        return self._named


class CellRun:
    """A cell that runs."""

    def __init__(self, code: str, place: dict[str, Any], started_at: float, running: Any) -> None:
        self.code = code
        self.place = place
        self.started_at = started_at
        #: What the client gave for it.
        self.running = running


def learners_error(error: BaseException | None) -> BaseException | None:
    """What a learner's cell raised, without marimo's wrapping; None for `mo.stop()`."""
    if error is None or not is_exception(error):
        return None
    if class_name(error) == "MarimoRuntimeException" and error.__cause__ is not None:
        error = error.__cause__
    return None if class_name(error) == _STOP else error


def _show(message: Message) -> None:
    """Under the cell, as text that nothing runs."""
    print(message.plain())


_kernels = local()


def of_this_thread() -> Notebook | None:
    """The notebook whose kernel this thread is: marimo has a process for each, or a thread."""
    notebook: Notebook | None = getattr(_kernels, "notebook", None)
    return notebook


def open_in_this_thread(path: str | None) -> Notebook | None:
    """Begin to report; None where no server is named, and nothing is kept or asked then."""
    opened = of_this_thread()
    if opened is None and os.environ.get("PROGRESSBUS_URL"):
        opened = _kernels.notebook = Notebook(path)
    return opened


def close_in_this_thread() -> None:
    """Report no longer."""
    opened = of_this_thread()
    if opened is not None:
        _kernels.notebook = None
        opened.close()
