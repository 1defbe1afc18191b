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
#: Seconds after which everything is asked for again, at first and at most: what was sent to a team
#: becomes the learner's once the server has heard of the team.
_FIRST_REVIEW = 20.0
_REVIEW = 300.0
#: Seconds between requests that are answered at once, and empty: no server of ours does that.
_PAUSE = 2.0
#: Messages that wait for a cell; of more, the newest.
_CAPACITY = 100
#: Messages that `%progressbus messages` shows again.
_MEMORY = 20
#: Seconds between attempts to start the thread where the system refuses one.
_THREAD_INTERVAL = 60.0


#: Server, learner and course.
_Whose = tuple[str, str, str]


def _whose(settings: Settings) -> _Whose | None:
    """Whose messages a kernel with these settings gets; None while nobody's."""
    if settings.url is None or settings.student is None:
        return None
    return str(settings.url), settings.student, settings.course or "default"


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
        self._arrived: deque[tuple[_Whose, Message]] = deque(maxlen=_CAPACITY)
        self._shown = ShownMessages()
        #: The latest that were shown by a kernel of the learner.
        self._recent: deque[tuple[_Whose, Message]] = deque(maxlen=_MEMORY)
        #: Why there are none, in a few words for `%progressbus status`.
        self.trouble = ""
        self._schedule = RetrySchedule(Random().random)
        self._jitter = Random()
        self._whose: _Whose | None = None
        self._after = "0"
        #: The settings by which was asked last.
        self._asked_by: Settings | None = None
        self._review_at = 0.0
        self._review_pause = _FIRST_REVIEW
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

    @property
    def recent(self) -> list[Message]:
        """The latest that the learner was shown."""
        whose = _whose(self._settings())
        return [message for of, message in list(self._recent) if of == whose]

    def show(self, display: Callable[[Message], None]) -> None:
        """Have `display` show what has arrived, each message once. Raises what it raises."""
        settings = self._settings()
        whose, folder = _whose(settings), self._folder(settings)
        if not settings.messages:
            self._arrived.clear()
        while True:
            try:
                arrived = self._arrived.popleft()
            except IndexError:
                return
            of, message = arrived
            # Another's is not shown to whom the kernel is now; it comes again to whom it is for.
            if of != whose or folder is None:
                continue
            if not self._shown.take(folder, message.identifier):
                continue
            try:
                display(message)
            except BaseException:
                self._shown.give_back(folder, message.identifier)
                self._arrived.appendleft(arrived)
                raise
            self._recent.append(arrived)

    def settings_changed(self) -> None:
        """Ask anew with the new settings. Any thread; never blocks."""
        self._next_start = 0.0
        self._transport.interrupt()
        self.keep_running()
        self._wake.put(None)

    def close(self) -> None:
        """Have the thread end. Never blocks."""
        self._is_closing = True
        self._transport.interrupt()
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
        whose = _whose(settings)
        if not settings.messages or whose is None:
            return _ABSENCE
        folder = self._folder(settings)
        began_at = CLOCK.monotonic()
        if settings is not self._asked_by:
            self._asked_by, self._after = settings, "0"
            self._review_at, self._review_pause = began_at + _FIRST_REVIEW, _FIRST_REVIEW
            if whose != self._whose and folder is not None:
                self._shown.forget_old(folder)
            self._whose = whose
        elif began_at >= self._review_at:
            self._after = "0"
            self._review_pause = min(self._review_pause * 2, _REVIEW)
            self._review_at = began_at + self._review_pause
        try:
            answer = self._ask(settings, *whose[1:])
        except TransportError as error:
            if self._settings() is not settings:
                return 0.0
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
        self._take(found.messages, whose, folder)
        if not found.messages and CLOCK.monotonic() - began_at < 1.0:
            return _PAUSE * (1 + self._jitter.random())
        return 0.0

    def _take(self, messages: list[Message], whose: _Whose, folder: Path | None) -> None:
        """Keep what is new for the next cell, and the rest for who asks for it again."""
        known = {(of, message.identifier) for of, message in [*self._arrived, *self._recent]}
        for message in messages:
            if (whose, message.identifier) in known:
                continue
            if folder is not None and self._shown.contains(folder, message.identifier):
                self._recent.append((whose, message))
            else:
                self._arrived.append((whose, message))

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
