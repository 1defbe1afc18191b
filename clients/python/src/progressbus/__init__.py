"""ProgressBus for notebooks: ``%load_ext progressbus``."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

# Read before the heavier imports below: the cell that loads the extension is timed from here.
_IMPORTED_AT = time.perf_counter()

from .exercises.check import check  # noqa: E402
from .version import VERSION as __version__  # noqa: E402

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["__version__", "check", "load_ipython_extension", "unload_ipython_extension"]

_imported_at: float | None = _IMPORTED_AT


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Start to report; IPython calls this on ``%load_ext progressbus``. Never raises."""
    global _imported_at
    started_at = _imported_at if _imported_at is not None else time.perf_counter()
    # Only the load that imported the package counts the time of the import.
    _imported_at = None
    try:
        # Here, because it needs IPython and the package's import must not.
        from .extension import attach

        attach(shell, started_at)
    except Exception as error:
        # A lesson goes on without its reports, but nobody should wait for them in vain.
        reason = f"{type(error).__name__}: {error}"
        print(f"ProgressBus is not loaded and reports nothing ({reason}).", file=sys.stderr)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Stop to report; IPython calls this on ``%unload_ext progressbus``."""
    from .extension import detach

    detach(shell)
