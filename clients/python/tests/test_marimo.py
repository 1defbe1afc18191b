"""marimo finds the client by its entry points, and its kernels report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import wait_until
from kernel import TIMEOUT, environment
from progressbus.marimo_kernel.cell_names import NamedCell, cells_by_code
from recording_server import RecordingServer

LESSON = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import asyncio
    import marimo as mo
    import progressbus
    return asyncio, mo, progressbus


@app.cell
def square(progressbus):
    # 3, squared
    x = 3 * 2
    progressbus.check("q1", x == 9)
    return (x,)


@app.cell
def _(x):
    1 / (x - 6)
    return


@app.cell(hide_code=True)
def waits(mo):
    mo.stop(True)
    return


@app.cell
async def loud(asyncio):
    await asyncio.sleep(1.3)
    class Loud(Exception):
        def __str__(self):
            print("LOUD")
            return "loud"
    raise Loud()
    return


@app.cell
def tested(x):
    ### BEGIN TESTS
    assert x == 6
    return


if __name__ == "__main__":
    app.run()
"""


def run(folder: Path, env: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    (folder / "lesson.py").write_text(LESSON, "utf-8")
    env = {**env, "PROGRESSBUS_ROOT": str(folder), "MARIMO_SKIP_UPDATE_CHECK": "1"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def export(folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A kernel in which all cells run, in their order."""
    return run(folder, env, "-m", "marimo", "export", "html", "lesson.py", "-o", "lesson.html")


def told(event: dict[str, Any]) -> tuple[Any, ...]:
    names = ("cell_id", "cell_index", "has_error", "error_name", "error_message")
    return tuple(event.get(name) for name in names)


def test_a_kernel_reports_its_cells(server: RecordingServer, tmp_path: Path) -> None:
    env = environment(server.url, tmp_path)
    shown = export(tmp_path, env)
    wait_until(lambda: server.of_type("notebook_closed"))
    ran = sorted(server.of_type("cell_executed"), key=lambda event: event["cell_index"])
    assert [told(event) for event in ran] == [
        # marimo's ids: by place, the same for all who have the notebook.
        ("Hbol", 0, False, None, None),
        ("square", 1, False, None, None),
        ("vblA", 2, True, "ZeroDivisionError", "division by zero"),
        # mo.stop() waits for the reader, and is no failure.
        ("waits", 3, False, None, None),
        # What its __str__ says is not asked for.
        ("loud", 4, True, "Loud", None),
        ("tested", 5, False, None, None),
    ]
    assert [event["cell_id"] for event in server.of_type("cell_started")] == ["loud"]
    assert ran[4]["duration_ms"] >= 1_300
    checks = sorted(server.of_type("exercise_checked"), key=lambda event: event["exercise_id"])
    assert [(e["exercise_id"], e["passed"], e["cell_id"]) for e in checks] == [
        ("q1", False, "square"),
        ("tested", True, "tested"),
    ]
    assert {event["notebook_path"] for event in server.record.accepted} == {"lesson.py"}
    assert not any("code" in event for event in server.record.accepted)
    # And the learner sees what one without reports does.
    alone = export(tmp_path, {**env, "PROGRESSBUS_URL": ""})
    assert (shown.returncode, shown.stdout, shown.stderr) == (
        alone.returncode,
        alone.stdout,
        alone.stderr,
    )


def test_a_notebook_that_runs_as_a_script_reports_too(
    server: RecordingServer, tmp_path: Path
) -> None:
    result = run(tmp_path, environment(server.url, tmp_path), "lesson.py")
    assert "ZeroDivisionError" in result.stderr
    wait_until(lambda: server.of_type("notebook_closed"))
    assert [event["cell_id"] for event in server.of_type("cell_executed")] == [
        "Hbol",
        "square",
        "vblA",
    ]
    assert {event["notebook_path"] for event in server.record.accepted} == {"lesson.py"}


@pytest.mark.parametrize(
    "switched_off",
    [
        {"PROGRESSBUS_URL": ""},
        {
            "MARIMO_CELL_EXECUTOR_DENYLIST": "progressbus",
            "MARIMO_KERNEL_LIFESPAN_DENYLIST": "progressbus",
        },
    ],
)
def test_it_can_be_left_out(
    server: RecordingServer, tmp_path: Path, switched_off: dict[str, str]
) -> None:
    env = environment(server.url, tmp_path, **switched_off)
    export(tmp_path, env)
    assert server.record.accepted == []
    assert not (tmp_path / "spool").exists()


def test_cells_are_named_as_in_the_file() -> None:
    source = LESSON.replace("def waits(mo):", "def waits(\n    mo,\n):")
    cells = cells_by_code(source)
    assert list(cells.values()) == [
        NamedCell(0, None),
        NamedCell(1, "square"),
        NamedCell(2, None),
        NamedCell(3, "waits"),
        NamedCell(4, "loud"),
        NamedCell(5, "tested"),
    ]
    assert cells["1 / (x - 6)"].index == 2
    assert cells["mo.stop(True)"].name == "waits"
    # marimo gives the code of a cell with the comments in front of it.
    assert cells['# 3, squared\nx = 3 * 2\nprogressbus.check("q1", x == 9)'].name == "square"
    assert cells["### BEGIN TESTS\nassert x == 6"].name == "tested"


@pytest.mark.parametrize(
    "source", ["", "x = 1", "def f(", "@app.function\ndef f(): return 1", "\x00"]
)
def test_what_is_no_notebook_names_nothing(source: str) -> None:
    assert cells_by_code(source) == {}
