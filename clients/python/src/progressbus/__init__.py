"""ProgressBus for notebooks: ``%load_ext progressbus``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

# Read before the heavier imports below: the cell that loads the extension is timed from here.
_IMPORTED_AT = time.perf_counter()

from .extension import attach, detach  # noqa: E402
from .version import VERSION as __version__  # noqa: E402

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["__version__", "load_ipython_extension", "unload_ipython_extension"]

_imported_at: float | None = _IMPORTED_AT


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Start to report; IPython calls this on ``%load_ext progressbus``."""
    global _imported_at
    started_at = _imported_at if _imported_at is not None else time.perf_counter()
    # Only the load that imported the package counts the time of the import.
    _imported_at = None
    attach(shell, started_at)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Stop to report; IPython calls this on ``%unload_ext progressbus``."""
    detach(shell)
