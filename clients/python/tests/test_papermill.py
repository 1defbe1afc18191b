"""A notebook that papermill runs, with parameters and without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat

from conftest import wait_until
from kernel import TIMEOUT, environment
from recording_server import RecordingServer


def run_by_papermill(folder: Path, env: dict[str, str], *parameters: str) -> None:
    sources = ["%load_ext progressbus", "alpha = 1", "x = alpha + 1", "y = x * 2"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[1].metadata["tags"] = ["parameters"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(notebook, folder / "lesson.ipynb")
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "lesson.ipynb", "ran.ipynb"]
    for parameter in parameters:
        command += ["-p", *parameter.split("=")]
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True, timeout=TIMEOUT)


def test_the_injected_cell_moves_no_number(server: RecordingServer, tmp_path: Path) -> None:
    cells = []
    for parameters in ((), ("alpha=7", "names=ada")):
        server.record.accepted.clear()
        run_by_papermill(tmp_path, environment(server.url, tmp_path), *parameters)
        wait_until(lambda: server.of_type("notebook_closed"))
        events = server.of_type("cell_executed")
        cells.append([event["cell_id"] for event in sorted(events, key=lambda e: e["event_id"])])
    without, injected = cells
    assert without == [f"execution-{number}" for number in (1, 2, 3, 4)]
    assert injected == [*without[:2], "injected-parameters", *without[2:]]
