"""The unsent events of this kernel, on disk if that can be had."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from json import JSONEncoder
from pathlib import Path

from ..delivery.endpoint import Endpoint
from ..originals import BUILTINS, OS
from .file_spool import FileSpool
from .folder import adopt_leftovers, death_report_path, destination_folder
from .memory_spool import MemorySpool

__builtins__ = BUILTINS

os = OS
_text_of = JSONEncoder().encode

#: Bytes of `set-aside.ndjson`; as much again is kept of what was there before.
_SET_ASIDE_LIMIT = 512 * 1024


class Outbox:
    """A file spool for the current server and learner, with a memory spool behind it.

    No method raises for a file system that fails: then memory takes over, and `trouble` says why.
    For one thread at a time.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._file: FileSpool | None = None
        self._memory = MemorySpool(0)
        self._destination: tuple[Path, Endpoint, str] | None = None
        self._limit = 0
        self._dropped_before = 0
        self._death_report = b""
        #: Why events are not on disk, or None.
        self.trouble: str | None = None
        #: Events that dead kernels had left.
        self.adopted = 0
        #: Unreadable lines that dead kernels had left.
        self.damaged = 0

    @property
    def student(self) -> str | None:
        """Whose events these are."""
        return None if self._destination is None else self._destination[2]

    @property
    def folder(self) -> Path | None:
        """Where the events are, or None while they are in memory."""
        return None if self._file is None else self._file.path.parent

    @property
    def pending(self) -> int:
        """Unsent events."""
        return self._memory.pending + (self._file.pending if self._file else 0)

    @property
    def pending_bytes(self) -> int:
        """Their size."""
        return self._memory.pending_bytes + (self._file.pending_bytes if self._file else 0)

    @property
    def dropped(self) -> int:
        """Events given up because there was no room."""
        current = self._file.dropped if self._file else 0
        return self._dropped_before + self._memory.dropped + current

    def point_at(self, root: Path, endpoint: Endpoint, student: str, limit: int) -> None:
        """Work for this learner and server from now on.

        Unsent events follow their learner to another server: that is how a mistyped address is put
        right. Another learner's events stay where they are, for that learner's next kernel.
        """
        destination = (root, endpoint, student)
        if destination == self._destination and limit == self._limit:
            return
        follows = self.student == student
        previous, self._file = self._file, None
        if limit != self._limit:
            self._replace_memory(limit)
        self._destination, self._limit = destination, limit
        self._open()
        if previous is not None:
            self._leave(previous, follows)
        self.adopt()

    def append(self, lines: Sequence[bytes]) -> None:
        """Keep `lines`."""
        if self._file is not None:
            try:
                self._file.append(lines)
                return
            except OSError as error:
                self._note(error)
        self._memory.append(lines)

    def describe(self, death_report: bytes) -> None:
        """Leave word of this kernel for the next, in case it ends without closing."""
        if self._file is None or death_report == self._death_report:
            return
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            descriptor = os.open(death_report_path(self._file), flags, 0o600)
            try:
                os.write(descriptor, death_report)
            finally:
                os.close(descriptor)
            self._death_report = death_report
        except OSError as error:
            self._note(error)

    def peek(self, maximum_events: int, maximum_bytes: int) -> list[bytes]:
        """The oldest unsent lines."""
        if self._file is not None and self._file.pending:
            try:
                lines = self._file.peek(maximum_events, maximum_bytes)
                if lines:
                    return lines
                raise OSError("somebody else has changed the file")
            except OSError as error:
                # What can still be read of it is for the next kernel.
                self._dropped_before += self._file.dropped
                self.abandon()
                self._note(error)
        return self._memory.peek(maximum_events, maximum_bytes)

    def acknowledge(self, lines: Sequence[bytes]) -> None:
        """Forget `lines`, which the latest `peek` gave."""
        if self._file is None or not self._file.pending:
            self._memory.acknowledge(lines)
        else:
            try:
                self._file.acknowledge(lines)
            except OSError as error:
                self._note(error)

    def adopt(self) -> None:
        """Take over what dead kernels left."""
        if self._file is None:
            return
        damaged_before = self._file.damaged
        try:
            self.adopted += adopt_leftovers(self._file, self._limit)
        except OSError as error:
            self._note(error)
        self.damaged += self._file.damaged - damaged_before

    def sync(self) -> None:
        """Make what is unsent survive a power cut."""
        if self._file is not None:
            try:
                self._file.sync()
            except OSError as error:
                self._note(error)

    def set_aside(self, line: bytes, reason: str) -> None:
        """Keep an event that the server will never take, for whoever looks into it."""
        if self._file is None:
            return
        path = self._file.path.parent / "set-aside.ndjson"
        entry = b'{"reason":%s,"event":%s}\n' % (_text_of(reason).encode(), line)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, entry)
                is_full = os.fstat(descriptor).st_size > _SET_ASIDE_LIMIT
            finally:
                os.close(descriptor)
            if is_full:
                os.replace(path, path.with_name("set-aside.old.ndjson"))
        except OSError as error:
            self._note(error)

    def close(self) -> None:
        """Leave what is unsent to the next kernel."""
        spool, self._file = self._file, None
        if spool is not None:
            try:
                self._withdraw_death_report(spool)
                spool.close()
            except OSError as error:
                spool.abandon()
                self._note(error)

    def abandon(self) -> None:
        """Close this process's handles and touch nothing else. Never raises."""
        spool, self._file = self._file, None
        if spool is not None:
            spool.abandon()

    def _open(self) -> None:
        assert self._destination is not None
        try:
            self._file = FileSpool.open(
                destination_folder(*self._destination), self._name, self._limit
            )
            self.trouble = None if self._file else "another process uses this kernel's spool"
        except OSError as error:
            self._note(error)
        if self._file is not None:
            self.damaged += self._file.damaged

    def _leave(self, previous: FileSpool, follows: bool) -> None:
        self._dropped_before += previous.dropped
        try:
            if follows and previous.pending:
                lines = previous.peek(previous.pending, previous.pending_bytes)
                self.append(lines)
                self.sync()
                previous.acknowledge(lines)
            self._withdraw_death_report(previous)
            previous.close()
        except OSError as error:
            previous.abandon()
            self._note(error)

    def _withdraw_death_report(self, spool: FileSpool) -> None:
        self._death_report = b""
        with suppress(FileNotFoundError):
            os.unlink(death_report_path(spool))

    def _replace_memory(self, limit: int) -> None:
        old, self._memory = self._memory, MemorySpool(limit)
        self._dropped_before += old.dropped
        self._memory.append(old.peek(old.pending, old.pending_bytes))

    def _note(self, error: OSError) -> None:
        self.trouble = f"{type(error).__name__}: {error.strerror or error}"
