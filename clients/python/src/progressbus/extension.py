"""The client's place in an IPython shell."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .client import Client
from .magic import ProgressBusMagics
from .recording.cell_watcher import CellWatcher
from .recording.notebook_path import notebook_path
from .settings import Settings, from_environment

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class _Attachment:
    """A client and its hooks in one shell."""

    def __init__(self, shell: InteractiveShell, loading_since: float) -> None:
        settings, problems = from_environment(os.environ)
        is_kernel = hasattr(shell, "kernel")

        def path(current: Settings) -> str:
            return notebook_path(os.environ, shell.user_ns, current.root, is_kernel)

        self.client = Client(settings, problems, path)
        self._watcher = CellWatcher(
            record=lambda fields: self.client.record("cell_executed", fields),
            parent=lambda: _parent_message(shell),
            next_execution_count=lambda: shell.execution_count,
            keeps_code=lambda: self.client.settings.code,
            keeps_error_messages=lambda: self.client.settings.error_messages,
            loading_since=loading_since,
        )
        shell.register_magics(ProgressBusMagics(shell, self.client))
        shell.events.register("pre_run_cell", self._watcher.pre_run_cell)
        shell.events.register("post_run_cell", self._watcher.post_run_cell)
        self.client.record("notebook_opened")

    def remove(self, shell: InteractiveShell) -> None:
        shell.events.unregister("pre_run_cell", self._watcher.pre_run_cell)
        shell.events.unregister("post_run_cell", self._watcher.post_run_cell)
        shell.magics_manager.magics["line"].pop(ProgressBusMagics.NAME, None)
        self.client.begin_close()


_attachments: WeakKeyDictionary[InteractiveShell, _Attachment] = WeakKeyDictionary()


def attach(shell: InteractiveShell, loading_since: float) -> None:
    """Report from `shell`; `loading_since` is the `perf_counter` at which loading began."""
    if shell not in _attachments:
        _attachments[shell] = _Attachment(shell, loading_since)


def detach(shell: InteractiveShell) -> None:
    """Report no longer from `shell`."""
    attachment = _attachments.pop(shell, None)
    if attachment is not None:
        attachment.remove(shell)


def _parent_message(shell: InteractiveShell) -> dict[str, Any]:
    """The request that runs the current cell; empty where there is none."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return {}
    parent = kernel.get_parent() if hasattr(kernel, "get_parent") else kernel._parent_header
    return parent if isinstance(parent, dict) else {}
