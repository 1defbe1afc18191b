"""What other libraries call when they check an answer, and what it says.

Each wrapper calls the library's own function first and last, gives back what that gives, and adds
nothing to what the learner sees.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import wraps
from threading import local
from types import ModuleType
from typing import Any, Callable

from ..originals import BUILTINS
from .imports import Hook, ImportWatcher
from .recorder import Outcome, Tally, checking

__builtins__ = BUILTINS

_name_of = type.__dict__["__qualname__"].__get__
_module_of = type.__dict__["__module__"].__get__


class Checkers:
    """Puts the wrappers into the libraries, and takes them out again."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any, Any]] = []
        self._doctest_name = local()
        hooks: dict[str, Hook] = {
            "otter.execute.checker": self._hook_otter,
            "unittest.case": self._hook_unittest,
            "doctest": self._hook_doctest,
            "pytest": self._hook_pytest,
        }
        self._imports = ImportWatcher(hooks)

    def start(self) -> None:
        """Watch the libraries that are imported, now and later."""
        self._imports.start()

    def stop(self) -> None:
        """Leave the libraries as they were, unless somebody builds on a wrapper."""
        self._imports.stop()
        for owner, name, original, wrapper in reversed(self._replaced):
            if vars(owner).get(name) is wrapper:
                setattr(owner, name, original)
        self._replaced.clear()

    def _replace(self, owner: Any, name: str, wrapper: Any) -> None:
        self._replaced.append((owner, name, vars(owner)[name], wrapper))
        setattr(owner, name, wrapper)

    def _hook_otter(self, module: ModuleType) -> None:
        """`Notebook.check` reads the frame above it, so the hook lies below: what it calls."""
        owner = module.Checker
        original = owner.__dict__["check"].__func__

        @wraps(original)
        def check(cls: Any, *arguments: Any, **named: Any) -> Any:
            if len(arguments) < 4 and named.get("global_env") is None:
                # Otter would take this frame's.
                named["global_env"] = sys._getframe(1).f_globals
            with checking() as recorder:
                result = original(cls, *arguments, **named)
                if recorder is not None:
                    _guarded(lambda: recorder.checked(_of_otter(result)))
            return result

        self._replace(owner, "check", classmethod(check))

    def _hook_unittest(self, module: ModuleType) -> None:
        owner = module.TestCase
        original = owner.__dict__["run"]

        @wraps(original)
        def run(case: Any, result: Any = None) -> Any:
            with checking() as recorder:
                before = (0, 0) if recorder is None else _counts(result)
                returned = original(case, result)
                if recorder is not None:
                    final = returned if result is None else result
                    _guarded(lambda: _tally_case(recorder, case, before, _counts(final)))
            return returned

        self._replace(owner, "run", run)

    def _hook_doctest(self, module: ModuleType) -> None:
        owner = module.DocTestRunner
        original = owner.__dict__["run"]
        examples = module.run_docstring_examples

        @wraps(original)
        def run(runner: Any, test: Any, *arguments: Any, **named: Any) -> Any:
            with checking() as recorder:
                try:
                    result = original(runner, test, *arguments, **named)
                except Exception:
                    # Of a runner that stops at the first failure.
                    if recorder is not None:
                        _guarded(lambda: recorder.checked(self._of_doctest(test, 1, 1)))
                    raise
                if recorder is not None and result[1]:
                    failed, attempted = result[0], result[1]
                    _guarded(lambda: recorder.checked(self._of_doctest(test, failed, attempted)))
            return result

        @wraps(examples)
        def run_docstring_examples(f: Any, *arguments: Any, **named: Any) -> Any:
            # It calls the test "NoName".
            _guarded(lambda: setattr(self._doctest_name, "value", getattr(f, "__name__", None)))
            try:
                return examples(f, *arguments, **named)
            finally:
                self._doctest_name.value = None

        self._replace(owner, "run", run)
        self._replace(module, "run_docstring_examples", run_docstring_examples)

    def _of_doctest(self, test: Any, failed: int, attempted: int) -> Outcome:
        name = str(test.name)
        told = getattr(self._doctest_name, "value", None)
        if isinstance(told, str) and (name == "NoName" or name.startswith("NoName.")):
            name = told + name[len("NoName") :]
        tally = Tally(attempted - failed, attempted)
        return tally.outcome(_without_main(name), "doctest")

    def _hook_pytest(self, module: ModuleType) -> None:
        original: Callable[..., Any] = module.main

        @wraps(original)
        def main(args: Any = None, plugins: Any = None) -> Any:
            with checking() as recorder:
                if recorder is None:
                    return original(args, plugins)
                reports = _PytestReports()
                code = original(args, [*(plugins or ()), reports])
                for outcome in reports.outcomes():
                    recorder.checked(outcome)
                return code

        self._replace(module, "main", main)


def _of_otter(result: Any) -> Outcome:
    return Outcome(
        str(result.name),
        bool(result.passed_all),
        "otter",
        points=result.score,
        points_possible=result.possible,
    )


def _counts(result: Any) -> tuple[int, int]:
    """Tests that failed and tests that were skipped, so far. The result may be anybody's."""
    lists = ("failures", "errors", "unexpectedSuccesses")
    return sum(_count(result, name) for name in lists), _count(result, "skipped")


def _count(result: Any, name: str) -> int:
    try:
        found: Any = getattr(result, name, None)
        return list.__len__(found) if issubclass(type(found), list) else 0
    except Exception:
        return 0


def _tally_case(recorder: Any, case: Any, before: tuple[int, int], after: tuple[int, int]) -> None:
    failed = after[0] > before[0]
    if not failed and after[1] > before[1]:
        return
    # A class is an exercise; where the library made the class, the test itself is.
    is_made = _module_of(type(case)) in ("unittest.case", "unittest.loader", "doctest")
    name = str(case.id()) if is_made else str(_name_of(type(case)))
    recorder.tally(_without_main(name), "unittest", not failed)


class _PytestReports:
    """A plugin that hears how the tests ended."""

    def __init__(self) -> None:
        self._phases: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """pytest's hook, for the set-up, the call and the tear-down of a test."""
        if report.failed:
            self._phases[report.nodeid] = False
        elif report.passed and report.when == "call":
            self._phases.setdefault(report.nodeid, True)

    def outcomes(self) -> Iterable[Outcome]:
        """An outcome a test function, over its parameters."""
        tallies: dict[str, Tally] = {}
        for node, passed in self._phases.items():
            # The file's name is none of the exercise's, least of all ipytest's.
            name = "::".join(node.split("::")[1:]).partition("[")[0]
            tallies.setdefault(name or node, Tally()).add(passed)
        return [tally.outcome(name, "pytest") for name, tally in tallies.items()]


def _without_main(name: str) -> str:
    return name[len("__main__.") :] if name.startswith("__main__.") else name


def _guarded(report: Callable[[], None]) -> None:
    """Report; a result that looks different than it should is not worth a learner's traceback."""
    try:
        report()
    except Exception:
        return
