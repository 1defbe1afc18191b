"""`has_error` is what the learner sees, in real kernels and shells."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import wait_until
from kernel import Kernel, Shown, environment, running_kernel
from recording_server import RecordingServer

LOAD = "%load_ext progressbus"

# A cell that shows an error, with the class of what it shows.
FAILING = {
    "a script": ("%run bad.py", "ZeroDivisionError"),
    "a script's exit": ("%run exit.py", "SystemExit"),
    "a script's syntax": ("%run syntax.py", "SyntaxError"),
    "no such script": ("%run absent.py", "Exception"),
    "a notebook as a script": ("%run bad.ipynb", "ZeroDivisionError"),
    "captured": ("%%capture\n1 / 0", "ZeroDivisionError"),
    "captured, then well": ("%%capture\n1 / 0\n", "ZeroDivisionError"),
    "captured, syntax": ("%%capture text\n1 +", "SyntaxError"),
    "captured, errors let through": ("%%capture --no-stderr\n%absent_magic", "UsageError"),
    "timed": ("%%time\n1 / 0", "ZeroDivisionError"),
    "timed, a line": ("%time 1 / 0", "ZeroDivisionError"),
    "timed often": ("%%timeit\n1 / 0", "ZeroDivisionError"),
    "profiled": ("%%prun\n1 / 0", "ZeroDivisionError"),
    "a shell script": ("%%bash\nexit 3", "CalledProcessError"),
    "another script": ("%%script false\nx", "CalledProcessError"),
    "no such magic": ("%absent_magic", "UsageError"),
    "no such cell magic": ("%%absent_magic\n1", "UsageError"),
    "no such extension": ("%load_ext absent_extension", "ModuleNotFoundError"),
    "the debugger": ("%debug", "StdinNotImplementedError"),
    "a breakpoint": ("import pdb\npdb.set_trace()", "StdinNotImplementedError"),
    "a nested cell": ("get_ipython().run_cell('1 / 0');", "ZeroDivisionError"),
    "a silent nested cell": ("get_ipython().run_cell('1 / 0', silent=True);", "ZeroDivisionError"),
    "a nested cell's syntax": ("get_ipython().run_cell('def x(:');", "SyntaxError"),
    "a nested cell, then another": (
        "get_ipython().run_cell('1 / 0')\nget_ipython().run_cell('7');",
        "ZeroDivisionError",
    ),
    "shown by hand": (
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()",
        "ZeroDivisionError",
    ),
    "given by hand": (
        "import sys\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    kept = sys.exc_info()\n"
        "get_ipython().showtraceback(exc_tuple=kept)",
        "ZeroDivisionError",
    ),
    "shown again": ("%tb", "ZeroDivisionError"),
    "exit": ("import sys\nsys.exit(1)", "SystemExit"),
    "an interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "asynchronous": ("import asyncio\nawait asyncio.sleep(0)\n1 / 0", "ZeroDivisionError"),
    "asynchronous, nested": (
        "import asyncio\nawait asyncio.sleep(0)\nget_ipython().run_cell('1 / 0');",
        "ZeroDivisionError",
    ),
    "syntax": ("def broken(:", "SyntaxError"),
    "indentation": (" 1\n  2", "IndentationError"),
    "syntax that only the compiler finds": ("return 3", "SyntaxError"),
    "a representation": (
        "class Mute:\n    def __repr__(self): 1 / 0\nMute()",
        "ZeroDivisionError",
    ),
    "displayed": ("display(Mute())", "ZeroDivisionError"),
    "a rich representation": (
        "class Html:\n    def _repr_html_(self): 1 / 0\nHtml()",
        "ZeroDivisionError",
    ),
    "an input transformer": ("'transformed'", "ValueError"),
    "a syntax tree's transformer": ("rejected", "InputRejected"),
    "a handler that shows it": ("raise Handled()", "Handled"),
    "a handler that shows nothing": ("raise Hidden()", "Hidden"),
    "another's hook after the cell": ("hook('post_run_cell')", "ZeroDivisionError"),
    "another's hook at the end": ("hook('post_execute')", "ZeroDivisionError"),
}
if sys.version_info >= (3, 11):
    FAILING |= {
        "a group": ("raise ExceptionGroup('g', [ValueError('a')])", "ExceptionGroup"),
        "a nested cell's group": (
            "get_ipython().run_cell(\"raise ExceptionGroup('g', [ValueError('a')])\");",
            "ExceptionGroup",
        ),
    }

# A cell that shows none, whatever happens in it.
QUIET = {
    "caught": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass",
    "captured, printed": "%%capture\n%absent_magic",
    "a shell script by itself": "%%bash --no-raise-error\nexit 3",
    "a command": "!false",
    "a profiled exit": "%%prun\nraise SystemExit",
    "after a nested cell": "get_ipython().run_cell('7');",
    "asynchronous after a failed representation": "import asyncio\nawait asyncio.sleep(0)",
    "a nested handler that shows nothing": "get_ipython().run_cell('raise Hidden()');",
    "the hooks are gone": "unhook()",
}

_SETUP = """
import ast
from IPython.core.error import InputRejected
shell = get_ipython()

