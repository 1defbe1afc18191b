"""The promise in figures: many cells, a server that is down and comes back, a cell's delay."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from conftest import wait_until
from kernel import Kernel, environment, running_kernel
from recording_server import RecordingServer

#: 10,000 take half a minute: `CLIENT_TEST_CELLS=10000 pytest tests/test_overhead.py`.
CELLS = int(os.environ.get("CLIENT_TEST_CELLS", "2000"))

_MEASURE = """
import time
shell = get_ipython()
names = ("pre_run_cell", "post_execute", "post_run_cell")
hooks = [hook for name in names
         for hook in shell.events.callbacks[name]
         if type(hook.__self__).__module__.startswith("progressbus")]
assert len(hooks) == 3
spent = []
def timed(hook):
    def run(*arguments):
        started, worked = time.perf_counter_ns(), time.thread_time_ns()
        hook(*arguments)
        spent.append((time.perf_counter_ns() - started, time.thread_time_ns() - worked))
    return run
replacements = [timed(hook) for hook in hooks]
for name, hook, replacement in zip(names, hooks, replacements):
    shell.events.unregister(name, hook)
    shell.events.register(name, replacement)
"""

_SUMS = (
    "repr([sorted(sum(part[kind] for part in parts) / 1e6"
    " for parts in zip(spent[2::3], spent[3::3], spent[4::3])) for kind in (0, 1)])"
)


def test_many_cells_of_a_real_kernel_with_the_server_down_then_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RecordingServer() as reserved:
        port = reserved.port
    with running_kernel(environment(f"http://127.0.0.1:{port}", tmp_path)) as kernel:
        kernel.run("%load_ext progressbus", {"cellId": "load"})
        kernel.run(_MEASURE, {"cellId": "measure"})
        for first in range(0, CELLS, 100):
            # A hundred at once, as "Run All" does.
            sent = [
                kernel.send(f"x = {number}", {"cellId": f"cell-{number}"})
                for number in range(first, first + 100)
            ]
            assert all(kernel.reply(each)["status"] == "ok" for each in sent)
        spent, worked = _milliseconds(kernel)
        assert len(spent) >= CELLS
        with RecordingServer(port) as server:
            kernel.run("%progressbus configure timeout=10")
            wait_until(lambda: len(server.of_type("cell_executed")) >= CELLS + 4)
            ran = [event["cell_id"] for event in server.of_type("cell_executed")]
            expected = {f"cell-{number}" for number in range(CELLS)}
            assert expected <= set(ran)
            assert set(server.arrivals().values()) == {1}
            requests = len(server.record.requests)
            kernel.manager.shutdown_kernel()
            wait_until(lambda: server.of_type("notebook_closed"))
    with capsys.disabled():
        print(
            f"\n{len(spent):,} cells, server down: a cell's overhead {_figures(spent)}, "
            f"processor time {_figures(worked)}; then sent in {requests} requests"
        )
    # The promise, where other work on this machine does not count.
    assert worked[len(worked) * 99 // 100] < 1
    assert not list(tmp_path.rglob("*.ndjson"))


def _milliseconds(kernel: Kernel) -> tuple[list[float], list[float]]:
    """What the hooks took together, a cell, in order of size: by the clock, and of processor."""
    reply = kernel.run("None", user_expressions={"sums": _SUMS})
    text = ast.literal_eval(reply["user_expressions"]["sums"]["data"]["text/plain"])
    spent, worked = ast.literal_eval(text)
    return spent, worked


def _figures(milliseconds: list[float]) -> str:
    median = milliseconds[len(milliseconds) // 2]
    p99 = milliseconds[len(milliseconds) * 99 // 100]
    return f"{median:.3f} ms median, {p99:.3f} ms p99, {milliseconds[-1]:.3f} ms at most"


def test_a_plain_terminal(server: RecordingServer, tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        shell.run_cell("%load_ext progressbus", store_history=True)
        shell.run_cell("1 / 0", store_history=True)
        """
    )
    subprocess.run(
        [sys.executable, "-c", script],
        env=environment(server.url, tmp_path),
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )
    assert {event["notebook_path"] for event in server.events} == {"ipython"}
    assert [event["event_type"] for event in server.events] == [
        "notebook_opened",
        "cell_executed",
        "cell_executed",
        "notebook_closed",
    ]
    assert server.events[2]["error_name"] == "ZeroDivisionError"
