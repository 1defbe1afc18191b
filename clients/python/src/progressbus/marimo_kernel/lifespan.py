"""The kernel's beginning and end.

Entry point `marimo.kernel.lifespan`, of which marimo takes those of all packages.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from threading import current_thread, main_thread
from typing import Any

from ..lifecycle import close_all
from ..originals import BUILTINS
from .executor import notebook_file
from .notebook import close_in_this_thread, open_in_this_thread

__builtins__ = BUILTINS


@asynccontextmanager
async def kernel_lifespan(_: Any) -> AsyncIterator[None]:
    """`notebook_opened` when the kernel begins, `notebook_closed` when it ends.

    Raises nothing of its own.
    """
    with suppress(Exception):
        if open_in_this_thread(notebook_file()) is not None:
            _close_before_termination()
    try:
        yield
    finally:
        with suppress(Exception):
            close_in_this_thread()


def _close_before_termination() -> None:
    """marimo ends a kernel's process by SIGTERM, whose handler leaves at once.

    So nothing of Python's own runs at the exit.
    """
    if current_thread() is not main_thread():
        return
    before = signal.getsignal(signal.SIGTERM)

    def terminate(number: int, frame: Any) -> None:
        close_all()
        if callable(before):
            before(number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    signal.signal(signal.SIGTERM, terminate)