def transform(lines):
    if any("'transformed'" in line for line in lines):
        raise ValueError("no")
    return lines
shell.input_transformers_cleanup.append(transform)

class Rejecting(ast.NodeTransformer):
    def visit_Name(self, node):
        if node.id == "rejected":
            raise InputRejected("no")
        return node
shell.ast_transformers.append(Rejecting())

class Handled(Exception): pass
class Hidden(Exception): pass
def handler(shell, etype, value, tb, tb_offset=None):
    if etype is Handled:
        shell.showtraceback((etype, value, tb))
    else:
        print("something happened")
shell.set_custom_exc((Handled, Hidden), handler)

def fail(*_): 1 / 0
def hook(event):
    shell.events.register(event, fail)
def unhook():
    for event in ("pre_run_cell", "post_execute", "post_run_cell"):
        if fail in shell.events.callbacks[event]:
            shell.events.unregister(event, fail)
"""


def shows_error(shown: Shown) -> bool:
    """Whether a front end marks the cell as failed, or there is an error among its outputs."""
    fails = shown.reply["status"] == "error" and shown.reply["ename"] != "NoneType"
    prints = "UsageError" in shown.stderr or "+ Exception Group Traceback" in shown.stderr
    return bool(fails or shown.errors or prints)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Shown, dict[str, Any]]]:
    """All cells in one kernel: what each showed, and its event."""
    folder = tmp_path_factory.mktemp("cells")
    (folder / "bad.py").write_text("print('before')\n1 / 0\n")
    (folder / "exit.py").write_text("import sys\nsys.exit(1)\n")
    (folder / "syntax.py").write_text("def broken(:\n")
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    notebook = {"cells": [{**cell, "source": "1 / 0"}], "metadata": {}}
    (folder / "bad.ipynb").write_text(json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 5}))
    shown = {}
    with RecordingServer() as server:
        with running_kernel(environment(server.url, folder)) as kernel:
            kernel.run(f"import os; os.chdir({str(folder)!r})")
            kernel.run(LOAD)
            assert kernel.run(_SETUP)["status"] == "ok"
            for name, (code, _) in FAILING.items():
                shown[name] = kernel.show(code, {"cellId": name})
                if "hook" in name:
                    kernel.run("unhook()")
            for name, code in QUIET.items():
                if "representation" in name:
                    kernel.run("Mute()")
                shown[name] = kernel.show(code, {"cellId": name})
            kernel.run("1", {"cellId": "last"})
            wait_until(lambda: server.of_type("cell_executed")[-1]["cell_id"] == "last")
        events = {event["cell_id"]: event for event in server.of_type("cell_executed")}
    return {name: (shown[name], events[name]) for name in shown}


@pytest.mark.parametrize("name", FAILING)
def test_an_error_that_the_learner_sees(
    ran: dict[str, tuple[Shown, dict[str, Any]]], name: str
) -> None:
    shown, event = ran[name]
    assert shows_error(shown)
    assert (event["has_error"], event["error_name"]) == (True, FAILING[name][1])


@pytest.mark.parametrize("name", QUIET)
def test_no_error_where_the_learner_sees_none(
    ran: dict[str, tuple[Shown, dict[str, Any]]], name: str
) -> None:
    shown, event = ran[name]
    assert not shows_error(shown)
    assert event["has_error"] is False
    assert "error_name" not in event


def test_the_message_is_the_one_that_is_shown(
    ran: dict[str, tuple[Shown, dict[str, Any]]],
) -> None:
    for name in ("a script", "captured", "a nested cell", "timed", "shown by hand"):
        assert ran[name][1]["error_message"] == "division by zero"
    assert ran["no such magic"][1]["error_message"].startswith("Line magic function")
    assert ran["syntax"][1]["error_message"] == "invalid syntax"
    assert ran["a handler that shows nothing"][1]["error_message"] == ""


@pytest.fixture
def kernel(server: RecordingServer, tmp_path: Path) -> Iterator[Kernel]:
    with running_kernel(environment(server.url, tmp_path)) as running:
        running.run(LOAD)
        yield running


def last_cell(server: RecordingServer, count: int) -> dict[str, Any]:
    """The latest of `count` cells."""
    wait_until(lambda: len(server.of_type("cell_executed")) >= count)
    return server.of_type("cell_executed")[-1]


def test_the_cell_that_loads_the_extension_may_fail_too(
    server: RecordingServer, tmp_path: Path
) -> None:
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(f"{LOAD}\nget_ipython().run_cell('1 / 0');")
        kernel.run("1")
        wait_until(lambda: len(server.of_type("cell_executed")) == 2)
    first, second = server.of_type("cell_executed")
    assert (first["has_error"], first["error_name"]) == (True, "ZeroDivisionError")
    assert second["has_error"] is False


def test_another_hook_before_the_cell(server: RecordingServer, tmp_path: Path) -> None:
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run("def fail(*_): 1 / 0\nget_ipython().events.register('pre_run_cell', fail)")
        kernel.run(LOAD)
        assert kernel.show("1").errors
        kernel.run("get_ipython().events.unregister('pre_run_cell', fail)")
        assert not kernel.show("2").errors
        wait_until(lambda: len(server.of_type("cell_executed")) == 4)
    failed = [event["has_error"] for event in server.of_type("cell_executed")]
    # What was shown before the client was there is not known to it.
    assert failed == [False, True, True, False]


def test_a_library_that_shows_errors_itself(server: RecordingServer, kernel: Kernel) -> None:
    """rich takes the places of both methods, and keeps those that it found."""
    kernel.run("import rich.traceback\nrich.traceback.install();")
    for number in range(3):
        kernel.run("get_ipython().run_cell('1 / 0')\nrich.traceback.install();")
        event = last_cell(server, 3 + number)
        assert (event["has_error"], event["error_name"]) == (True, "ZeroDivisionError")
    kernel.run("7")
    assert last_cell(server, 6)["has_error"] is False


def test_unloading_gives_the_methods_back(server: RecordingServer, tmp_path: Path) -> None:
    methods = "(get_ipython().showtraceback, get_ipython()._showtraceback)"
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(f"before = {methods}")
        kernel.run(LOAD)
        assert kernel.output(f"print(before == {methods})") == "False\n"
        kernel.run("%unload_ext progressbus")
        assert kernel.output(f"print(before == {methods})") == "True\n"
        assert kernel.show("1 / 0").errors


def test_an_error_of_a_widget_is_no_cells(server: RecordingServer, kernel: Kernel) -> None:
    """Between two cells, the front end's message runs a learner's function that fails."""
    kernel.run(
        "from comm import get_comm_manager\n"
        "def opened(comm, message):\n"
        "    try:\n        1 / 0\n    except ZeroDivisionError:\n"
        "        get_ipython().showtraceback()\n"
        "get_comm_manager().register_target('broken', opened)"
    )
    content = {"comm_id": "c1", "target_name": "broken", "data": {}}
    message = kernel.client.session.msg("comm_open", content)
    kernel.client.shell_channel.send(message)
    kernel.run("1")
    assert last_cell(server, 3)["has_error"] is False


_COUNTING = """
calls = []
class Slow(Exception):
    def __str__(self):
        calls.append('str'); print('asked', flush=True); return 'slow'
    __repr__ = __str__
