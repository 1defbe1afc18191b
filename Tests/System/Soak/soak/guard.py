"""Ends what a soak leaves behind, even when the soak itself was killed.

Every process of a soak works in a folder below the soak's own, and keeps it there: PostgreSQL's
backends, which leave their parent's session, as well. So one look through /proc finds them all.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path


def processes_in(folder: Path) -> list[int]:
    """Processes whose working folder is `folder` or below it."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            # Gone meanwhile, or another user's.
            with suppress(OSError):
                # What Linux adds to the name of a folder that was removed.
                place = os.readlink(f"/proc/{entry}/cwd").removesuffix(" (deleted)")
                if Path(place).is_relative_to(folder):
                    found.append(int(entry))
    return found


def end_all(folder: Path, seconds: float = 20) -> list[int]:
    """Kills until nothing is left. Returns what was still there after `seconds`."""
    deadline = time.monotonic() + seconds
    while (left := processes_in(folder)) and time.monotonic() < deadline:
        for process in left:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)
    return left


def start(folder: Path) -> subprocess.Popen:
    """Starts a guard for `folder`. It acts when the pipe to it ends, which no death can prevent."""
    return subprocess.Popen(
        [sys.executable, "-B", str(Path(__file__).resolve()), str(folder)],
        stdin=subprocess.PIPE, cwd="/", start_new_session=True)


if __name__ == "__main__":
    watched = Path(sys.argv[1])
    sys.stdin.buffer.read()
    end_all(watched)
    shutil.rmtree(watched, ignore_errors=True)
