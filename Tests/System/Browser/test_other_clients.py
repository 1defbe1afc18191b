"""Other people's clients as their users install and set them up: JupyterLab, Chromium, POST, both stores, the teacher's screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import Request, expect

from support.jupyter_server import JupyterServer
from support.private_stack import PrivateStack

ROOT = Path(__file__).parents[3]
COURSE = "py101"
#: In the environment of the learner's Jupyter server. No word of ours has it.
MARK = "qzxmark"


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="progressbus-clients-") as folder:
        # PostgreSQL refuses to run as root, so another account must reach the folder.
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def stack(binary, folder):
    stack = PrivateStack(binary, folder, "ingest.clients=pioneer,unianalytics", "ingest.clients_course=c-2")
    yield stack
    stack.stop()


@pytest.fixture
def jupyter_with(tmp_path):
    """Starts JupyterLab with one of the clients; left out where the client cannot be had, but not in CI."""
    servers = []

    def jupyter_with(package: str, config: dict[str, str], **environment: str) -> JupyterServer:
        (pinned,) = [line for line in (Path(__file__).parent / "other-clients.txt").read_text().splitlines()
                     if line.startswith(f"{package}==")]
        installed = ROOT / ".build/other-clients" / pinned
        if not installed.is_dir():
            installed.parent.mkdir(parents=True, exist_ok=True)
            fresh = tempfile.mkdtemp(prefix="new-", dir=installed.parent)
            pip = subprocess.run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                 "--retries=1", "--timeout=15", f"--target={fresh}", pinned], capture_output=True, text=True)
            if pip.returncode and not os.environ.get("CI"):
                pytest.skip(f"{pinned} cannot be installed: {pip.stderr[-500:]}")
            assert pip.returncode == 0, pip.stderr
            os.rename(fresh, installed)
        folder = tmp_path / "jupyter"
        for name, text in config.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        kept = {name: value for name, value in os.environ.items() if "JUPYTER" not in name}
        servers.append(JupyterServer("lab", folder, kept | {
            "PYTHONPATH": str(installed), "JUPYTER_PATH": str(installed / "share/jupyter"),
            "JUPYTER_CONFIG_PATH": str(installed / "etc/jupyter"), "IPYTHONDIR": str(tmp_path / "ipython"),
            "SECRET_TOKEN": MARK, **environment}))
        return servers[-1]

    yield jupyter_with
    for server in servers:
        server.stop()


@pytest.fixture
def recorder(stack):
    """Stands in front of the server and keeps what comes by: path and body."""
    recorded: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            recorded.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(post(stack, *recorded[-1]))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", recorded
    server.shutdown()
    server.server_close()


@pytest.fixture
def desk(browser):
    """The learner's browser."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def open_class(stack, open_page):
    def open_class(course: str):
        page = open_page(f"{stack.url}?course={course}", allowed_errors=("503", "404", "WebSocket"))
        page.expect_counter("all", 1, timeout=30_000)
        page.wait_for_status("live")
        return page

    return open_class


