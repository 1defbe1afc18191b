"""Cells that run for long, and kernels that end without closing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conftest import wait_until
from kernel import environment, run_notebook, running_kernel
from recording_server import RecordingServer

LOAD = "%load_ext progressbus"


def test_a_long_run_is_told_while_it_runs(server: RecordingServer, tmp_path: Path) -> None:
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD)
        kernel.run("import time")
        kernel.send("while True: pass", {"cellId": "endless"})
        wait_until(lambda: server.of_type("cell_started"))
        assert [event["cell_id"] for event in server.of_type("cell_executed")][-1] != "endless"
        kernel.manager.interrupt_kernel()
        wait_until(lambda: any(e["cell_id"] == "endless" for e in server.of_type("cell_executed")))
    (started,) = server.of_type("cell_started")
    assert started["cell_id"] == "endless"
    (ended,) = [e for e in server.of_type("cell_executed") if e["cell_id"] == "endless"]
    assert started["execution_count"] == ended["execution_count"]
    assert started["occurred_at"] < ended["occurred_at"]
    assert ended["duration_ms"] >= 1_000


def test_short_runs_are_not_told(server: RecordingServer, tmp_path: Path) -> None:
    run_notebook([LOAD, *["x = 1"] * 5], environment(server.url, tmp_path))
    wait_until(lambda: server.of_type("notebook_closed"))
    assert len(server.of_type("cell_executed")) == 6
    assert server.of_type("cell_started") == []


def test_the_next_kernel_tells_that_the_last_one_died(
    server: RecordingServer, tmp_path: Path
) -> None:
    env = environment(server.url, tmp_path, PROGRESSBUS_NOTEBOOK="week1.ipynb")
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        kernel.run("x = 1")
        wait_until(lambda: len(server.of_type("cell_executed")) == 2)
        kernel.send("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
        wait_until(lambda: not kernel.manager.is_alive())
    (opened,) = server.of_type("notebook_opened")
    assert server.of_type("kernel_died") == []

    run_notebook([LOAD], {**env, "PROGRESSBUS_NOTEBOOK": "week2.ipynb"})
    wait_until(lambda: server.of_type("kernel_died"))
    wait_until(lambda: server.of_type("notebook_closed"))
    (died,) = server.of_type("kernel_died")
    assert died["session_id"] == opened["session_id"]
    assert died["notebook_path"] == "week1.ipynb"
    assert died["student_id"] == "ada"
    assert died["course_id"] == "python-1"
    assert died["occurred_at"] > opened["occurred_at"]

    # Said once, and nothing of a kernel that closed.
    run_notebook([LOAD], env)
    wait_until(lambda: len(server.of_type("notebook_closed")) == 2)
    assert len(server.of_type("kernel_died")) == 1
    assert left_in(tmp_path) == []


def left_in(folder: Path) -> list[Any]:
    return [path.name for path in (folder / "spool").glob("*/*") if path.is_file()]
