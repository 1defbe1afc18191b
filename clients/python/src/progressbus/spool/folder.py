"""The folder in which kernels leave each other their unsent events."""

from __future__ import annotations

from hashlib import sha256
from json import loads
from pathlib import Path

from ..delivery.endpoint import Endpoint
from ..limits import MAXIMUM_EVENT_BYTES
from ..originals import BUILTINS, CLOCK, OS
from ..recording.event import dated
from .file_spool import LOCK_SUFFIX, FileSpool

__builtins__ = BUILTINS

os = OS

DEATH_REPORT_SUFFIX = ".kernel"


def destination_folder(root: Path, endpoint: Endpoint, student: str) -> Path:
    """The folder for one learner's events to one server; made when it is not there.

    Apart, so that a kernel does not send what others left over to another server than it was
    meant for, nor under another learner's token on a shared account. Raises `OSError`.
    """
    name = sha256(f"{endpoint}\n{student}".encode()).hexdigest()[:20]
    folder = root / name
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def adopt_leftovers(own: FileSpool, limit: int) -> int:
    """Move to `own` what dead kernels left in its folder; the number of events.

    Takes a spool only whole and only while `own` has room for it. Raises `OSError`.
    """
    adopted = 0
    for name in _names(own.path.parent):
        if name == own.path.stem:
            continue
        leftover = FileSpool.open(own.path.parent, name, limit, create=False)
        if leftover is None:
            continue
        if own.pending_bytes + leftover.pending_bytes > limit:
            leftover.abandon()
            continue
        lines = leftover.peek(leftover.pending, leftover.pending_bytes)
        if lines:
            whole = [line for line in lines if _is_event(line)]
            own.append(whole)
            # On disk before the original goes.
            own.sync()
            leftover.acknowledge(lines)
            adopted += len(whole)
            own.damaged += len(lines) - len(whole)
        own.damaged += leftover.damaged
        _report_death(own, death_report_path(leftover))
        leftover.close()
    return adopted


def death_report_path(spool: FileSpool) -> Path:
    """The file that is there while a spool's kernel lives, and after it ended without closing."""
    return spool.path.with_suffix(DEATH_REPORT_SUFFIX)


def _report_death(own: FileSpool, path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        death_report = os.read(descriptor, MAXIMUM_EVENT_BYTES)
    finally:
        os.close(descriptor)
    line = dated(death_report, CLOCK.unix_nanoseconds())
    if line is not None:
        own.append([line])
        own.sync()
    os.unlink(path)


def _is_event(line: bytes) -> bool:
    """A power cut can leave zeros or old blocks in a file; one bad line would spoil its batch."""
    try:
        return isinstance(loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _names(folder: Path) -> list[str]:
    """Spools in the order in which they were last touched, so that the oldest go first."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(LOCK_SUFFIX):
                try:
                    found.append((entry.stat().st_mtime, entry.name[: -len(LOCK_SUFFIX)]))
                except FileNotFoundError:
                    continue
    return [name for _, name in sorted(found)]
