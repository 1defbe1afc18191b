"""Checks of answers, by the real libraries in real kernels."""

from __future__ import annotations

import asyncio
import sys
import threading
import unittest
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Callable

import numpy
import pytest

from conftest import wait_until
from kernel import environment, run_notebook, running_kernel
from progressbus import check
from progressbus.exercises import recorder as recording
from progressbus.exercises.checkers import Checkers
from progressbus.exercises.graded_cell import graded_cell
from progressbus.exercises.imports import ImportWatcher
from recording_server import RecordingServer

LOAD = "%load_ext progressbus"


def checks_of(
    server: RecordingServer, tmp_path: Path, sources: list[str], **more: str
) -> list[dict[str, Any]]:
    """What a notebook's checks report, in their order."""
    run_notebook([LOAD, *sources], environment(server.url, tmp_path, **more))
    wait_until(lambda: server.of_type("notebook_closed"))
    events = server.of_type("exercise_checked")
    return sorted(events, key=lambda event: str(event["event_id"]))


def told(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (event["exercise_id"], event["attempt"], event["passed"], event.get("points"))
        for event in events
    ]


class Recorded(recording.ExerciseRecorder):
    """A recorder that is not in a kernel, and what it reported."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        super().__init__(self.events.append, lambda: "c1", lambda: True, lambda: True)

    @property
    def passed(self) -> list[bool]:
        return [event["passed"] for event in self.events]


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    recorder = Recorded()
    recording.activate(recorder)
    yield recorder
    recording.deactivate(recorder)


def test_a_function_that_returns_numpys_false_is_wrong(recorded: Recorded) -> None:
    values = numpy.array([1, 2])
    for other in ([1, 3], [1, 2]):
        check("q1")(lambda: (values == other).all())()  # noqa: B023
    check("q2")(lambda: numpy.zeros(2))()
    check("q2")(lambda: 0)()
    assert recorded.passed == [False, True, True, True]


def test_a_coroutine_has_not_run(recorded: Recorded) -> None:
    @check("q1")
    async def test() -> bool:
        return False

    assert asyncio.run(test()) is False
    assert recorded.events == []


def test_loading_the_extension_changes_no_check(recorded: Recorded) -> None:
    check("q1", numpy.array([1, 2]) == 2)
    assert recorded.events == []
    check("q1", True, answer=10**5000, points=10**400, points_possible=Fraction(3, 2))
    check("q1", numpy.bool_(False), answer=41, points=numpy.int64(2))
    assert [event.get("points") for event in recorded.events] == [None, 2]
    assert recorded.events[0]["points_possible"] == 1.5
    assert recorded.events[1]["answer"] == "41"
    # Releases of Python before the limit write any number.
    assert hasattr(sys, "get_int_max_str_digits") is ("answer" not in recorded.events[0])


def test_an_exercise_is_reported_once_a_cell_however_long_its_name(recorded: Recorded) -> None:
    name = "q" * 500
    recorded.cell_begins()
    check(name, True)
    assert recorded.was_checked(name)
    recorded.cell_begins()
    assert not recorded.was_checked(name)


def test_a_cell_remembers_as_many_exercises_as_are_counted(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_MOST_EXERCISES", 3)
    for number in range(9):
        check(f"q{number}", True)
    assert [recorded.was_checked(f"q{number}") for number in (2, 3)] == [True, False]
    assert len(recorded.events) == 9


def test_a_cell_in_another_thread_keeps_to_itself(recorded: Recorded) -> None:
    recorded.cell_begins()
    check("q1", True)
    recorded.tally("Tests", "unittest", True)

    def subshell() -> None:
        recorded.cell_begins()
        recorded.tally("Others", "unittest", False)
        recorded.cell_ends("c2")

    thread = threading.Thread(target=subshell)
    thread.start()
    thread.join()
    assert recorded.was_checked("q1")
    recorded.cell_ends("c1")
    assert [(event["exercise_id"], event["cell_id"]) for event in recorded.events] == [
        ("q1", "c1"),
        ("Others", "c2"),
        ("Tests", "c1"),
    ]


def test_tests_in_a_learners_thread_are_the_cells(recorded: Recorded) -> None:
    recorded.cell_begins()
    thread = threading.Thread(target=lambda: recorded.tally("Tests", "unittest", True))
    thread.start()
    thread.join()
    recorded.cell_ends("c1")
    assert recorded.passed == [True]


def test_two_shells_of_one_process_watch_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    hooks = {"wave": lambda module: called.append(module.__name__)}
    watchers = [ImportWatcher(hooks), ImportWatcher(hooks)]
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    for watcher in watchers:
        watcher.start()
    try:
        __import__("wave")
    finally:
        for watcher in watchers:
            watcher.stop()
    assert called == ["wave"]


class Hostile:
    """A learner's object that does not like to be looked at."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def error_of(call: Callable[[], Any]) -> str | None:
    try:
        call()
    except Exception as error:
        return repr(error)
    return None


