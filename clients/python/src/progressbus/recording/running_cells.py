"""Cells that are running now, and which of them have run for so long that the teacher is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from ..originals import BUILTINS, CLOCK
from ..settings import Settings

__builtins__ = BUILTINS

#: Seconds. Most cells are done by then, so that the rate of events stays what it was.
LONG_RUN = 1.0


@dataclass(eq=False)
class RunningCell:
    """A cell between its begin and its end."""

    fields: dict[str, Any]
    settings: Settings
    #: Nanoseconds since 1970.
    began_at: int
    #: On the clock that nothing moves.
    due_at: float
    is_told: bool = False


class RunningCells:
    """Begun and ended on the cells' threads, looked at on the sender's.

    Each change of the dictionary is one step under the interpreter's lock, so nobody waits.
    """

    def __init__(self, tell: Callable[[RunningCell], None]) -> None:
        self._tell = tell
        self._cells: dict[int, RunningCell] = {}

    def begin(self, fields: dict[str, Any], settings: Settings) -> RunningCell:
        """Note that a cell begins."""
        cell = RunningCell(fields, settings, CLOCK.unix_nanoseconds(), CLOCK.monotonic() + LONG_RUN)
        self._cells[id(cell)] = cell
        return cell

    def end(self, cell: RunningCell) -> None:
        """Note that it has ended."""
        self._cells.pop(id(cell), None)

    def tell_long_ones(self) -> float | None:
        """Tell of each cell that has run for long, once; seconds until the next may be due."""
        wait = None
        for cell in list(self._cells.values()):
            if cell.is_told:
                continue
            rest = cell.due_at - CLOCK.monotonic()
            if rest <= 0:
                cell.is_told = True
                self._tell(cell)
            else:
                wait = rest if wait is None else min(wait, rest)
        return wait
