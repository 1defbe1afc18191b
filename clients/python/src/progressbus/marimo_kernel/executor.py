"""What marimo runs cells by: its own executor, and a report around it.

Entry point `marimo.cell.executor`. marimo asks for one for each run of some cells, and takes only
one of all packages; MARIMO_CELL_EXECUTOR_DENYLIST=progressbus leaves this one out.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from marimo._runtime.context import ContextNotInitializedError, get_context
from marimo._runtime.executor import DefaultExecutor, Executor

from ..originals import BUILTINS
from .notebook import CellRun, Notebook, of_this_thread, open_in_this_thread

__builtins__ = BUILTINS


class ReportingExecutor:
    """Runs a cell as marimo does, and reports it. Never raises of its own."""

    name = "progressbus"

    def __init__(self, executor: Executor, notebook: Notebook) -> None:
        self._executor = executor
        self._notebook = notebook

    def execute_cell(self, cell: Any, glbls: Any) -> Any:
        """As `Executor`."""
        run = self._begins(cell)
        error: BaseException | None = None
        try:
            return self._executor.execute_cell(cell, glbls)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._ends(run, error)

    async def execute_cell_async(self, cell: Any, glbls: Any) -> Any:
        """As `Executor`."""
        run = self._begins(cell)
        error: BaseException | None = None
        try:
            return await self._executor.execute_cell_async(cell, glbls)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._ends(run, error)

    def _begins(self, cell: Any) -> CellRun | None:
        try:
            return self._notebook.begins(str(cell.code), str(cell.cell_id))
        except Exception:  # A report is not worth a learner's traceback.
            return None

    def _ends(self, run: CellRun | None, error: BaseException | None) -> None:
        try:
            if run is not None:
                self._notebook.ends(run, error)
        except Exception:  # As above.
            return


def make_executor() -> Executor:
    """marimo's own executor where nothing is to be reported."""
    executor = DefaultExecutor()
    notebook = of_this_thread() or open_in_this_thread(notebook_file())
    return executor if notebook is None else ReportingExecutor(executor, notebook)


def notebook_file() -> str | None:
    """The notebook's file, where marimo knows one."""
    try:
        filename = get_context().filename
    except ContextNotInitializedError:
        # A notebook that runs as a script.
        filename = getattr(sys.modules.get("__main__"), "__file__", None)
    return None if filename is None else os.path.abspath(filename)
