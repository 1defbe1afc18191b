"""`%progressbus`: the one place where the client speaks to the learner."""

from __future__ import annotations

from shlex import split
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class

from .joining import JoinError
from .originals import BUILTINS
from .setting_values import SettingError, parse_endpoint
from .settings import SETTING_NAMES
from .status import describe

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .client import Client

__builtins__ = BUILTINS

_USAGE = f"""\
%progressbus join CODE NAME        join the class with the code that your teacher shows
%progressbus help                  ask your teacher for help
%progressbus done                  take that back
%progressbus messages              what your teachers have sent you
%progressbus status                what is sent where, and how it goes
%progressbus configure NAME=VALUE  change settings: {", ".join(SETTING_NAMES)}"""

_JOIN = 'Write the code and your name: %progressbus join soup-river-42 "Ann"'


@magics_class
class ProgressBusMagics(Magics):
    """The line magic; every answer is printed, no input raises."""

    NAME = "progressbus"

    def __init__(self, shell: InteractiveShell, client: Client) -> None:
        super().__init__(shell)
        self._client = client

    @line_magic(NAME)
    def progressbus(self, line: str) -> None:
        """Ask for help, look at the delivery, change settings."""
        command, _, rest = line.strip().partition(" ")
        actions: dict[str, Any] = {
            "join": self._join,
            "help": self._help,
            "done": self._done,
            "messages": self._messages,
            "status": self._status,
            "configure": self._configure,
        }
        action = actions.get(command)
        if action is None:
            print(_USAGE if not command else f"There is no %progressbus {command}.\n{_USAGE}")
        elif rest.strip() and command not in ("configure", "join"):
            print(f"%progressbus {command} takes nothing more.")
        else:
            action(rest)

    def _join(self, rest: str) -> None:
        try:
            code, *words = split(rest)
            url = parse_endpoint(words.pop()) if words and "://" in words[-1] else None
        except (ValueError, SettingError) as error:
            # Too few words, or a quote without its other.
            wrong = isinstance(error, SettingError) or rest.strip()
            print(f"You have not joined: {error}." if wrong else f"You have not joined.\n{_JOIN}")
            return
        if not words:
            print(f"You have not joined: your name is missing.\n{_JOIN}")
            return
        try:
            self._client.join(code, " ".join(words), url)
        except JoinError as error:
            print(f"You have not joined: {error}.")
            return
        settings = self._client.settings
        print(f"You have joined {settings.course} as {settings.student_name}.")

    def _help(self, _: str) -> None:
        self._client.record("help")
        self._confirm("Your teacher will see that you ask for help.")

    def _done(self, _: str) -> None:
        self._client.record("help_stop")
        self._confirm("Your teacher will see that you need no more help.")

    def _messages(self, _: str) -> None:
        earlier = self._client.inbox.recent
        for message in earlier:
            print(message.plain())
        self._client.show_messages(lambda message: print(message.plain()))
        if not earlier and not self._client.inbox.recent:
            print("There are no messages for you.")

    def _confirm(self, text: str) -> None:
        if not self._client.settings.is_complete:
            print("ProgressBus does not know yet where to send this: see %progressbus status.")
        elif self._client.state.trouble:
            print(
                f"{text} The server cannot be reached right now; it will be told as soon as it can."
            )
        else:
            print(text)

    def _status(self, _: str) -> None:
        print(describe(self._client))

    def _configure(self, rest: str) -> None:
        try:
            words = split(rest)
        except ValueError as error:
            print(f"Nothing changed: {error}.")
            return
        assignments = {}
        for word in words:
            name, equals, value = word.partition("=")
            if not equals:
                # Only the name: a value that lost its `=` may be a secret.
                print("Nothing changed: write NAME=VALUE, without spaces around the `=`.")
                return
            assignments[name.lower()] = value
        if not assignments:
            print(f"The settings: {', '.join(SETTING_NAMES)}.")
            return
        try:
            self._client.configure(assignments)
        except SettingError as error:
            print(f"Nothing changed: {error}.")
            return
        print(describe(self._client))
