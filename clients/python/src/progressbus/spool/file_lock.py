"""A lock that ends with its process, however that ends."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from ..originals import BUILTINS, OS

__builtins__ = BUILTINS

os = OS

if sys.platform == "win32":
    from msvcrt import LK_NBLCK, locking

    # Windows refuses others the locked bytes, so lock some far behind the content.
    _LOCKED_OFFSET = 1 << 30

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_OFFSET, os.SEEK_SET)
        try:
            locking(descriptor, LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    from fcntl import LOCK_EX, LOCK_NB, flock

    def _try_lock(descriptor: int) -> bool:
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return False
        return True


class FileLock:
    """An exclusive lock on a file of its own, whose content is a number: how much was sent."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, path: Path, create: bool) -> FileLock | None:
        """The lock on `path`, or None when another process has it or the file is gone.

        Never waits. Raises `OSError` when the file system refuses.
        """
        flags = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | (os.O_CREAT if create else 0)
        try:
            descriptor = os.open(path, flags, 0o600)
        except FileNotFoundError:
            if create:
                raise
            return None
        try:
            if _try_lock(descriptor) and _is_still(path, descriptor):
                return cls(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def read_number(self) -> int:
        """The stored number; 0 for none or a damaged one."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        text = os.read(self._descriptor, 32)
        return int(text) if text.isdigit() else 0

    def write_number(self, number: int) -> None:
        """Store `number`, always as many bytes, so that one write replaces it whole."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, b"%020d" % number)

    def release(self, remove: bool) -> None:
        """Give the lock up; `remove` also deletes its file."""
        if remove and sys.platform != "win32":
            # Before the unlock, so that nobody locks a file that is about to go.
            delete(self.path)
        self.abandon()
        if remove and sys.platform == "win32":
            delete(self.path)

    def abandon(self) -> None:
        """Close this process's handle; a forked child so leaves the lock to its parent."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def delete(path: Path) -> None:
    """Delete the file unless it is gone. Raises `OSError`."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether `path` still names the locked file: its last owner may have deleted it since."""
    try:
        return bool(os.path.samestat(os.stat(path), os.fstat(descriptor)))
    except FileNotFoundError:
        return False
