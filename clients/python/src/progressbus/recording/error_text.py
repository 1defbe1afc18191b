"""An exception's class and message, without running any code of the exception's own.

Learners write `__str__`, `__repr__` and metaclasses. They can take seconds, print, or raise, and
the kernel has run them already, so the client must not run them again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..originals import BUILTINS

__builtins__ = BUILTINS

# The types' own descriptors: a metaclass can answer for `cls.__name__`, not for these.
_name_of = type.__dict__["__name__"].__get__
_ancestors_of = type.__dict__["__mro__"].__get__
_variables_of = type.__dict__["__dict__"].__get__
_arguments_of = BaseException.__dict__["args"].__get__

#: Python makes a text of these by itself.
_PLAIN_TYPES = (str, int, float, bool, type(None))
#: The methods that put an exception's arguments into words and nothing else.
_PLAIN_METHODS = tuple(
    each.__dict__["__str__"]
    for each in (BaseException, getattr(BUILTINS, "BaseExceptionGroup", None))
    if each is not None
)

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: Characters of a traceback's part in which the message is looked for.
_SEARCHED_LENGTH = 65_536


def is_exception(error: Any) -> bool:
    """Whether `error` is one, whatever its `__class__` claims."""
    return issubclass(type(error), BaseException)


def class_name(error: BaseException) -> str:
    """The name of the exception's class."""
    return str(_name_of(type(error)))


def message(error: BaseException, shown: Sequence[str]) -> str | None:
    """The message, or None where only the exception itself could tell.

    `shown` is the traceback that the kernel made, in parts; empty where it made none.
    """
    if _is_plain(error):
        try:
            return str(error)
        except ValueError:  # An integer of more digits than Python puts into words.
            return None
    return _message_in(shown, class_name(error))


def _is_plain(error: BaseException) -> bool:
    method = next(
        variables["__str__"]
        for variables in map(_variables_of, _ancestors_of(type(error)))
        if "__str__" in variables
    )
    arguments = _arguments_of(error)
    if method is not _PLAIN_METHODS[0]:
        # A group's text is its first argument and a number.
        arguments = arguments[:1]
    return method in _PLAIN_METHODS and all(type(each) in _PLAIN_TYPES for each in arguments)


def _message_in(shown: Sequence[str], name: str) -> str | None:
    """What follows the class in the last part of a traceback that begins a line with it."""
    line = re.compile(rf"^{re.escape(name)}(?:: ?(?P<message>.*))?\Z", re.MULTILINE | re.DOTALL)
    for part in reversed(shown):
        match = line.search(_COLOUR.sub("", part[:_SEARCHED_LENGTH]))
        if match is not None:
            return (match["message"] or "").rstrip("\n")
    return None
