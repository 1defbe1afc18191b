"""A token that somebody else keeps fresh in a file, such as a hub that gives out new ones."""

from __future__ import annotations

from pathlib import Path

from .originals import BUILTINS, OS
from .setting_values import SettingError, parse_token

__builtins__ = BUILTINS

os = OS

#: What was read last of each file, and by what it is known that the file is still the same.
_known: dict[Path, tuple[tuple[int, int, int], str | None]] = {}


def token_in(path: Path) -> str | None:
    """The token in the file; none when there is none, or nothing that can be sent in a header."""
    try:
        now = os.stat(path)
        mark = (now.st_mtime_ns, now.st_size, now.st_ino)
        known = _known.get(path)
        if known is not None and known[0] == mark:
            return known[1]
        with open(path, encoding="ascii", errors="replace") as file:
            # A token has at most so many characters, and a line has an end.
            token: str | None = parse_token(file.read(8192 + 2).strip())
    except (OSError, SettingError):
        _known.pop(path, None)
        return None
    _known[path] = (mark, token)
    return token
