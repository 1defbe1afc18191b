"""Loading never fails, and a rename is noticed where the real Jupyter Server runs the kernel."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient

from conftest import wait_until
from kernel import TIMEOUT, environment, running_kernel
from recording_server import RecordingServer

LOAD = "%load_ext progressbus"


def run_python(script: str, env: dict[str, str]) -> str:
    """What a plain Python prints, errors included."""
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=env,
        check=True,
        timeout=60,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return finished.stdout


@pytest.mark.parametrize("shell", ["None", "object()", "type('Shell', (), {'user_ns': {}})()"])
@pytest.mark.parametrize("missing", ["", "import sys; sys.modules['IPython'] = None"])
def test_without_ipython(tmp_path: Path, shell: str, missing: str) -> None:
    printed = run_python(
        f"""
        {missing}
        import progressbus
        progressbus.load_ipython_extension({shell})
        progressbus.load_ipython_extension({shell})
        print(progressbus.__version__)
        """,
        environment("http://127.0.0.1:9", tmp_path),
    )
    assert printed.count("ProgressBus is not loaded and reports nothing (") == 2
    assert "Traceback" not in printed


_NO_THREADS = """
import _thread, threading
def refuse(*_, **__):
    raise RuntimeError("can't start new thread")
for module in (_thread, threading):
    for name in ("start_new_thread", "start_joinable_thread", "_start_new_thread",
                 "_start_joinable_thread"):
        if hasattr(module, name):
            setattr(module, name, refuse)
