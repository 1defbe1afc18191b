"""The thread that waits for messages."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from threading import Thread
from typing import Callable
from urllib.parse import urlencode

from ..delivery.answer import Answer
from ..delivery.retry import RetrySchedule, parse_retry_after
from ..delivery.transport import HTTPTransport, TransportError
from ..originals import BUILTINS, CLOCK
from ..settings import Settings
from ..spool.folder import destination_folder
from ..version import VERSION
from .message import Message, read
from .shown import ShownMessages

__builtins__ = BUILTINS

#: Seconds that the server may let a request wait.
_WAIT = 25
#: Seconds until a server that has no messages is asked again.
_ABSENCE = 600.0
#: Seconds between requests that are answered at once, and empty: no server of ours does that.
_PAUSE = 2.0
#: Messages that wait for a cell; of more, the newest.
_CAPACITY = 100
#: Messages that `%progressbus messages` shows again.
_MEMORY = 20
#: Seconds between attempts to start the thread where the system refuses one.
_THREAD_INTERVAL = 60.0


class Inbox:
    """Fetches messages as soon as they are sent, and keeps them for the next cell.

    What a cell's thread calls takes no lock and waits for nothing but a file of a message that it
    shows. Nothing raises.
    """

    def __init__(
        self, settings: Callable[[], Settings], transport: HTTPTransport | None = None
    ) -> None:
        self._settings = settings
        self._transport = transport or HTTPTransport()
        self._arrived: deque[Message] = deque(maxlen=_CAPACITY)
        self._shown = ShownMessages()
        #: The latest that were shown by this kernel.
        self.recent: deque[Message] = deque(maxlen=_MEMORY)
        #: Why there are none, in a few words for `%progressbus status`.
        self.trouble = ""
        self._schedule = RetrySchedule(Random().random)
        self._jitter = Random()
        self._whose: tuple[str, str, str] | None = None
        self._after = "0"
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._is_closing = False
        self._thread = Thread(target=self._run, name="progressbus-messages", daemon=True)
        self._is_started = False
        self._next_start = 0.0

    def keep_running(self) -> None:
        """Start the thread unless it is, or there is nothing for it to do. Never raises."""
        if self._is_started or self._is_closing or CLOCK.monotonic() < self._next_start:
            return
        settings = self._settings()
        if not settings.messages or not settings.is_complete:
            return
        self._next_start = CLOCK.monotonic() + _THREAD_INTERVAL
        try:
            self._thread.start()
        except Exception as error:  # As the sender's.
            self.trouble = str(error) or type(error).__name__
        else:
            self._is_started = True

    @property
    def waiting(self) -> int:
        """Messages that no cell has shown yet."""
        return len(self._arrived)

    def show(self, display: Callable[[Message], None]) -> None:
        """Have `display` show what has arrived, each message once. Raises what it raises."""
        if not self._settings().messages:
            self._arrived.clear()
        while self._arrived:
            message = self._arrived.popleft()
            folder = self._folder(self._settings())
            if folder is None or not self._shown.take(folder, message.identifier):
                continue
            try:
                display(message)
            except BaseException:
                self._shown.give_back(folder, message.identifier)
                self._arrived.appendleft(message)
                raise
            self.recent.append(message)

    def settings_changed(self) -> None:
        """Ask anew with the new settings. Any thread; never blocks."""
        self._next_start = 0.0
        self.keep_running()
        self._wake.put(None)

    def close(self) -> None:
        """Have the thread end after the request that is under way. Never blocks."""
        self._is_closing = True
        self._wake.put(None)

    def abandon(self) -> None:
        """In a forked child, which has no such thread."""
        self._is_closing = True
        self._arrived.clear()
        with suppress(Exception):
            self._transport.close()

    def _run(self) -> None:
        while not self._is_closing:
            try:
                pause = self._turn()
            except Exception as error:  # A fault of ours must not end the thread.
                self.trouble = f"{type(error).__name__}: {error}"
                pause = self._schedule.wait_after_failure()
            if pause > 0:
                with suppress(Empty):
                    self._wake.get(timeout=pause)
                    self._schedule.succeed()
        self._transport.close()

    def _turn(self) -> float:
        """One request; the seconds until the next."""
        settings = self._settings()
        if not settings.messages or settings.url is None or settings.student is None:
            return _ABSENCE
        course = settings.course or "default"
        whose = (str(settings.url), settings.student, course)
        folder = self._folder(settings)
        if whose != self._whose:
            self._whose, self._after = whose, "0"
            self._arrived.clear()
            if folder is not None:
                self._shown.forget_old(folder)
        began_at = CLOCK.monotonic()
        try:
            answer = self._ask(settings, settings.student, course)
        except TransportError as error:
            self.trouble = str(error)
            return self._schedule.wait_after_failure()
        if answer.status in (404, 405, 501):
            self.trouble = "the server has none"
            return _ABSENCE * (1 + self._jitter.random())
        found = read(answer.body) if answer.status == 200 else None
        if found is None:
            self.trouble = f"{answer.status} from the server"
            wished = parse_retry_after(answer.headers.get("retry-after"), CLOCK.unix_seconds())
            return self._schedule.wait_after_failure(wished)
        self.trouble = ""
        self._schedule.succeed()
        if self._settings() is not settings:
            return 0.0
        self._after = found.after
        for message in found.messages:
            if folder is None or not self._shown.contains(folder, message.identifier):
                self._arrived.append(message)
        if not found.messages and CLOCK.monotonic() - began_at < 1.0:
            return _PAUSE * (1 + self._jitter.random())
        return 0.0

    def _ask(self, settings: Settings, student: str, course: str) -> Answer:
        assert settings.url is not None
        query = urlencode(
            {"course_id": course, "student_id": student, "after": self._after, "wait": _WAIT}
        )
        headers = {"Accept": "application/json", "User-Agent": f"progressbus-python/{VERSION}"}
        token = settings.current_token
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self._transport.get(
            settings.url.route(f"/api/v1/messages?{query}"), headers, _WAIT + settings.timeout
        )

    def _folder(self, settings: Settings) -> Path | None:
        """Where what was shown is noted; kept in memory alone where nothing can be written."""
        if settings.url is None or settings.student is None:
            return None
        try:
            folder = destination_folder(settings.spool_dir, settings.url, settings.student)
        except OSError:
            folder = settings.spool_dir
        return folder / "shown"
