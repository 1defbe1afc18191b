"""Which messages the learner has been shown, on disk, so that each is shown once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..originals import BUILTINS, CLOCK, OS

__builtins__ = BUILTINS

os = OS

#: Seconds; the server gives nothing out that is half as old.
_KEPT = 48 * 3600.0


class ShownMessages:
    """One empty file a message, beside the spools of the learner's kernels.

    To make the file is to take the message: of two kernels that got it, one shows it. Any thread;
    where no file can be made, this kernel remembers.
    """

    def __init__(self) -> None:
        self._memory: set[str] = set()

    def contains(self, folder: Path, identifier: str) -> bool:
        """Whether some kernel of the learner has shown it."""
        return identifier in self._memory or os.path.exists(folder / identifier)

    def take(self, folder: Path, identifier: str) -> bool:
        """Note that it is being shown; whether it was not yet."""
        if identifier in self._memory:
            return False
        self._memory.add(identifier)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            os.close(os.open(folder / identifier, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        except OSError:
            return True
        return True

    def give_back(self, folder: Path, identifier: str) -> None:
        """It could not be shown."""
        self._memory.discard(identifier)
        with suppress(OSError):
            os.unlink(folder / identifier)

    def forget_old(self, folder: Path) -> None:
        """Delete what nobody asks for any more."""
        now = CLOCK.unix_seconds()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    if now - entry.stat().st_mtime > _KEPT:
                        os.unlink(entry.path)