"""


def test_without_threads_events_wait_for_the_next_kernel(
    server: RecordingServer, tmp_path: Path
) -> None:
    env = environment(server.url, tmp_path)
    with running_kernel(env) as kernel:
        kernel.run(_NO_THREADS)
        assert kernel.output(LOAD) == ""
        assert kernel.run("x = 1")["status"] == "ok"
        assert "Your teacher will see" in kernel.output("%progressbus help")
        assert "gives the client no thread (can't start new thread)" in kernel.output(
            "%progressbus status"
        )
        assert not server.events
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: server.of_type("help"))
        wait_until(lambda: len(server.of_type("notebook_closed")) == 1)
    assert len(server.of_type("notebook_opened")) == 2


def test_a_thread_that_comes_later_sends_all(server: RecordingServer, tmp_path: Path) -> None:
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run("import threading, _thread\nkept = vars(threading).copy(), vars(_thread).copy()")
        kernel.run(_NO_THREADS)
        kernel.run(LOAD)
        kernel.run("vars(threading).update(kept[0]); vars(_thread).update(kept[1])")
        # Tried again once a minute; a minute is too long for a test.
        kernel.run(
            "import gc, progressbus.delivery.sender as s\n"
            "[each] = [o for o in gc.get_objects() if type(o) is s.Sender]\n"
            "each._next_start = 0.0"
        )
        kernel.run("x = 1")
        wait_until(lambda: len(server.of_type("cell_executed")) == 4)
        assert "works" in kernel.output("%progressbus status")


@pytest.mark.parametrize(
    "variables",
    [
        {"PROGRESSBUS_SPOOL_DIR": "~nobody-of-that-name/spool"},
        {"PROGRESSBUS_SPOOL_LIMIT": "9" * 5_000},
        {"PROGRESSBUS_TIMEOUT": "nan"},
        {"PROGRESSBUS_URL": "http://[::1"},
        {"PROGRESSBUS_STUDENT": "\udcff"},
        {"PROGRESSBUS_ROOT": "\x1b"},
    ],
)
def test_an_environment_that_makes_no_sense(tmp_path: Path, variables: dict[str, str]) -> None:
    with running_kernel(environment("http://127.0.0.1:9", tmp_path, **variables)) as kernel:
        assert kernel.output(LOAD) == ""
        (name,) = variables
        assert re.search(rf"Problem: +{name}: ", kernel.output("%progressbus status"))


def test_a_hub_user_whose_name_is_no_text(server: RecordingServer, tmp_path: Path) -> None:
    env = environment(server.url, tmp_path, JUPYTERHUB_USER="ada\udcff")
    del env["PROGRESSBUS_STUDENT"]
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: server.events)
    assert {event["student_id"] for event in server.events} == {"ada\ufffd"}


class JupyterServer:
    """A real Jupyter Server, asked as a front end asks it."""

    def __init__(self, url: str, runtime: Path) -> None:
        self._url = url
        self._runtime = runtime

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        headers = {"Authorization": "token t", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}/api/{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.loads(answer.read() or b"null")

    def run(self, kernel: str, code: str) -> None:
        client = BlockingKernelClient(
            connection_file=str(self._runtime / f"kernel-{kernel}.json"),
        )
        client.load_connection_file()
        client.start_channels()
        try:
            client.execute(code, reply=True, timeout=TIMEOUT)
        finally:
            client.stop_channels()


def _listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running_jupyter_server(env: dict[str, str], root: Path) -> Iterator[JupyterServer]:
    runtime = root / "runtime"
    arguments = [
        *(sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser"),
        *("--ServerApp.port=0", "--IdentityProvider.token=t", f"--ServerApp.root_dir={root}"),
    ]
    env = {**env, "JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_CONFIG_DIR": str(root / "config")}
    with (root / "log").open("w") as log:
        process = subprocess.Popen(arguments, env=env, stdout=log, stderr=log)
        try:
            wait_until(lambda: list(runtime.glob("jpserver-*.json")), TIMEOUT)
            (file,) = runtime.glob("jpserver-*.json")
            wait_until(lambda: file.read_text().endswith("}"), TIMEOUT)
            port = json.loads(file.read_text())["port"]
            # The file is there a moment before the server listens.
            wait_until(lambda: _listens(port), TIMEOUT)
            yield JupyterServer(f"http://127.0.0.1:{port}", runtime)
        finally:
            process.terminate()
            process.wait(TIMEOUT)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("name", [{"name": "one.ipynb"}, {}], ids=["named", "by path alone"])
def test_a_rename_in_jupyter(server: RecordingServer, tmp_path: Path, name: dict[str, str]) -> None:
    pytest.importorskip("jupyter_server")
    env = environment(server.url, tmp_path, PROGRESSBUS_ROOT=str(tmp_path))
    cells = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    notebook = {"type": "notebook", "content": cells}
    (tmp_path / "week1").mkdir()
    (tmp_path / "week2").mkdir()
    with running_jupyter_server(env, tmp_path) as jupyter:
        jupyter.ask("PUT", "contents/week1/one.ipynb", notebook)
        wanted = {"path": "week1/one.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
        session = jupyter.ask("POST", "sessions", {**wanted, **name})
        kernel = session["kernel"]["id"]
        jupyter.run(kernel, LOAD)
        # A save, a rename, a save, a move to another folder.
        paths = ["week1/one.ipynb", "week1/two.ipynb", "week1/two.ipynb", "week2/three.ipynb"]
        for before, path in zip(paths, paths[1:]):
            jupyter.ask("PUT", f"contents/{before}", notebook)
            if path != before:
                jupyter.ask("PATCH", f"contents/{before}", {"path": path})
                renamed = {"path": path, **({"name": os.path.basename(path)} if name else {})}
                jupyter.ask("PATCH", f"sessions/{session['id']}", renamed)
            jupyter.run(kernel, f"{path!r}")
        jupyter.ask("POST", f"kernels/{kernel}/restart")
        jupyter.run(kernel, LOAD)
        jupyter.ask("DELETE", f"sessions/{session['id']}")
        wait_until(lambda: len(server.of_type("notebook_closed")) == 2, TIMEOUT)
    events = sorted(server.events, key=lambda event: str(event["event_id"]))
    told = [e["notebook_path"] for e in events if e["event_type"] == "cell_executed"]
    assert told == [*paths, "week2/three.ipynb"]
