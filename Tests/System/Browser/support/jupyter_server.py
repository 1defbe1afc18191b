"""JupyterLab and Notebook as learners start them."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
from playwright.sync_api import Page

from .private_stack import DIES_WITH_US, free_ports

#: The front ends, by the path under which each shows a notebook.
FRONT_ENDS = {"lab": "lab/tree", "notebook": "notebooks"}
_APPLICATIONS = {"lab": "LabApp", "notebook": "JupyterNotebookApp"}

#: A notebook's metadata, without which JupyterLab asks which kernel to start.
PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}

KERNEL_IS_READY = """
() => {
  const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
  return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}
"""


class JupyterServer:
    def __init__(self, front_end: str, folder: Path, environment: dict[str, str]):
        (port,) = free_ports(1)
        self.front_end = front_end
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "jupyter.log"
        self.lessons = folder / "learner"
        self.lessons.mkdir(parents=True)
        private = {
            f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_US, sys.executable, "-m", "jupyter", front_end, "--no-browser", "--allow-root", f"--port={port}",
                 "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
                 f"--ServerApp.root_dir={self.lessons}",
                 f"--{_APPLICATIONS[front_end]}.expose_app_in_browser=True"],
                env=environment | private | {"PROGRESSBUS_ROOT": str(self.lessons)}, cwd=self.lessons,
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self._wait_until_ready(time.monotonic() + 60)

    def _wait_until_ready(self, deadline: float) -> None:
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/api/status", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"jupyter {self.front_end} did not start:\n{self.log.read_text()[-4000:]}")

    def save(self, path: str, sources: list[str]) -> list[str]:
        """Writes a notebook; the ids of its cells."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in sources],
            metadata=PYTHON)
        file = self.lessons / path
        file.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, file)
        return [cell.id for cell in notebook.cells]

    def run_all(self, page: Page, path: str) -> None:
        """Opens a notebook and runs its cells as a learner does, once the kernel is there."""
        self.open(page, path)
        self.run_cells(page)

    def open(self, page: Page, path: str) -> None:
        page.goto(f"{self.url}/{FRONT_ENDS[self.front_end]}/{path}")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
        page.wait_for_function(KERNEL_IS_READY, timeout=60_000)

    def run_cells(self, page: Page) -> None:
        cells = page.locator(".jp-Notebook .jp-CodeCell")
        count = cells.count()
        cells.first.locator(".cm-content").click()
        for _ in range(count):
            page.keyboard.press("Shift+Enter")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