class Meta(type):
    def __getattribute__(cls, name):
        if name in ('__name__', '__mro__', '__str__'): calls.append(name)
        return super().__getattribute__(name)
class Named(Exception, metaclass=Meta):
    __slots__ = ()
"""


@pytest.mark.parametrize("messages", ["on", "off"])
@pytest.mark.parametrize(
    "code",
    [
        "raise Slow()",
        "raise KeyError(Slow())",
        "raise ValueError(Slow())",
        "raise Named('x')",
        "import asyncio\nawait asyncio.sleep(0)\nraise Slow()",
        "get_ipython().run_cell('raise Slow()');",
    ],
)
def test_a_learners_methods_run_no_more_often_than_without_the_client(
    server: RecordingServer, tmp_path: Path, code: str, messages: str
) -> None:
    printed = []
    for first in ("pass", LOAD):
        env = environment(server.url, tmp_path, PROGRESSBUS_ERROR_MESSAGES=messages)
        with running_kernel(env) as kernel:
            kernel.run(first)
            kernel.run(_COUNTING)
            shown = kernel.show(code)
            printed.append((shown.stdout, kernel.output("print(calls)")))
    assert printed[0] == printed[1]
    event = last_cell(server, 4)
    assert event["execution_count"] == 4
    (failed,) = [each for each in server.of_type("cell_executed") if each["has_error"]]
    expected = {"KeyError(": "KeyError", "ValueError(": "ValueError", "Named(": "Named"}
    name = next((name for part, name in expected.items() if part in code), "Slow")
    assert failed["error_name"] == name
    if messages == "on":
        assert failed["error_message"] == ("x" if name == "Named" else "slow")
    else:
        assert "error_message" not in failed


def test_a_terminal_shows_what_it_prints(server: RecordingServer, tmp_path: Path) -> None:
    """There a traceback is printed like anything else, and `%%capture` catches it."""
    script = textwrap.dedent(
        """
        import sys
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        for cell in (
            "%load_ext progressbus",
            "%run " + sys.argv[1],
            "%%capture\\n1 / 0",
            "from contextlib import redirect_stdout\\nimport io\\n"
            "with redirect_stdout(io.StringIO()): get_ipython().run_cell('1 / 0')",
            "%%capture --no-stdout\\n1 / 0",
            "import sys, io\\nsys.stdout = io.StringIO()",
            "get_ipython().run_cell('1 / 0');",
        ):
            shell.run_cell(cell, store_history=True)
        """
    )
    (tmp_path / "bad.py").write_text("1 / 0\n")
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "bad.py")],
        env=environment(server.url, tmp_path),
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )
    failed = [event["has_error"] for event in server.of_type("cell_executed")]
    assert failed == [False, True, False, False, True, False, True]