def wait_for(read, expected, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while (found := read()) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found == expected


def post(stack, path: str, body: bytes) -> int:
    request = urllib.request.Request(stack.url.rstrip("/") + path, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status


def points(stack, course: str, columns: str) -> list[list]:
    query = f"select {columns} from progress_event where course_id = '{course}' and event_type = 'cell_executed'"
    return [point[1:] for point in stack.points(query)]


def wait_until_all_is_stored(stack) -> None:
    """Until an event that is sent now is stored: all before it is, then."""
    before = stack.rows("select count(*) from progress_events where course_id = 'last'")
    stack.post([{"event_type": "notebook_opened", "course_id": "last", "student_id": "x", "notebook_path": "x"}])
    wait_for(
        lambda: int(stack.rows("select count(*) from progress_events where course_id = 'last'")[0][0]),
        int(before[0][0]) + 1)
    wait_for(
        lambda: [point[1] for point in stack.points(
            "select count(notebook_path) from progress_event where course_id = 'last'")],
        [int(before[0][0]) + 1])


def everything(stack, folder: Path) -> dict[str, str]:
    """All that the servers hold, and all that they have written, by its place."""
    urls = stack.urls()
    redis = ["redis-cli", "-p", str(stack.redis_port)]

    def output(*command: str) -> str:
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode(errors="replace")

    reads = {"stream": ["xrange", "-", "+"], "hash": ["hgetall"], "string": ["get"],
             "set": ["smembers"], "zset": ["zrange", "0", "-1"], "list": ["lrange", "0", "-1"]}
    found = {"PostgreSQL": output("pg_dump", "--data-only", urls["DATABASE_URL"])}
    for key in output(*redis, "keys", "*").split():
        command, *rest = reads[output(*redis, "type", key).strip()]
        found[f"Redis {key}"] = output(*redis, command, key, *rest)
    asked = urllib.parse.urlencode({"db": urls["INFLUXDB_DATABASE"], "q": "select * from /.*/"})
    with urllib.request.urlopen(f"{urls['INFLUXDB_URL']}/query?{asked}", timeout=30) as answer:
        found["InfluxDB"] = answer.read().decode()
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        found[str(file)] = file.read_bytes().decode(errors="replace")
    return found


def test_jupyterlab_pioneer(stack, folder, jupyter_with, recorder, desk, open_class):
    url, recorded = recorder
    events = [{"name": name, "logWholeNotebook": name == "NotebookSaveEvent", "logCellMetadata": True} for name in (
        "NotebookOpenEvent", "NotebookSaveEvent", "NotebookVisibleEvent", "ActiveCellChangeEvent", "CellEditEvent",
        "CellExecuteEvent")]
    config = f"""
c.JupyterLabPioneerApp.exporters = [{{
    "type": "remote_exporter",
    "args": {{"id": "ProgressBus", "url": "{url}/pioneer", "params": {{"course": "{COURSE}"}}, "env": ["JUPYTERHUB_USER"]}},
    "activeEvents": {events!r},
}}]
"""
    jupyter = jupyter_with(
        "jupyterlab-pioneer", {"config/jupyter_jupyterlab_pioneer_config.py": config}, JUPYTERHUB_USER="s-1")
    title, right, wrong = jupyter.save("week1/loops.ipynb", ["total = 6 * 7", f"total # {MARK}", "total / 0"])
    jupyter.run_all(desk, "week1/loops.ipynb")

    page = open_class(COURSE)
    for cell, solved in (("Cell 1", 1), ("Cell 2", 1), ("Cell 3", 0)):
        page.expect_bar(cell, solved, timeout=30_000)
    expect(page.page.locator("progress-board h2")).to_contain_text("loops")
    desk.keyboard.press("Control+s")
    executed = """
      select student_id, notebook_path, cell_id, cell_index, has_error, error_name, error_message
      from progress_events where event_type = 'cell_executed' and course_id = 'py101' order by occurred_at"""
    common = ["s-1", "week1/loops.ipynb"]
    wait_for(lambda: stack.rows(executed), [
        [*common, title, "0", "f", "", ""], [*common, right, "1", "f", "", ""],
        [*common, wrong, "2", "t", "ZeroDivisionError", "division by zero"]])
    counts = "select event_type, count(*) from progress_events where course_id = 'py101' group by 1 order by 1"
    expected = [["cell_executed", "3"], ["notebook_opened", "1"], ["notebook_saved", "1"]]
    wait_for(lambda: stack.rows(counts), expected)
    wait_for(
        lambda: points(stack, COURSE, "student_id, cell_id, has_error"),
        [["s-1", title, False], ["s-1", right, False], ["s-1", wrong, True]])

    # What it has sent is sent once more.
    assert any(b"NotebookOpenEvent" in body and MARK.encode() in body for _, body in recorded)
    for path, body in list(recorded):
        assert post(stack, path, body) == 202
    wait_until_all_is_stored(stack)
    assert stack.rows(counts) == expected
    assert len(points(stack, COURSE, "cell_id")) == 3

    # And an opened notebook, environment and all, that PostgreSQL refuses.
    stack.rows("alter table progress_events add constraint none_more check (notebook_path <> 'refused.ipynb')")
    jupyter.save("refused.ipynb", ["1"])
    desk.goto(f"{jupyter.url}/lab/tree/refused.ipynb")
    wait_for(lambda: len(stack.get("api/v1/dead-letters?sink=postgres")["dead_letters"]) > 0, True)

    for place, text in everything(stack, folder).items():
        assert MARK not in text, place
        found = ("PostgreSQL", "Redis progress-events:journal", "Redis progress-events:dead-letters", "InfluxDB")
        assert "s-1" in text or place not in found, place


def test_jupyterlab_unianalytics_telemetry(stack, jupyter_with, desk, open_class):
    settings = "config/lab/user-settings/jupyterlab_unianalytics_telemetry/{}.jupyterlab-settings"
    jupyter = jupyter_with("jupyterlab-unianalytics-telemetry", {
        settings.format("endpoint"): json.dumps({"useLocalBackend": False, "backendEndpoint": stack.url.rstrip("/")}),
        settings.format("settings"): json.dumps({"SendExtension": True}),
        settings.format("dialogShownSettings"): json.dumps({"DialogShown": True}),
    }, JUPYTERHUB_USER="s-2")
    cells = jupyter.save("copy.ipynb", ["total = 6 * 7", f"total # {MARK}", "total / 0"])
    # As the teacher's upload to the extension's own server leaves it.
    notebook = nbformat.read(jupyter.lessons / "copy.ipynb", as_version=4)
    notebook.metadata["unianalytics_notebook_id"] = "loops"
    notebook.metadata["unianalytics_cell_mapping"] = [[cell, f"orig-{place}"] for place, cell in enumerate(cells)]
    nbformat.write(notebook, jupyter.lessons / "copy.ipynb")
    sent: list[Request] = []
    desk.on("request", lambda request: sent.append(request) if request.url.startswith(f"{stack.url}send/") else None)

    def opened() -> bool:
        desk.wait_for_timeout(100)
        return any(request.url.endswith("/clickevent/notebook") for request in sent)

    jupyter.open(desk, "copy.ipynb")
    wait_for(opened, True)
    jupyter.run_cells(desk)
    page = open_class("c-2")
    for cell, solved in (("Cell orig-0", 1), ("Cell orig-1", 1), ("Cell orig-2", 0)):
        page.expect_bar(cell, solved, timeout=30_000)
    executed = """
      select student_id, notebook_path, cell_id, has_error, error_name, error_message, duration_ms > 0
      from progress_events where event_type = 'cell_executed' and course_id = 'c-2' order by occurred_at"""
    wait_for(lambda: stack.rows(executed), [
        ["s-2", "loops", "orig-0", "f", "", "", "t"], ["s-2", "loops", "orig-1", "f", "", "", "t"],
        ["s-2", "loops", "orig-2", "t", "ZeroDivisionError", "division by zero", "t"]])
    # When the extension says that a notebook is closed depends on how its page ends.
    counts = """
      select event_type, count(*) from progress_events where course_id = 'c-2' and event_type <> 'notebook_closed'
      group by 1 order by 1"""
    expected = [["cell_executed", "3"], ["notebook_opened", "1"]]
    wait_for(lambda: stack.rows(counts), expected)
    wait_for(
        lambda: points(stack, "c-2", "student_id, cell_id, has_error"),
        [["s-2", "orig-0", False], ["s-2", "orig-1", False], ["s-2", "orig-2", True]])

    # Code and output came along; what was sent is sent once more.
    assert any(MARK in (request.post_data or "") for request in sent)
    for request in list(sent):
        assert post(stack, urlsplit(request.url).path, request.post_data_buffer) == 202
    wait_until_all_is_stored(stack)
    assert stack.rows(counts) == expected
    assert len(points(stack, "c-2", "cell_id")) == 3
    assert MARK not in json.dumps(stack.rows("select progress_events::text from progress_events"))
