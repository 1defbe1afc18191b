"""Real kernels run real cells against a recording server."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

import recording_server as faults
from conftest import wait_until
from kernel import environment, run_notebook, running_kernel
from recording_server import RecordingServer

LOAD = "%load_ext progressbus"


def cells(server: RecordingServer) -> list[dict[str, Any]]:
    return sorted(server.of_type("cell_executed"), key=lambda event: str(event["event_id"]))


def outputs(notebook: Any) -> list[list[Any]]:
    return [[output["output_type"] for output in cell.outputs] for cell in notebook.cells]


def test_a_notebook_through_nbclient(server: RecordingServer, tmp_path: Path) -> None:
    sources = [
        LOAD,
        "import time\ntime.sleep(0.2)",
        "1 / 0",
        "def broken(:",
        "import asyncio\nawait asyncio.sleep(0.1)\n7",
        "get_ipython().run_cell('nested = 1')\nget_ipython().run_cell('2 / 0')",
        "   \n",
        "%%capture\nnested",
        "class Falsy(Exception):\n    def __bool__(self): return False\nraise Falsy('no')",
        "import sys\nsys.exit(3)",
        "get_ipython().run_cell('counted = 1', store_history=True)\n'end'",
    ]
    notebook = run_notebook(sources, environment(server.url, tmp_path))
    wait_until(lambda: server.of_type("notebook_closed"))

    events = sorted(server.events, key=lambda event: str(event["event_id"]))
    assert events[0]["event_type"] == "notebook_opened"
    assert events[-1]["event_type"] == "notebook_closed"
    assert {event["student_id"] for event in events} == {"ada"}
    assert {event["course_id"] for event in events} == {"python-1"}
    assert len({event["session_id"] for event in events}) == 1
    assert {event["notebook_path"] for event in events} == {"unnamed.ipynb"}
    assert all("code" not in event and "result" not in event for event in events)

    ran = cells(server)
    counts = [cell.execution_count for cell in notebook.cells if cell.source.strip()]
    assert [event["execution_count"] for event in ran] == counts
    errors = [event.get("error_name") for event in ran]
    assert errors == [
        None,
        None,
        "ZeroDivisionError",
        "SyntaxError",
        None,
        "ZeroDivisionError",
        None,
        "Falsy",
        "SystemExit",
        None,
    ]
    assert [event["has_error"] for event in ran] == [name is not None for name in errors]
    assert ran[2]["error_message"] == "division by zero"
    assert {event["cell_type"] for event in ran} == {"code"}
    assert [event["cell_id"] for event in ran] == [f"execution-{count}" for count in counts]
    assert 200 <= ran[1]["duration_ms"] < 5_000
    assert 100 <= ran[4]["duration_ms"] < 5_000
    assert all(event["duration_ms"] >= 0 for event in ran)
    # Nothing in the notebook that the cells did not show themselves.
    assert outputs(notebook)[:2] == [[], []]
    assert outputs(notebook)[4] == ["execute_result"]
    assert outputs(notebook)[10] == ["execute_result"]


def test_ids_of_front_ends(server: RecordingServer, tmp_path: Path) -> None:
    env = environment(server.url, tmp_path, JPY_SESSION_NAME="course/lesson.ipynb")
    with running_kernel(env) as kernel:
        kernel.run(LOAD, {"cellId": "aaaa"})
        kernel.run("1", {"cellId": "bbbb"})
        kernel.run("2", {"cell_id": "cccc"})
        kernel.run("4", {"cellId": "bbbb"})
        kernel.run("5", {"cellId": "q" * 500})
    wait_until(lambda: server.of_type("notebook_closed"))
    identifiers = [event["cell_id"] for event in cells(server)]
    assert identifiers == ["aaaa", "bbbb", "cccc", "bbbb", "q" * 127 + "…"]
    assert {event["notebook_path"] for event in server.events} == {"course/lesson.ipynb"}


def test_vs_code(server: RecordingServer, tmp_path: Path) -> None:
    """As VS Code's requests are: its own without history, the learner's with the cell's address."""
    with running_kernel(environment(server.url, tmp_path, PROGRESSBUS_ROOT="/home/ada")) as kernel:
        path = "/home/ada/week1/lesson.ipynb"
        kernel.run(f"__vsc_ipynb_file__ = {path!r}", silent=True, store_history=False)
        kernel.run(LOAD, {"cellId": f"vscode-notebook-cell:{path}#W0sZmlsZQ%3D%3D"})
        kernel.run("1", {"cellId": f"vscode-notebook-cell:{path}#W1sZmlsZQ%3D%3D"})
        kernel.run(
            "2", {"cellId": f"vscode-notebook-cell://ssh-remote%2Bhost{path}#W2sZmlsZQ%3D%3D"}
        )
        kernel.run("%reset -f", {"cellId": "older"})
        kernel.run("3", {"cellId": "older"})
    wait_until(lambda: server.of_type("notebook_closed"))
    identifiers = [event["cell_id"] for event in cells(server)]
    assert identifiers == ["W0sZmlsZQ==", "W1sZmlsZQ==", "W2sZmlsZQ==", "older", "older"]
    assert {event["notebook_path"] for event in server.events} == {"week1/lesson.ipynb"}


