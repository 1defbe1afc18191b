"""The background thread."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from random import Random
from threading import Lock, Thread
from typing import Callable

from ..limits import MAXIMUM_BODY_BYTES, MAXIMUM_EVENTS
from ..originals import BUILTINS, CLOCK
from ..recording.event import RecordedEvent, death_report, encode
from ..recording.identifier import http_date
from ..recording.recorder import Recorder
from ..settings import Settings
from ..spool.outbox import Outbox
from ..version import VERSION
from .answer import Outcome, Verdict, judge
from .batch import array_overhead, make_body
from .retry import RetrySchedule
from .state import DeliveryState
from .transport import Transport, TransportError

__builtins__ = BUILTINS

#: Seconds in which the cells of one "Run All" gather in one request.
_LINGER = 0.05
#: Seconds between looks at what dead kernels left.
_ADOPTION_INTERVAL = 60.0
#: Seconds between attempts to start the thread where the system refuses one.
_THREAD_INTERVAL = 60.0
#: Seconds between calls of fsync while the server takes nothing.
_SYNC_INTERVAL = 5.0
#: Bytes of events that one request may hold.
_BATCH_BYTES = MAXIMUM_BODY_BYTES - array_overhead(1)


class Sender:
    """Moves events from the recorder to the outbox at once, and from there to the server.

    The outbox belongs to the thread, except that `rescue` may take it over at the process's end
    while a request hangs; `_outbox_lock` is never held during a request.
    """

    def __init__(
        self,
        recorder: Recorder,
        outbox: Outbox,
        transport: Transport,
        settings: Callable[[], Settings],
        tell_long_runs: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.state = DeliveryState()
        self._recorder = recorder
        self._outbox = outbox
        self._transport = transport
        self._settings = settings
        #: Records what only the time tells; seconds until it should be asked again.
        self._tell_long_runs = tell_long_runs
        self._next_look: float | None = None
        self._schedule = RetrySchedule(Random().random)
        self._next_attempt = 0.0
        self._next_adoption = CLOCK.monotonic() + _ADOPTION_INTERVAL
        self._next_sync = 0.0
        self._batch_limit = MAXIMUM_EVENTS
        self._may_compress = True
        self._has_new_settings = False
        self._outbox_lock = Lock()
        self._is_outbox_gone = False
        self._is_closing = False
        #: Ends a pause when the closing begins.
        self._closing: SimpleQueue[None] = SimpleQueue()
        self._deadline = 0.0
        self._thread = Thread(target=self._run, name="progressbus", daemon=True)
        self._is_started = False
        self._next_start = 0.0

    def keep_running(self) -> None:
        """Start the thread unless it is; again after a while where the system gives none.

        Never raises: without the thread, `rescue` brings to disk what was recorded.
        """
        if self._is_started or CLOCK.monotonic() < self._next_start:
            return
        self._next_start = CLOCK.monotonic() + _THREAD_INTERVAL
        try:
            self._thread.start()
        except Exception as error:  # RuntimeError at a limit of processes, and where none can be.
            self.state.missing_thread = str(error) or type(error).__name__
        else:
            self._is_started = True
            self.state.missing_thread = ""

    def settings_changed(self) -> None:
        """Try at once with the new settings. Any thread; never blocks."""
        self._has_new_settings = True
        self._recorder.wake()

    def begin_close(self, grace: float) -> None:
        """Send or keep what there is within `grace` seconds, then end. Never blocks."""
        self._deadline = CLOCK.monotonic() + grace
        self._is_closing = True
        self._closing.put(None)
        self._recorder.wake()

    def join(self, timeout: float) -> bool:
        """Wait for the end of the thread, at most `timeout` seconds; whether it came."""
        if not self._is_started:
            return False
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def rescue(self, timeout: float) -> None:
        """Bring what is in memory to disk from the calling thread: the sender's own hangs."""
        if self._outbox_lock.acquire(timeout=timeout):
            try:
                if not self._is_outbox_gone:
                    self._collect(self._settings())
                    self._outbox.sync()
                    self._outbox.close()
                    self._is_outbox_gone = True
            finally:
                self._outbox_lock.release()

    def abandon(self) -> None:
        """In a forked child, which has no such thread: let go of files and connection."""
        self._outbox.abandon()
        # The thread may have been in the middle of a request when the process forked.
        with suppress(Exception):
            self._transport.close()

    def _run(self) -> None:
        # At once for what an earlier kernel left.
        self._guarded(self._turn)
        while not self._is_closing:
            self._recorder.wait(self._idle_seconds())
            self._guarded(self._turn)
        # Once more for what came while the last turn was busy.
        self._guarded(self._turn)
        self._guarded(self._finish)

    def _guarded(self, step: Callable[[], None]) -> None:
        """A fault of ours must not end the thread: what is recorded later still has to be kept."""
        try:
            step()
        except Exception as error:
            self._fail(Verdict(Outcome.LATER, f"{type(error).__name__}: {error}"))

    def _turn(self) -> None:
        wait = self._tell_long_runs()
        self._next_look = None if wait is None else CLOCK.monotonic() + wait
        settings = self._settings()
        if self._has_new_settings:
            self._has_new_settings = False
            self._schedule.succeed()
            self._next_attempt = 0.0
            self._may_compress = True
        if not settings.is_complete:
            return
        with self._outbox_lock:
            if self._is_outbox_gone:
                return
            self._collect(settings)
            self._look_after_disk()
        if not self._outbox.pending or CLOCK.monotonic() < self._next_attempt:
            return
        with suppress(Empty):
            self._closing.get(timeout=_LINGER)
        while self._is_due():
            with self._outbox_lock:
                self._collect(settings)
                lines = self._outbox.peek(self._batch_limit, _BATCH_BYTES)
            if not lines:
                return
            self._apply(lines, self._attempt(settings, lines))
            settings = self._settings()
            if not settings.is_complete:
                return

    def _is_due(self) -> bool:
        now = CLOCK.monotonic()
        return (
            not self._is_outbox_gone
            and self._outbox.pending > 0
            and now >= self._next_attempt
            and not (self._is_closing and now >= self._deadline)
        )

    def _collect(self, settings: Settings) -> None:
        """Move what was recorded to the outbox. Needs the lock."""
        if settings.url is None or settings.student is None:
            return
        lines: list[bytes] = []
        described: RecordedEvent | None = None
        try:
            while True:
                recorded = self._recorder.take()
                event = None if recorded is None else recorded.bound(settings)
                student = event.settings.student if event else None
                if lines and (student != self._outbox.student or len(lines) >= MAXIMUM_EVENTS):
                    self._outbox.append(lines)
                    lines = []
                self._outbox.point_at(
                    settings.spool_dir,
                    settings.url,
                    student or settings.student,
                    settings.spool_limit,
                )
                if event is None:
                    return
                lines.append(encode(event))
                described = event
        finally:
            # Whatever stopped the rest.
            if lines:
                self._outbox.append(lines)
            if described is not None:
                self._outbox.describe(death_report(described))

    def _look_after_disk(self) -> None:
        now = CLOCK.monotonic()
        if now >= self._next_adoption:
            self._next_adoption = now + _ADOPTION_INTERVAL
            self._outbox.adopt()
        # While the server takes events they leave the disk sooner than they would reach it.
        if self._schedule.failures and self._outbox.pending and now >= self._next_sync:
            self._next_sync = now + _SYNC_INTERVAL
            self._outbox.sync()

    def _attempt(self, settings: Settings, lines: list[bytes]) -> Verdict:
        assert settings.url is not None
        body = make_body(lines, self._may_compress)
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": f"progressbus-python/{VERSION}",
            # By this the server tells events that had to wait from those of a wrong clock.
            "Date": http_date(CLOCK.unix_nanoseconds()),
        }
        if body.is_compressed:
            headers["Content-Encoding"] = "gzip"
        token = settings.current_token
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        timeout = settings.timeout
        if self._is_closing:
            timeout = min(timeout, max(0.05, self._deadline - CLOCK.monotonic()))
        try:
            answer = self._transport.post(settings.url, headers, body.content, timeout)
        except TransportError as error:
            return Verdict(Outcome.LATER, str(error))
        return judge(answer, len(lines), body.is_compressed, CLOCK.unix_seconds())

    def _apply(self, lines: list[bytes], verdict: Verdict) -> None:
        if verdict.outcome is Outcome.UNCOMPRESSED:
            self._may_compress = False
        elif verdict.outcome is Outcome.FEWER and len(lines) > 1:
            self._batch_limit = len(lines) // 2
        elif verdict.outcome is Outcome.FEWER:
            self._settle(lines, {0: verdict.reason})
        elif verdict.outcome is Outcome.DONE:
            self._settle(lines, verdict.rejected)
            self._batch_limit = min(MAXIMUM_EVENTS, self._batch_limit * 2)
            self._schedule.succeed()
            self.state.trouble = ""
            self.state.is_held = False
            self.state.next_attempt_at = None
        else:
            self._fail(verdict)

    def _settle(self, lines: list[bytes], rejected: Mapping[int, str]) -> None:
        with self._outbox_lock:
            if self._is_outbox_gone:
                return
            for index, reason in rejected.items():
                self._outbox.set_aside(lines[index], reason)
                self.state.last_set_aside_reason = reason
            self._outbox.acknowledge(lines)
        self.state.set_aside += len(rejected)
        self.state.sent += len(lines) - len(rejected)
        self.state.last_sent_at = CLOCK.unix_seconds()

    def _fail(self, verdict: Verdict) -> None:
        wait = self._schedule.wait_after_failure(verdict.retry_after)
        self._next_attempt = CLOCK.monotonic() + wait
        self.state.trouble = verdict.reason
        self.state.is_held = verdict.outcome is Outcome.HELD
        self.state.next_attempt_at = CLOCK.unix_seconds() + wait

    def _idle_seconds(self) -> float:
        seconds = _ADOPTION_INTERVAL
        if self._settings().is_complete and self._outbox.pending:
            seconds = min(seconds, max(0.0, self._next_attempt - CLOCK.monotonic()))
        if self._next_look is not None:
            seconds = min(seconds, max(0.0, self._next_look - CLOCK.monotonic()))
        return seconds

    def _finish(self) -> None:
        with self._outbox_lock:
            if not self._is_outbox_gone:
                if self._outbox.pending:
                    self._outbox.sync()
                self._outbox.close()
                self._is_outbox_gone = True
        self._transport.close()
