"""The errors that IPython shows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from threading import local
from typing import Any, Callable

from ..originals import BUILTINS
from .error_text import is_exception

__builtins__ = BUILTINS


@dataclass(frozen=True)
class ShownError:
    """An error on its way to the learner."""

    error: BaseException
    #: The traceback as IPython made it, in parts; empty where Python printed its own.
    traceback: Sequence[str]
    #: The stream of `sys` that it is printed to; None if it goes to the front end by itself, past
    #: `%%capture` and the like.
    stream: str | None


class ErrorDisplay:
    """Watches the two methods through which a shell shows every error.

    A cell's result does not tell: `%run`, `%%capture`, a nested `run_cell`, an object whose `repr`
    fails and anybody who calls `showtraceback` show an error in a cell that ends well. All of them
    come by `_showtraceback`, except a usage error and an exception group, which `showtraceback`
    prints itself.
    """

    def __init__(self, shell: Any, note: Callable[[ShownError], None], is_kernel: bool) -> None:
        self._shell = shell
        self._note = note
        # A kernel sends tracebacks to the front end, other shells print them.
        self._stream = None if is_kernel else "stdout"
        self._local = local()
        self._watchers: dict[str, Callable[..., Any]] = {}
        self._replaced: dict[str, Any] = {}
        self._is_watching = True
        self.watch()

    def watch(self) -> None:
        """Take the methods' places; again where somebody else has taken them since."""
        methods = vars(self._shell)
        for name, make in (
            ("_showtraceback", self._watch_traceback),
            ("showtraceback", self._watch_call),
        ):
            present = methods.get(name)
            if present is None or present is not self._watchers.get(name):
                self._replaced[name] = present
                # A new one every time: the present one may call the former.
                self._watchers[name] = make(self._callable(name, present))
                setattr(self._shell, name, self._watchers[name])

    def stop(self) -> None:
        """Give the places back, unless somebody builds on the watchers; then they do nothing."""
        self._is_watching = False
        for name, watcher in self._watchers.items():
            if vars(self._shell).get(name) is watcher:
                if self._replaced[name] is None:
                    delattr(self._shell, name)
                else:
                    setattr(self._shell, name, self._replaced[name])

    def _callable(self, name: str, present: Any) -> Callable[..., Any]:
        if present is not None:
            return present  # type: ignore[no-any-return]
        shell = self._shell

        def method(*arguments: Any, **named: Any) -> Any:
            # Looked up with every call: it may be replaced in the class, too.
            return getattr(type(shell), name)(shell, *arguments, **named)

        return method

    def _watch_traceback(self, show: Callable[..., Any]) -> Callable[..., Any]:
        def _showtraceback(etype: Any, evalue: Any, stb: Any, **named: Any) -> Any:
            self._noted(evalue, stb, self._stream)
            return show(etype, evalue, stb, **named)

        return _showtraceback

    def _watch_call(self, show: Callable[..., Any]) -> Callable[..., Any]:
        def showtraceback(*arguments: Any, **named: Any) -> Any:
            error = _shown_by(arguments[0] if arguments else named.get("exc_tuple"))
            self._local.has_shown = False
            try:
                return show(*arguments, **named)
            finally:
                if not self._local.has_shown:
                    self._noted(error, (), "stderr")

        return showtraceback

    def _noted(self, error: Any, traceback: Any, stream: str | None) -> None:
        self._local.has_shown = True
        if self._is_watching and is_exception(error):
            parts = [part for part in traceback if type(part) is str] if traceback else []
            self._note(ShownError(error, parts, stream))


def _shown_by(exc_tuple: Any) -> Any:
    """What `showtraceback` is going to show."""
    if type(exc_tuple) is tuple and len(exc_tuple) == 3:
        return exc_tuple[1]
    current = sys.exc_info()[1]
    # As `%tb` shows the latest once more.
    return getattr(sys, "last_value", None) if current is None else current