def test_vs_code_before_it_sent_addresses(server: RecordingServer, tmp_path: Path) -> None:
    """The variable alone, which `%reset` deletes and a cell may set."""
    with running_kernel(environment(server.url, tmp_path, PROGRESSBUS_ROOT="/home/ada")) as kernel:
        kernel.run("__vsc_ipynb_file__ = '/home/ada/week1/a.ipynb'", silent=True)
        for code in (LOAD, "%reset -f", "1", "__vsc_ipynb_file__ = '/home/ada/b.ipynb'", "2"):
            kernel.run(code)
    wait_until(lambda: server.of_type("notebook_closed"))
    assert {event["notebook_path"] for event in server.events} == {"week1/a.ipynb"}


def test_vs_code_renames(server: RecordingServer, tmp_path: Path) -> None:
    with running_kernel(environment(server.url, tmp_path, PROGRESSBUS_ROOT="/home/ada")) as kernel:
        kernel.run(LOAD)
        for name in ("a", "a", "caf%C3%A9", "cafe%CC%81"):
            kernel.run("1", {"cellId": f"vscode-notebook-cell:/home/ada/{name}.ipynb#W1sZmls"})
    wait_until(lambda: server.of_type("notebook_closed"))
    paths = [event["notebook_path"] for event in cells(server)]
    assert paths == ["unnamed.ipynb", "a.ipynb", "a.ipynb", "caf\u00e9.ipynb", "caf\u00e9.ipynb"]


def test_only_what_the_learner_ran_is_reported(server: RecordingServer, tmp_path: Path) -> None:
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD, {"cellId": "load"})
        kernel.run("silent = 1", {"cellId": "silent"}, silent=True)
        kernel.run("hidden = 1", {"cellId": "hidden"}, store_history=False)
        kernel.run("1 / 0", {"cellId": "hidden"}, store_history=False)
        failing = kernel.send(
            "import time; time.sleep(0.3); raise ValueError('stop')",
            {"cellId": "failing"},
            stop_on_error=True,
        )
        aborted = [kernel.send("1", {"cellId": f"aborted-{n}"}) for n in range(3)]
        assert kernel.reply(failing)["status"] == "error"
        assert [kernel.reply(each)["status"] for each in aborted] == ["aborted"] * 3
        # What comes soon after them may be aborted, too.
        while kernel.run("2", {"cellId": "after"})["status"] == "aborted":
            pass
    wait_until(lambda: server.of_type("notebook_closed"))
    assert [event["cell_id"] for event in cells(server)] == ["load", "failing", "after"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("import time; print('up', flush=True); time.sleep(60)", "KeyboardInterrupt"),
        # Many short sleeps: ipykernel sees a signal only when its event loop wakes.
        (
            "import asyncio; print('up', flush=True)\n"
            "for _ in range(600): await asyncio.sleep(0.1)",
            "CancelledError",
        ),
    ],
)
def test_an_interrupt(server: RecordingServer, tmp_path: Path, body: str, error: str) -> None:
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD)
        identifier = kernel.send(body, {"cellId": "long"})
        kernel.wait_for_output(identifier)
        kernel.manager.interrupt_kernel()
        reply = kernel.reply(identifier)
        assert kernel.run("1", {"cellId": "next"})["status"] == "ok"
        wait_until(lambda: len(cells(server)) == 3)
    event = cells(server)[1]
    # What the notebook itself shows.
    assert reply["ename"] == error
    assert (event["cell_id"], event["has_error"], event["error_name"]) == ("long", True, error)
    assert cells(server)[2]["has_error"] is False


def test_the_magic(server: RecordingServer, tmp_path: Path) -> None:
    with running_kernel(environment(server.url, tmp_path, PROGRESSBUS_TOKEN="s3cret")) as kernel:
        assert kernel.output(LOAD) == ""
        wait_until(lambda: len(server.events) == 2)
        assert "Your teacher will see" in kernel.output("%progressbus help")
        assert "no more help" in kernel.output("%progressbus done")
        wait_until(lambda: server.of_type("help_stop"))
        wait_until(lambda: len(cells(server)) == 3)
        # The server has an event a moment before the client has its answer; and each look at the
        # status is a cell of its own.
        wait_until(lambda: re.search(r"Waiting: +[01]\b", kernel.output("%progressbus status")))
        status = kernel.output("%progressbus status")
        assert re.search(r"Delivery: +works", status)
        assert "s3cret" not in status
        assert "%progressbus configure" in kernel.output("%progressbus")
        assert "There is no %progressbus hlep" in kernel.output("%progressbus hlep")
        assert "takes nothing more" in kernel.output("%progressbus help me")
        assert len(server.of_type("help")) == 1
        wrong = kernel.output("%progressbus configure studnet=x")
        assert "Nothing changed: studnet: no such setting" in wrong
        assert "Nothing changed" in kernel.output("%progressbus configure student='x")
        secret = kernel.output("%progressbus configure token:abc123")
        assert "abc123" not in secret
        configured = kernel.output("%progressbus configure student=grace course='Python 2' code=on")
        assert re.search("Student: +grace", configured)
        kernel.run("x = 's3cret'")
        wait_until(lambda: cells(server)[-1].get("code"))
    last = cells(server)[-1]
    assert (last["student_id"], last["course_id"]) == ("grace", "Python 2")
    assert last["code"] == "x = '***'"


