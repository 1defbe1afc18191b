"""A file that is found again after it was renamed or moved."""

from __future__ import annotations

import sys
from contextlib import suppress
from os import O_RDONLY, close, fsdecode, fstat, getcwd, open, readlink
from os import path as os_path
from pathlib import PurePath

from ..originals import BUILTINS

__builtins__ = BUILTINS

if sys.platform == "linux":
    from os import O_CLOEXEC, O_NOFOLLOW, O_PATH

    # Names the file without opening it for anything.
    _FLAGS = O_PATH | O_NOFOLLOW | O_CLOEXEC

    def _path_of(descriptor: int) -> str:
        return readlink(f"/proc/self/fd/{descriptor}")

elif sys.platform == "darwin":
    from fcntl import fcntl

    #: O_EVTONLY, which keeps no disk from being ejected.
    _FLAGS = 0x8000
    _F_GETPATH = 50

    def _path_of(descriptor: int) -> str:
        return fsdecode(fcntl(descriptor, _F_GETPATH, bytes(1024)).rstrip(b"\0"))

else:
    # Windows lets nobody rename a file that is held open.
    _FLAGS = O_RDONLY

    def _path_of(_: int) -> str:
        raise OSError("not on this system")


class FollowedFile:
    """Knows a file's path for as long as it can be had.

    Nobody tells a kernel that its notebook was renamed: Jupyter Server corrects the variable in the
    environment of the next kernel only. The system knows the present path of whatever is open, and
    tells it from memory, in microseconds, also where the file is on another machine.
    """

    def __init__(self, path: str) -> None:
        """`path` may be relative to a folder that only its sender knows."""
        self._path = path
        self._descriptor = -1
        self._resolved = ""
        self._identity: tuple[int, int] | None = None
        self._open(path if os_path.isabs(path) else _in_current_folder(path))

    @property
    def path(self) -> str:
        """The latest path that is known, in the form of the first."""
        if self._descriptor >= 0:
            with suppress(OSError):
                resolved = _path_of(self._descriptor)
                if resolved != self._resolved:
                    self._changed(resolved)
        return self._path

    def close(self) -> None:
        """Follow it no longer."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):
                close(descriptor)

    def _open(self, path: str) -> None:
        with suppress(OSError, ValueError):
            descriptor = open(path, _FLAGS)
            try:
                resolved = _path_of(descriptor)
                self._identity = _identity(descriptor)
            except OSError:
                close(descriptor)
                raise
            self.close()
            self._descriptor, self._resolved = descriptor, resolved

    def _changed(self, resolved: str) -> None:
        if _identity(self._descriptor) != self._identity:
            # A cell closed all files; the number is another file's by now, and not ours to close.
            self._descriptor = -1
        elif resolved.endswith(" (deleted)") or not os_path.lexists(resolved):
            # Deleted, or replaced by a program that saves into a new file.
            self._open(self._resolved)
        else:
            self._path = _moved(self._path, self._resolved, resolved)
            self._resolved = resolved


def _identity(descriptor: int) -> tuple[int, int]:
    status = fstat(descriptor)
    return status.st_dev, status.st_ino


def _in_current_folder(path: str) -> str:
    """Where a kernel finds its notebook at the start: beside itself."""
    try:
        return os_path.join(getcwd(), os_path.basename(path))
    except OSError:
        return path


def _moved(path: str, resolved: str, now: str) -> str:
    """`now` as the sender of `path` would call it, who called `resolved` so.

    The two differ where the sender starts from another folder or goes by a symbolic link.
    """
    before, real = PurePath(path).parts, PurePath(resolved).parts
    shared = 0
    while shared < min(len(before), len(real)) and before[-1 - shared] == real[-1 - shared]:
        shared += 1
    with suppress(ValueError):
        rest = PurePath(now).relative_to(PurePath(*real[: len(real) - shared]))
        return str(PurePath(*before[: len(before) - shared], rest))
    return now
