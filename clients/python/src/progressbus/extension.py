"""The client's place in an IPython shell."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable
from weakref import WeakKeyDictionary

from .client import Client
from .exercises.checkers import Checkers
from .exercises.recorder import ExerciseRecorder, activate, deactivate
from .magic import ProgressBusMagics
from .messages.message import Message
from .originals import BUILTINS
from .recording.cell_watcher import CellWatcher
from .recording.error_display import ErrorDisplay
from .recording.notebook_path import NotebookPath
from .settings import from_environment

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__builtins__ = BUILTINS


class _Attachment:
    """A client and its hooks in one shell."""

    def __init__(self, shell: InteractiveShell, loading_since: float) -> None:
        self._shell = shell
        is_kernel = hasattr(shell, "kernel")
        settings, problems = from_environment(os.environ)
        self._path = NotebookPath(
            os.environ, lambda: shell.user_ns, lambda: _parent_message(shell), is_kernel
        )
        self.client = Client(settings, problems, lambda current: self._path.below(current.root))
        self._exercises = ExerciseRecorder(
            record=lambda fields: self.client.record("exercise_checked", fields),
            cell=lambda: self._watcher.running_cell(),
            is_on=lambda: self.client.settings.exercises,
            keeps_answers=lambda: self.client.settings.code,
        )
        self._checkers = Checkers()
        self._watcher = CellWatcher(
            record=lambda fields: self.client.record("cell_executed", fields),
            parent=lambda: _parent_message(shell),
            next_execution_count=lambda: shell.execution_count,
            keeps_code=lambda: self.client.settings.code,
            keeps_error_messages=lambda: self.client.settings.error_messages,
            loading_since=loading_since,
            exercises=self._exercises,
            begins=self.client.cell_begins,
            ends=self.client.cell_ends,
        )
        self._display = ErrorDisplay(shell, self._watcher.error_shown, is_kernel)
        self._hooks: dict[str, Callable[..., None]] = {
            "pre_run_cell": self._pre_run_cell,
            "post_execute": self._post_execute,
            "post_run_cell": self._post_run_cell,
        }
        try:
            shell.register_magics(ProgressBusMagics(shell, self.client))
            for event, hook in self._hooks.items():
                shell.events.register(event, hook)
        except BaseException:
            self.remove()
            raise
        activate(self._exercises)
        self._checkers.start()
        self.client.record("notebook_opened")

    def remove(self) -> None:
        """Leave the shell as it was, and report that the notebook is closed."""
        shell = self._shell
        self._checkers.stop()
        deactivate(self._exercises)
        self._display.stop()
        for event, hook in self._hooks.items():
            if hook in shell.events.callbacks[event]:
                shell.events.unregister(event, hook)
        shell.magics_manager.magics["line"].pop(ProgressBusMagics.NAME, None)
        self.client.begin_close()
        self._path.close()

    def _pre_run_cell(self, info: Any) -> None:
        """IPython's hook. Never raises."""
        self._watcher.pre_run_cell(info)
        try:
            self._display.watch()
        except BaseException:  # An interrupt here has hit no code of the learner's.
            return

    def _post_run_cell(self, result: Any) -> None:
        """IPython's hook. Never raises."""
        self._watcher.post_run_cell(result)
        try:
            # Not under what a front end runs behind the learner's back.
            info = getattr(result, "info", None)
            if self.client.inbox.waiting and info is not None and info.store_history:
                self.client.show_messages(self._show)
        except BaseException:  # As above.
            return

    def _show(self, message: Message) -> None:
        """As text alone, which no front end runs."""
        data = {"text/plain": message.plain(), "text/html": message.html()}
        self._shell.display_pub.publish(data=data)

    def _post_execute(self) -> None:
        """IPython's hook before `post_run_cell`. Never raises.

        Comes last there, because the learner sees it too when another's hook fails.
        """
        try:
            events, hook = self._shell.events, self._hooks["post_run_cell"]
            hooks = events.callbacks["post_run_cell"]
            if hooks[-1] != hook and hook in hooks:
                events.unregister("post_run_cell", hook)
                events.register("post_run_cell", hook)
        except BaseException:  # As above.
            return


_attachments: WeakKeyDictionary[InteractiveShell, _Attachment] = WeakKeyDictionary()


def attach(shell: InteractiveShell, loading_since: float) -> None:
    """Report from `shell`; `loading_since` is the `perf_counter` at which loading began."""
    if shell not in _attachments:
        _attachments[shell] = _Attachment(shell, loading_since)


def detach(shell: InteractiveShell) -> None:
    """Report no longer from `shell`."""
    attachment = _attachments.pop(shell, None)
    if attachment is not None:
        attachment.remove()


def _parent_message(shell: InteractiveShell) -> dict[str, Any]:
    """The request that runs the current cell; empty where there is none."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return {}
    parent = kernel.get_parent() if hasattr(kernel, "get_parent") else kernel._parent_header
    return parent if isinstance(parent, dict) else {}
