"""A bounded queue of events in one append-only NDJSON file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..limits import MAXIMUM_EVENT_BYTES
from ..originals import BUILTINS, OS
from .file_lock import FileLock, delete

__builtins__ = BUILTINS

os = OS

LOCK_SUFFIX = ".lock"
EVENTS_SUFFIX = ".ndjson"

#: An overflow frees this part of the file at once, so that it is not rewritten for every event.
_FREED_PART = 8


class FileSpool:
    """Lines that survive their process. For one thread at a time; other processes keep off.

    `<name>.ndjson` holds the lines, `<name>.lock` the lock and how many bytes of them were sent. A
    crash between two steps can repeat lines, never lose one: the events' ids make that harmless.
    Every method but `abandon` raises `OSError` when the file system fails.
    """

    def __init__(self, path: Path, lock: FileLock, descriptor: int, limit: int) -> None:
        self.path = path
        self._lock = lock
        self._descriptor = descriptor
        self._limit = limit
        self._size = 0
        #: Offset of the first unsent line.
        self._head = 0
        #: Lines from `_head` on.
        self.pending = 0
        #: Lines given up because the file was full.
        self.dropped = 0
        #: Lines that a crash left unreadable.
        self.damaged = 0
        self._is_synced = True

    @classmethod
    def open(cls, folder: Path, name: str, limit: int, create: bool = True) -> FileSpool | None:
        """The spool `name` in `folder`, or None when another process owns it or it is gone."""
        lock = FileLock.acquire(folder / (name + LOCK_SUFFIX), create)
        if lock is None:
            return None
        path = folder / (name + EVENTS_SUFFIX)
        try:
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
            descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
        except BaseException:
            lock.release(remove=False)
            raise
        spool = cls(path, lock, descriptor, limit)
        try:
            spool._recover()
        except BaseException:
            spool.abandon()
            raise
        return spool

    @property
    def pending_bytes(self) -> int:
        """Bytes of unsent lines."""
        return self._size - self._head

    def append(self, lines: Sequence[bytes]) -> None:
        """Add `lines`, which hold no line break; the oldest go when there is no room."""
        data = b"".join(line + b"\n" for line in lines)
        if len(data) > self._limit:
            kept = _newest_within(lines, self._limit)
            self.dropped += len(lines) - len(kept)
            lines, data = kept, b"".join(line + b"\n" for line in kept)
        if self._size + len(data) > self._limit:
            self._make_room(len(data))
        try:
            self._write_at(self._size, data)
        except OSError:
            # Take back what a full disk kept of it.
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(data)
        self.pending += len(lines)
        self._is_synced = False

    def peek(self, maximum_events: int, maximum_bytes: int) -> list[bytes]:
        """The oldest unsent lines: one at least if there is any, `maximum_bytes` in all.

        Each line counts one byte more than it has, for what separates it from the next.
        """
        data = self._read_at(self._head, min(maximum_bytes, self.pending_bytes))
        end = data.rfind(b"\n") + 1
        if end == 0 and self.pending_bytes:
            data = self._read_at(self._head, self.pending_bytes)
            end = data.find(b"\n") + 1
        return data[:end].split(b"\n", maximum_events)[:-1][:maximum_events]

    def acknowledge(self, lines: Sequence[bytes]) -> None:
        """Forget `lines`, which `peek` gave."""
        self._advance(sum(len(line) + 1 for line in lines), len(lines))

    def sync(self) -> None:
        """Make what is unsent survive a power cut, too."""
        if not self._is_synced:
            os.fsync(self._descriptor)
            self._is_synced = True

    def close(self) -> None:
        """Leave the unsent lines to the next kernel; without any, remove the files."""
        is_empty = self.pending == 0
        os.close(self._descriptor)
        self._descriptor = -1
        if is_empty:
            delete(self.path)
        self._lock.release(remove=is_empty)

    def abandon(self) -> None:
        """Close this process's handles and touch nothing else. Never raises."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
        self._lock.abandon()

    def _recover(self) -> None:
        """Find the unsent lines that another process left; a line begun but not ended goes."""
        delete(self._replacement)
        self._size = os.fstat(self._descriptor).st_size
        if self._size == 0:
            return
        data = self._read_at(0, self._size)
        end = data.rfind(b"\n") + 1
        if end < self._size:
            self.damaged += 1
            os.ftruncate(self._descriptor, end)
            self._size = end
        head = self._lock.read_number()
        is_at_line = 0 < head <= end and data[head - 1 : head] == b"\n"
        self._head = head if is_at_line else 0
        self.pending = data.count(b"\n", self._head, end)

    def _advance(self, byte_count: int, line_count: int) -> None:
        self._head += byte_count
        self.pending -= line_count
        if self._head == self._size:
            # The number first: were it left behind, it would hide what is written next.
            self._lock.write_number(0)
            os.ftruncate(self._descriptor, 0)
            self._head = self._size = 0
        else:
            self._lock.write_number(self._head)

    def _make_room(self, byte_count: int) -> None:
        excess = self.pending_bytes + byte_count - self._limit
        if excess > 0:
            self._drop_oldest(max(excess, self._limit // _FREED_PART))
        if self._head > 0:
            self._compact()

    def _drop_oldest(self, byte_count: int) -> None:
        byte_count = min(byte_count, self.pending_bytes)
        # A line is at most this long, so the end of the last one to go is in this piece.
        data = self._read_at(
            self._head, min(self.pending_bytes, byte_count + MAXIMUM_EVENT_BYTES + 1)
        )
        end = data.find(b"\n", byte_count - 1) + 1 or len(data)
        count = data.count(b"\n", 0, end)
        self.dropped += count
        self._advance(end, count)

    def _compact(self) -> None:
        """Rewrite the file without what was sent."""
        data = self._read_at(self._head, self.pending_bytes)
        replacement = self._replacement
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(replacement, flags | getattr(os, "O_BINARY", 0), 0o600)
        old, self._descriptor = self._descriptor, descriptor
        try:
            self._write_at(0, data)
            self._lock.write_number(0)
            if os.name == "nt":
                # Windows replaces no open file.
                os.close(descriptor)
                os.close(old)
                os.replace(replacement, self.path)
                self._descriptor = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0))
            else:
                os.replace(replacement, self.path)
                os.close(old)
        except OSError:
            self._descriptor = old
            os.close(descriptor)
            delete(replacement)
            raise
        self._head, self._size = 0, len(data)

    @property
    def _replacement(self) -> Path:
        return self.path.with_suffix(".tmp")

    def _read_at(self, offset: int, byte_count: int) -> bytes:
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        pieces = []
        while byte_count > 0:
            piece = os.read(self._descriptor, byte_count)
            if not piece:
                break
            pieces.append(piece)
            byte_count -= len(piece)
        return b"".join(pieces)

    def _write_at(self, offset: int, data: bytes) -> None:
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]


def _newest_within(lines: Sequence[bytes], limit: int) -> list[bytes]:
    kept: list[bytes] = []
    room = limit
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    kept.reverse()
    return kept
