"""The promise in figures: 10,000 cells, a server that is down and comes back, a cell's delay."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from conftest import wait_until
from kernel import environment, running_kernel
from recording_server import RecordingServer

CELLS = 10_000

_MEASURE = f"""
import json, time
shell = get_ipython()
hooks = [hook for name in ("pre_run_cell", "post_run_cell")
         for hook in shell.events.callbacks[name]
         if type(hook.__self__).__module__.startswith("progressbus")]
assert len(hooks) == 2
spent = []
def timed(hook):
    def run(argument):
        started = time.perf_counter_ns()
        hook(argument)
        spent.append(time.perf_counter_ns() - started)
    return run
replacements = [timed(hook) for hook in hooks]
for name, hook, replacement in zip(("pre_run_cell", "post_run_cell"), hooks, replacements):
    shell.events.unregister(name, hook)
    shell.events.register(name, replacement)
"""

_REPORT = """
pairs = sorted((spent[i] + spent[i + 1]) / 1e6 for i in range(1, len(spent) - 2, 2))
print([len(pairs), pairs[len(pairs) // 2], pairs[len(pairs) * 99 // 100], pairs[-1]])
"""


def test_ten_thousand_cells_of_a_real_kernel_with_the_server_down_then_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RecordingServer() as reserved:
        port = reserved.port
    with running_kernel(environment(f"http://127.0.0.1:{port}", tmp_path)) as kernel:
        kernel.run("%load_ext progressbus", {"cellId": "load"})
        kernel.run(_MEASURE, {"cellId": "measure"})
        for number in range(CELLS):
            reply = kernel.run(f"x = {number}", {"cellId": f"cell-{number}"})
            assert reply["status"] == "ok"
        count, median, p99, longest = ast.literal_eval(kernel.output(_REPORT))
        assert count >= CELLS
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
            f"\n{count} cells, server down: a cell's overhead {median:.3f} ms median, "
            f"{p99:.3f} ms p99, {longest:.3f} ms at most; then sent in {requests} requests"
        )
    # Ten times the promise: this machine may be busy with other things.
    assert p99 < 10
    assert not list(tmp_path.rglob("*.ndjson"))


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