class Quiet(unittest.TestResult):
    """A result that keeps no lists."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("failures", "skipped"):
            raise RuntimeError(name)
        return super().__getattribute__(name)


def test_odd_objects_of_a_learner_do_no_harm(recorded: Recorded) -> None:
    import doctest

    class Case(unittest.TestCase):
        def test(self) -> None: ...

    checkers = Checkers()
    checkers.start()
    try:
        Case("test").run(Quiet())
        hooked = error_of(lambda: doctest.run_docstring_examples(Hostile(), {}))
    finally:
        checkers.stop()
    assert hooked == error_of(lambda: doctest.run_docstring_examples(Hostile(), {}))
    recorded.cell_ends("c1")
    assert recorded.passed == [True]


def test_a_call_a_block_and_a_function(server: RecordingServer, tmp_path: Path) -> None:
    events = checks_of(
        server,
        tmp_path,
        [
            "import progressbus\n"
            "progressbus.check('q1', 1 + 1 == 3, label='Sum', points_possible=2)",
            "progressbus.check('q1', True, points_possible=2)",
            "with progressbus.check('q2'):\n    assert 1 == 2",
            "with progressbus.check('q2'):\n    assert 1 == 1",
            "@progressbus.check('q3')\ndef test():\n    return answer == 1\nanswer = 2\ntest()",
            "answer = 1\ntest()",
            "with progressbus.check('q4'):\n    raise KeyboardInterrupt",
            "with progressbus.check('outer'):\n    progressbus.check('inner', True)",
        ],
    )
    assert told(events) == [
        ("q1", 1, False, 0),
        ("q1", 2, True, 2),
        ("q2", 1, False, None),
        ("q2", 2, True, None),
        ("q3", 1, False, None),
        ("q3", 2, True, None),
        ("outer", 1, True, None),
    ]
    assert events[0]["label"] == "Sum"
    assert {event["checker"] for event in events} == {"check"}
    assert [event["cell_id"] for event in events[:3]] == [f"execution-{n}" for n in (2, 3, 4)]
    ran = {event["cell_id"]: event for event in server.of_type("cell_executed")}
    assert [ran[event["cell_id"]]["has_error"] for event in events[:4]] == [
        False,
        False,
        True,
        False,
    ]


def test_answers_are_work_and_sent_with_code_only(server: RecordingServer, tmp_path: Path) -> None:
    sources = [
        "import progressbus\nprogressbus.check('q1', False, answer=41)",
        "class Mine:\n    def __repr__(self): print('asked')\n    __str__ = __repr__\n"
        "progressbus.check('q2', False, answer=Mine())",
    ]
    assert all("answer" not in event for event in checks_of(server, tmp_path, sources))
    server.record.accepted.clear()
    events = checks_of(server, tmp_path, sources, PROGRESSBUS_CODE="on")
    assert [event.get("answer") for event in events] == ["41", None]


def test_checks_can_be_switched_off(server: RecordingServer, tmp_path: Path) -> None:
    sources = ["import progressbus\nprogressbus.check('q1', True)"]
    assert checks_of(server, tmp_path, sources, PROGRESSBUS_EXERCISES="off") == []


def test_without_the_extension_a_check_does_nothing() -> None:
    import progressbus

    ran = []
    with progressbus.check("q1"):
        ran.append(1)
    assert progressbus.check("q1", False) is None
    assert progressbus.check("q1")(lambda: 7)() == 7
    assert ran == [1]


def test_otter(server: RecordingServer, tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "q1.py").write_text(
        "OK_FORMAT = True\n"
        "test = {'name': 'q1', 'points': 2, 'suites': [{'type': 'doctest', 'cases': ["
        "{'code': '>>> square(3)\\n9', 'hidden': False, 'locked': False},"
        "{'code': '>>> square(0)\\n0', 'hidden': False, 'locked': False}]}]}\n"
    )
    events = checks_of(
        server,
        tmp_path,
        [
            # Otter keeps a log in the working directory.
            f"import os, otter\nos.chdir({str(tmp_path)!r})\n"
            f"grader = otter.Notebook(tests_dir={str(tests)!r})",
            "grader.check('q1')",
            "square = lambda n: n + n",
            "grader.check('q1')",
            "square = lambda n: n * n",
            "grader.check('q1')",
            "grader.check('q7')",
        ],
    )
    assert told(events) == [("q1", 1, False, 0), ("q1", 2, False, 1), ("q1", 3, True, 2)]
    assert {event["checker"] for event in events} == {"otter"}
    assert {event["points_possible"] for event in events} == {2}
    assert events[0]["cell_id"] == "execution-3"
    assert all(not event["has_error"] for event in server.of_type("cell_executed")[:6])


def test_unittest(server: RecordingServer, tmp_path: Path) -> None:
    tests = (
        "import unittest\n"
        "class TestSquare(unittest.TestCase):\n"
        "    def test_three(self): self.assertEqual(square(3), 9)\n"
        "    def test_two(self): self.assertEqual(square(2), 4)\n"
        "    @unittest.skip('later')\n"
        "    def test_later(self): pass\n"
    )
    run = "result = unittest.main(argv=['x'], exit=False).result"
    events = checks_of(
        server,
        tmp_path,
        [
            tests,
            run,  # Errors: there is no square.
            "square = lambda n: n + n",
            run,
            "square = lambda n: n * n",
            run,
            "case = TestSquare('test_three')\ncase.run()",
        ],
    )
    assert told(events) == [
        ("TestSquare", 1, False, 0),
        ("TestSquare", 2, False, 1),
        ("TestSquare", 3, True, 2),
        ("TestSquare", 4, True, 1),
    ]
    assert {event["checker"] for event in events} == {"unittest"}
    assert events[0]["cell_id"] == "execution-3"


def test_doctest(server: RecordingServer, tmp_path: Path) -> None:
    function = "def square(n):\n    '''\n    >>> square(3)\n    9\n    '''\n    return {}"
    run = "import doctest\ndoctest.testmod()"
    events = checks_of(
        server,
        tmp_path,
        [
            function.format("n + n"),
            run,
            function.format("n * n"),
            run,
            function.format("1 / 0"),
            "doctest.run_docstring_examples(square, globals())",
        ],
    )
    assert told(events) == [
        ("square", 1, False, 0),
        ("square", 2, True, 1),
        ("square", 3, False, 0),
    ]
    assert {event["checker"] for event in events} == {"doctest"}


@pytest.mark.parametrize("runner", ["ipytest", "pytest"])
def test_pytest_in_a_cell(server: RecordingServer, tmp_path: Path, runner: str) -> None:
    body = (
        "import pytest, unittest\n"
        "@pytest.mark.parametrize('n, s', [(2, 4), (3, 9)])\n"
        "def test_square(n, s): assert square(n) == s\n"
        "def test_set_up(missing): pass\n"
        "@pytest.mark.skip\n"
        "def test_later(): pass\n"
        "class TestOld(unittest.TestCase):\n"
        "    def test_it(self): pass\n"
    )
    if runner == "ipytest":
        sources = [
            "import ipytest",
            f"square = lambda n: n + n\n{body}\nipytest.run('-q', '-p', 'no:cacheprovider')",
            f"square = lambda n: n * n\n{body}\nipytest.run('-q', '-p', 'no:cacheprovider')",
        ]
    else:
        for name, code in (("wrong", "n + n"), ("right", "n * n")):
            (tmp_path / f"test_{name}.py").write_text(f"square = lambda n: {code}\n{body}")
        sources = [
            f"import pytest\npytest.main(['-q', '-p', 'no:cacheprovider', {str(path)!r}])"
            for path in (tmp_path / "test_wrong.py", tmp_path / "test_right.py")
        ]
    events = checks_of(server, tmp_path, sources)
    assert told(events) == [
        ("test_square", 1, False, 1),
        ("test_set_up", 1, False, 0),
        ("TestOld::test_it", 1, True, 1),
        ("test_square", 2, True, 2),
        ("test_set_up", 2, False, 0),
        ("TestOld::test_it", 2, True, 1),
    ]
    assert {event["checker"] for event in events} == {"pytest"}


def released_assignment() -> Any:
    """An assignment as nbgrader hands it out."""
    import nbformat
    from nbgrader.preprocessors import ClearSolutions, LockCells

    def cell(source: str, **metadata: Any) -> Any:
        nbgrader = {"schema_version": 3, "locked": False, "task": False, **metadata}
        return nbformat.v4.new_code_cell(source, metadata={"nbgrader": nbgrader})

    notebook = nbformat.v4.new_notebook(
        cells=[
            cell(
                "def square(n):\n    ### BEGIN SOLUTION\n    return n * n\n    ### END SOLUTION",
                grade=False,
                solution=True,
                grade_id="square",
            ),
            cell(
                "assert square(3) == 9",
                grade=True,
                solution=False,
                grade_id="test-square",
                points=3,
            ),
            cell("'words'", grade=True, solution=True, grade_id="essay", points=5),
        ]
    )
    for preprocessor in (LockCells(), ClearSolutions()):
        notebook, _ = preprocessor.preprocess(notebook, {})
    return notebook


def test_nbgrader(server: RecordingServer, tmp_path: Path) -> None:
    """With the metadata that JupyterLab and Notebook 7 send with a cell."""
    solution, tests, essay = released_assignment().cells
    assert "NotImplementedError" in solution.source
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD)

        def run(cell: Any, identifier: str, source: str | None = None) -> None:
            metadata = {**cell.metadata, "cellId": identifier}
            kernel.run(source or cell.source, metadata)

        run(solution, "c1")
        run(tests, "c2")
        run(solution, "c1", "def square(n):\n    return n * n")
        run(tests, "c2")
        run(essay, "c3")
    wait_until(lambda: server.of_type("notebook_closed"))
    events = server.of_type("exercise_checked")
    assert told(events) == [("test-square", 1, False, 0), ("test-square", 2, True, 3)]
    assert {event["checker"] for event in events} == {"nbgrader"}
    assert {event["cell_id"] for event in events} == {"c2"}
    assert {event["points_possible"] for event in events} == {3}


def test_an_interrupt_is_no_wrong_answer(server: RecordingServer, tmp_path: Path) -> None:
    graded = {"progressbus": {"exercise": "q1"}}
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD)
        kernel.run("raise KeyboardInterrupt", graded)
        kernel.run("1 / 0", graded)
    wait_until(lambda: server.of_type("notebook_closed"))
    assert told(server.of_type("exercise_checked")) == [("q1", 1, False, None)]


def test_many_blank_lines_cost_nothing() -> None:
    # Where each line is looked at from all lines before it, this takes hours.
    assert graded_cell(None, "\n" * 1_000_000 + "#" * 1_000_000, "c1") is None


def test_what_makes_a_cell_a_check() -> None:
    def found(metadata: Any, source: str = "x = 1") -> Any:
        graded = graded_cell(metadata, source, "c1")
        return None if graded is None else (graded.exercise, graded.points_possible)

    assert found({"tags": ["exercise:q1", "hide-input"]}) == ("q1", None)
    assert found({"grade_id": "q2", "points": 4}) == ("q2", 4)
    assert found({"progressbus": {"exercise": "q3", "points": 1}}) == ("q3", 1)
    assert found({}, "### BEGIN TESTS\nassert x == 1\n### END TESTS") == ("c1", None)
    assert found(None, "# BEGIN HIDDEN TESTS\nassert x") == ("c1", None)
    assert found({}, "print('BEGIN TESTS')") is None
    assert found({"tags": "exercise:q1", "nbgrader": 7}) is None
    assert found({"tags": [7, "exercise:"]}) is None


def test_unloading_leaves_the_libraries_as_they_were(
    server: RecordingServer, tmp_path: Path
) -> None:
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(
            "import sys, unittest, doctest\n"
            "ran, tested = unittest.TestCase.run, doctest.DocTestRunner.run"
        )
        kernel.run(LOAD)
        assert "True" in kernel.output("print(unittest.TestCase.run is not ran)")
        kernel.run("import pytest")
        kernel.run("%unload_ext progressbus")
        shown = kernel.output(
            "print(unittest.TestCase.run is ran, doctest.DocTestRunner.run is tested,"
            " pytest.main.__module__,"
            " [each for each in sys.meta_path if 'progressbus' in str(each)],"
            " type(pytest.__loader__).__name__)"
        )
    assert "True True _pytest.config [] SourceFileLoader" in shown