def test_configured_after_loading(server: RecordingServer, tmp_path: Path) -> None:
    env = environment(server.url, tmp_path)
    del env["PROGRESSBUS_URL"], env["PROGRESSBUS_STUDENT"]
    with running_kernel(env) as kernel:
        assert kernel.output(LOAD) == ""
        kernel.run("1")
        assert "does not know yet" in kernel.output("%progressbus help")
        kernel.run(f"%progressbus configure url={server.url} student=grace")
        wait_until(lambda: len(cells(server)) == 4)
    assert server.of_type("notebook_opened")[0]["student_id"] == "grace"
    assert len(server.of_type("help")) == 1


def test_unload_and_reload(server: RecordingServer, tmp_path: Path) -> None:
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD)
        kernel.run("%unload_ext progressbus")
        wait_until(lambda: server.of_type("notebook_closed"))
        kernel.run("1", {"cellId": "unseen"})
        assert "not found" in kernel.output("%progressbus status")
        kernel.run(LOAD)
        assert kernel.output("%reload_ext progressbus") == ""
        kernel.run("2", {"cellId": "seen"})
        wait_until(lambda: cells(server)[-1]["cell_id"] == "seen")
    assert "unseen" not in {event["cell_id"] for event in cells(server)}
    wait_until(lambda: len(server.of_type("notebook_closed")) == 3)
    assert len(server.of_type("notebook_opened")) == 3


def test_a_killed_kernel_loses_nothing(server: RecordingServer, tmp_path: Path) -> None:
    env = environment(server.url, tmp_path)
    server.standing_fault = faults.status(503, {"Retry-After": "600"})
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        for number in range(20):
            kernel.run(str(number))
        wait_until(lambda: _lines(tmp_path) == 22)
        kernel.manager.shutdown_kernel(now=True)
    server.standing_fault = None
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: len(cells(server)) == 22)
    assert set(server.arrivals().values()) == {1}


def _lines(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.ndjson"))


def test_a_restart_loses_nothing_while_the_server_hangs(
    server: RecordingServer, tmp_path: Path
) -> None:
    env = environment(server.url, tmp_path)
    server.standing_fault = faults.hang
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        kernel.run("1")
        started_at = time.monotonic()
    assert time.monotonic() - started_at < 5
    server.standing_fault = None
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: server.of_type("notebook_closed"))
    wait_until(lambda: len(server.of_type("notebook_closed")) == 2)
    assert len(cells(server)) == 3
    assert set(server.arrivals().values()) == {1}


@pytest.mark.parametrize(
    "fault",
    [
        faults.hang,
        faults.status(500),
        faults.garbage,
        faults.garbage_json,
        faults.drip,
        faults.flood,
        faults.cut,
        faults.close_at_once,
    ],
    ids=["hang", "500", "garbage", "garbage json", "drip", "flood", "cut", "closed"],
)
def test_a_hostile_server_never_disturbs_the_notebook(
    server: RecordingServer, tmp_path: Path, fault: faults.Fault
) -> None:
    sources = [LOAD, *(f"x = {number}\nx" for number in range(30)), "%progressbus help"]
    quiet = run_notebook(sources[1:-1], environment("", tmp_path))
    server.standing_fault = fault
    env = environment(server.url, tmp_path, PROGRESSBUS_TIMEOUT="0.5")
    notebook = run_notebook(sources, env, allow_errors=False)
    assert outputs(notebook)[1:-1] == outputs(quiet)
    assert outputs(notebook)[0] == []
    assert notebook.cells[-1].outputs[0]["text"].startswith("Your teacher will see")


def test_processes_of_a_cell_are_silent(server: RecordingServer, tmp_path: Path) -> None:
    pool = (
        "import multiprocessing as mp\n"
        "with mp.get_context('fork').Pool(4) as pool:\n"
        "    total = sum(pool.map(abs, range(100)))\n"
        "total"
    )
    notebook = run_notebook([LOAD, pool, "1"], environment(server.url, tmp_path))
    wait_until(lambda: server.of_type("notebook_closed"))
    assert notebook.cells[1].outputs[-1]["data"]["text/plain"] == "4950"
    assert len(server.events) == 5
    assert set(server.arrivals().values()) == {1}


def test_a_wrong_environment_is_silent_until_asked(tmp_path: Path) -> None:
    env = environment("ftp://nowhere", tmp_path, PROGRESSBUS_CODE="perhaps")
    with running_kernel(env) as kernel:
        assert kernel.output(LOAD) == ""
        assert kernel.output("1 + 1") == ""
        status = kernel.output("%progressbus status")
    assert "PROGRESSBUS_URL: an address such as" in status
    assert "PROGRESSBUS_CODE: on or off" in status
