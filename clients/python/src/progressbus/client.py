"""One notebook's connection to ProgressBus."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from os import getpid
from typing import Any, Callable
from uuid import uuid4

from . import lifecycle
from .delivery.endpoint import Endpoint
from .delivery.sender import Sender
from .delivery.state import DeliveryState
from .delivery.transport import HTTPTransport, Transport
from .joined_file import keep, kept
from .joining import JoinError, join
from .messages.inbox import Inbox
from .messages.message import Message
from .originals import BUILTINS
from .recording.recorder import Recorder
from .recording.running_cells import RunningCell, RunningCells
from .settings import Settings, as_joined, changed
from .spool.outbox import Outbox

__builtins__ = BUILTINS

#: Events that wait in memory for settings, or for a disk that is slower than the cells.
_MEMORY_CAPACITY = 20_000
#: Seconds after an unload in which the rest is still sent.
_UNLOAD_GRACE = 10.0


class Client:
    """Records a notebook's events and has them sent.

    `record` may be called on any thread and neither blocks nor raises for anything but a bug; the
    rest is for the notebook's own thread.
    """

    def __init__(
        self,
        settings: Settings,
        problems: list[str],
        notebook_path: Callable[[Settings], str],
        transport: Transport | None = None,
    ) -> None:
        self.settings = settings
        #: What was wrong with the environment's settings.
        self.problems = problems
        self.session_id = str(uuid4())
        self.recorder = Recorder(_MEMORY_CAPACITY)
        self.outbox = Outbox(self.session_id)
        self._notebook_path = notebook_path
        self._running = RunningCells(self._tell_running)
        self._sender = Sender(
            self.recorder,
            self.outbox,
            transport or HTTPTransport(),
            lambda: self.settings,
            self._running.tell_long_ones,
        )
        self.inbox = Inbox(lambda: self.settings)
        self._process = getpid()
        self._is_open = True
        lifecycle.register(self)
        self._sender.keep_running()
        self.inbox.keep_running()

    @property
    def state(self) -> DeliveryState:
        """How the delivery goes."""
        return self._sender.state

    @property
    def notebook_path(self) -> str:
        """The path under which this notebook is reported."""
        return self.settings.notebook or self._notebook_path(self.settings)

    def record(self, event_type: str, fields: Mapping[str, Any] | None = None) -> None:
        """Report that something happened just now; nothing in a forked child or after `close`."""
        if not self._is_open or getpid() != self._process:
            return
        self._sender.keep_running()
        self.inbox.keep_running()
        settings = self.settings
        self.recorder.record(
            event_type,
            {
                "notebook_path": self.notebook_path,
                "session_id": self.session_id,
                **(fields or {}),
            },
            settings,
        )

    def cell_begins(self, fields: Mapping[str, Any]) -> RunningCell | None:
        """Note that a cell runs, which is reported only if it runs for long. As `record`."""
        if not self._is_open or getpid() != self._process:
            return None
        self._sender.keep_running()
        place = {"notebook_path": self.notebook_path, "session_id": self.session_id}
        cell = self._running.begin({**place, **fields}, self.settings)
        # The sender has to look at its clock in time.
        self.recorder.wake()
        return cell

    def cell_ends(self, cell: RunningCell | None) -> None:
        """Note that the cell runs no longer."""
        if cell is not None:
            self._running.end(cell)

    def _tell_running(self, cell: RunningCell) -> None:
        self.recorder.record("cell_started", cell.fields, cell.settings, cell.began_at)

    def show_messages(self, display: Callable[[Message], None]) -> None:
        """Have `display` show what teachers have sent, and tell them. Raises what it raises."""
        if not self.inbox.waiting or not self._is_open or getpid() != self._process:
            return

        def show(message: Message) -> None:
            display(message)
            self.record("message_shown", {"message_id": message.identifier})

        self.inbox.show(show)

    def configure(self, assignments: Mapping[str, str]) -> None:
        """Change settings; raises `SettingError` and changes nothing if one is wrong."""
        self._use(changed(self.settings, assignments))

    def join(self, code: str, name: str, url: Endpoint | None = None) -> None:
        """Become a learner of the course that has `code` now; waits for the server.

        Raises `JoinError`, and changes nothing then.
        """
        url = url or self.settings.url
        if url is None:
            raise JoinError("the server is not known; write its address behind your name")
        folder = self.settings.spool_dir
        joined = join(url, code, name, kept(folder), self.settings.timeout)
        # Without it the next kernel joins as another learner.
        with suppress(OSError):
            keep(folder, joined)
        was_complete = self.settings.is_complete
        self._use(as_joined(self.settings, joined))
        if was_complete:
            # What was told of opening is another learner's.
            self.record("notebook_opened")

    def _use(self, settings: Settings) -> None:
        self.settings = settings
        self._sender.settings_changed()
        self.inbox.settings_changed()

    def begin_close(self, grace: float = _UNLOAD_GRACE) -> None:
        """Report `notebook_closed` and let the sender end by itself. Never blocks."""
        if self._is_open:
            self.record("notebook_closed")
            self._is_open = False
        self.inbox.close()
        self._sender.begin_close(grace)

    def finish_close(self, timeout: float) -> None:
        """Close and wait for the sender; whatever cannot be sent in `timeout` seconds is kept."""
        self.begin_close(timeout)
        if not self._sender.join(timeout):
            self._sender.rescue(timeout / 4)

    def abandon(self) -> None:
        """Become inert in a forked child."""
        self._is_open = False
        self.inbox.abandon()
        self._sender.abandon()
