from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from progressbus.recording.error_text import class_name, is_exception, message


class Forbidden:
    """Whatever runs here is the learner's."""

    def _fail(self, *_: Any) -> Any:
        raise AssertionError("a learner's method ran")

    __str__ = __repr__ = __hash__ = __bool__ = __len__ = __format__ = _fail
    __class__ = property(_fail)  # type: ignore[assignment]


class Meta(type):
    def _fail(cls, *_: Any) -> Any:
        raise AssertionError("a learner's metaclass ran")

    __getattribute__ = __instancecheck__ = __subclasscheck__ = __call__ = _fail  # type: ignore[assignment]


class Disguised(Forbidden, Exception):
    pass


def test_nothing_of_the_learners_runs() -> None:
    # Made here: pytest would look into it elsewhere.
    error: Any = KeyError(Forbidden())
    assert is_exception(error)
    assert (class_name(error), message(error, [])) == ("KeyError", None)
    error = Disguised("x")
    assert is_exception(error)
    assert (class_name(error), message(error, [])) == ("Disguised", None)
    with_meta: Any = type.__call__(Meta, "WithMeta", (Exception,), {})
    error = type.__call__(with_meta, "x")
    assert is_exception(error)
    assert (class_name(error), message(error, [])) == ("WithMeta", "x")
    assert not is_exception(Forbidden())


class Own(Exception):
    def __str__(self) -> str:
        return "its own words"


class Noted(Own):
    pass


def formatted(error: BaseException, mode: str) -> Sequence[str]:
    """The traceback as IPython makes it."""
    shell = InteractiveShell.instance()
    shell.InteractiveTB.set_mode(mode)
    try:
        raise error
    except BaseException:
        parts: Sequence[str] = shell.InteractiveTB.structured_traceback(*sys.exc_info())
        return parts


@pytest.mark.parametrize("mode", ["Context", "Verbose", "Plain", "Minimal"])
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Own(), "its own words"),
        (KeyError("k"), "'k'"),
        (KeyError(("a", 1)), "('a', 1)"),
        (OSError(2, "No such file", "a.csv"), "[Errno 2] No such file: 'a.csv'"),
        (ValueError("first\nsecond: third"), "first\nsecond: third"),
        (ValueError(), ""),
        (ValueError(1, "two"), "(1, 'two')"),
        (ValueError("\x1b[31mred"), "\x1b[31mred"),
        (AssertionError("no"), "no"),
    ],
)
def test_the_message(error: BaseException, expected: str, mode: str) -> None:
    assert message(error, formatted(error, mode)) == expected


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs notes and groups")
def test_notes_are_not_the_message_and_a_group_has_one() -> None:
    error = Noted()
    error.add_note("Own: not this")  # type: ignore[attr-defined,unused-ignore]
    error.add_note("another")  # type: ignore[attr-defined,unused-ignore]
    assert message(error, formatted(error, "Context")) == "its own words"
    group = BaseExceptionGroup("both", [Own(), Own()])  # type: ignore[name-defined,unused-ignore]  # noqa: F821
    assert message(group, []) == "both (2 sub-exceptions)"


def test_of_a_chain_the_last_counts() -> None:
    error = Own()
    error.__cause__ = KeyError("the first")
    assert message(error, formatted(error, "Context")) == "its own words"


def test_what_python_does_not_put_into_words() -> None:
    # From 3.11 on it refuses, before that it takes its time.
    assert message(ValueError(10**5_000), []) in (None, "1" + "0" * 5_000)
    assert message(Own(), ["something else altogether"]) is None
