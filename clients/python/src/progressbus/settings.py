"""What the client is told: by the environment first, then by `%progressbus configure`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from os import environ
from os.path import expanduser
from pathlib import Path
from typing import Any, Callable

from .delivery.endpoint import Endpoint
from .joined_file import Joined, kept
from .limits import TEXT_LENGTHS
from .originals import BUILTINS
from .setting_values import (
    SettingError,
    parse_byte_count,
    parse_endpoint,
    parse_folder,
    parse_identifier,
    parse_seconds,
    parse_switch,
    parse_token,
)
from .text import clean, composed
from .token_file import token_in

__builtins__ = BUILTINS


@dataclass(frozen=True)
class Settings:
    """All settings at one moment. A change makes a new value, so threads may share one."""

    url: Endpoint | None = None
    token: str | None = field(default=None, repr=False)
    #: A file with the token, where none is set.
    token_file: Path | None = None
    student: str | None = None
    student_name: str | None = None
    course: str | None = None
    team: str | None = None
    notebook: str | None = None
    root: str = field(default_factory=lambda: expanduser("~"))
    code: bool = False
    error_messages: bool = True
    #: Whether checks of exercises are reported.
    exercises: bool = True
    #: Whether messages of teachers are fetched and shown.
    messages: bool = True
    #: Seconds that one request may take in all.
    timeout: float = 10.0
    spool_dir: Path = field(default_factory=lambda: default_spool_dir(environ))
    #: Bytes of unsent events on disk, for each kernel.
    spool_limit: int = 16 * 1024 * 1024

    @property
    def is_complete(self) -> bool:
        """Whether events can be sent: the server and the learner are known."""
        return self.url is not None and self.student is not None

    @property
    def current_token(self) -> str | None:
        """The token of this moment: a file is read again when it has changed."""
        if self.token is not None or self.token_file is None:
            return self.token
        return token_in(self.token_file)


@dataclass(frozen=True)
class _Setting:
    name: str
    parse: Callable[[str], Any]

    @property
    def variable(self) -> str:
        return f"PROGRESSBUS_{self.name.upper()}"


_SETTINGS = {
    setting.name: setting
    for setting in (
        _Setting("url", parse_endpoint),
        _Setting("token", parse_token),
        _Setting("token_file", parse_folder),
        _Setting("student", parse_identifier(TEXT_LENGTHS["student_id"])),
        _Setting("student_name", parse_identifier(TEXT_LENGTHS["student_name"])),
        _Setting("course", parse_identifier(TEXT_LENGTHS["course_id"])),
        _Setting("team", parse_identifier(TEXT_LENGTHS["team"])),
        _Setting("notebook", parse_identifier(TEXT_LENGTHS["notebook_path"])),
        _Setting("root", parse_identifier(4096)),
        _Setting("code", parse_switch),
        _Setting("error_messages", parse_switch),
        _Setting("exercises", parse_switch),
        _Setting("messages", parse_switch),
        _Setting("timeout", parse_seconds),
        _Setting("spool_dir", parse_folder),
        _Setting("spool_limit", parse_byte_count),
    )
}

SETTING_NAMES = tuple(_SETTINGS)


def from_environment(environment: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings of `environment`, and what was wrong with it in words for `%progressbus status`.

    A wrong value counts as absent: loading an extension must not fail in a learner's notebook.
    """
    values: dict[str, Any] = {"spool_dir": default_spool_dir(environment)}
    problems: list[str] = []
    for setting in _SETTINGS.values():
        text = environment.get(setting.variable, "")
        if not text.strip():
            continue
        try:
            values[setting.name] = setting.parse(text.strip())
        except SettingError as error:
            problems.append(f"{setting.variable}: {error}")
    hub_user = environment.get("JUPYTERHUB_USER", "").strip()
    if "student" not in values and hub_user:
        values["student"] = clean(composed(hub_user), TEXT_LENGTHS["student_id"])
    settings = Settings(**values)
    # Who is named by the environment is nobody else because of a code that was typed once.
    if settings.student is None:
        joined = kept(settings.spool_dir)
        if joined is not None and settings.url in (None, joined.url):
            settings = as_joined(settings, joined)
    return settings, problems


def as_joined(settings: Settings, joined: Joined) -> Settings:
    """`settings` of a learner who joined by a code."""
    return replace(
        settings,
        url=joined.url,
        token=joined.token,
        token_file=None,
        student=joined.student,
        student_name=joined.student_name,
        course=joined.course,
    )


def changed(settings: Settings, assignments: Mapping[str, str]) -> Settings:
    """`settings` with `assignments`; an empty text brings the default back.

    Raises `SettingError`, which names the setting; then nothing has changed.
    """
    values: dict[str, Any] = {}
    for name, text in assignments.items():
        setting = _SETTINGS.get(name)
        if setting is None:
            raise SettingError(f"{name}: no such setting; there are {', '.join(SETTING_NAMES)}")
        try:
            values[name] = setting.parse(text) if text else _default(name)
        except SettingError as error:
            raise SettingError(f"{name}: {error}") from None
    return replace(settings, **values)


def default_spool_dir(environment: Mapping[str, str]) -> Path:
    """The platform's folder for state that survives a restart."""
    home = Path(expanduser("~"))
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData/Local") / "progressbus"
    if sys.platform == "darwin":
        return home / "Library/Application Support/progressbus"
    return Path(environment.get("XDG_STATE_HOME") or home / ".local/state") / "progressbus"


def _default(name: str) -> Any:
    definition = next(each for each in fields(Settings) if each.name == name)
    if callable(definition.default_factory):
        return definition.default_factory()
    return definition.default
