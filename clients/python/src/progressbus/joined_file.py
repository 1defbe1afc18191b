"""What a learner who joined by a code was given, for the learner's next kernels."""

from __future__ import annotations

from dataclasses import dataclass
from json import dumps, loads
from pathlib import Path
from uuid import uuid4

from .delivery.endpoint import Endpoint
from .originals import BUILTINS, CLOCK, OS
from .setting_values import SettingError, parse_token

__builtins__ = BUILTINS

os = OS

_NAME = "joined.json"
_MAXIMUM_BYTES = 16 * 1024


@dataclass(frozen=True)
class Joined:
    """A learner's place in a course, until a moment."""

    url: Endpoint
    course: str
    student: str
    student_name: str
    #: None where the server asks nobody for one.
    token: str | None
    #: Unix time.
    ends_at: float


def keep(folder: Path, joined: Joined) -> None:
    """Write `joined` where only the learner's account can read it. Raises `OSError`."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    content = dumps({**vars(joined), "url": str(joined.url)}).encode()
    path = folder / f"{_NAME}.{uuid4().hex}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
    os.replace(path, folder / _NAME)


def kept(folder: Path) -> Joined | None:
    """What was written last; none when there is nothing, it has ended, or it cannot be read."""
    try:
        descriptor = os.open(folder / _NAME, os.O_RDONLY)
        try:
            content = os.read(descriptor, _MAXIMUM_BYTES)
        finally:
            os.close(descriptor)
        joined = read(loads(content))
    except (OSError, ValueError):
        return None
    return joined if joined is not None and joined.ends_at > CLOCK.unix_seconds() else None


def read(value: object) -> Joined | None:
    """A `Joined` of its parts; none when one is missing or wrong."""
    if not isinstance(value, dict):
        return None
    texts = [value.get(name) for name in ("course", "student", "student_name")]
    ends_at, token = value.get("ends_at"), value.get("token")
    if not isinstance(ends_at, (int, float)):
        return None
    course, student, name = (text if isinstance(text, str) else "" for text in texts)
    if not course or not student or not name:
        return None
    try:
        url = Endpoint.parse(str(value.get("url")))
        token = None if token is None else parse_token(str(token))
    except (ValueError, SettingError):
        return None
    return Joined(url, course, student, name, token, float(ends_at))
