"""What cells do to the interpreter reaches no report."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from conftest import wait_until
from kernel import environment, run_notebook, running_kernel
from recording_server import RecordingServer

LOAD = "%load_ext progressbus"

TAMPERING = {
    "time": """
        import time
        for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep"):
            setattr(time, name, lambda *_: 1_326_511_294_000_000_000)
        """,
    "freezegun": """
        from freezegun import freeze_time
        freeze_time("2012-01-14").start();
        """,
    "time-machine": """
        import datetime, time_machine
        time_machine.travel(datetime.datetime(2012, 1, 14)).start();
        """,
    "datetime": """
        import datetime
        datetime.datetime = datetime.timezone = None
        """,
    "json": """
        import json
        pretty = json.dumps
        json.dumps = lambda *values, **options: pretty(*values, **{**options, "indent": 2})
        """,
    "print and open": """
        import builtins
        for name in ("print", "open", "input", "round", "divmod", "abs", "all", "any"):
            setattr(builtins, name, lambda *_, **__: "mine")
        """,
    "uuid": """
        import random, uuid
        uuid.uuid4 = uuid.UUID = None
        random.seed(1)
        random.random = random.Random = None
        """,
    "environment": """
        import os
        os.environ.clear()
        os.environ = {}
        os.chdir("/")
        """,
    # What a well-known guard for running strangers' solutions takes away.
    "guard": """
        import builtins, os, shutil, subprocess
        for name in ("kill", "system", "putenv", "remove", "removedirs", "rmdir", "fchdir",
                     "setuid", "fork", "forkpty", "killpg", "rename", "renames", "truncate",
                     "replace", "unlink", "fchmod", "fchown", "chmod", "chown", "chroot",
                     "lchown", "getcwd", "chdir"):
            setattr(os, name, None)
        shutil.rmtree = shutil.move = shutil.chown = subprocess.Popen = None
        builtins.exit = builtins.quit = builtins.help = None
        """,
    "files": """
        import builtins, io, os, pathlib
        builtins.open = io.open = os.open = os.write = os.read = os.lseek = os.fstat = None
        pathlib.Path.unlink = pathlib.Path.open = pathlib.Path.mkdir = None
        """,
    "threads": """
        import queue, threading
        threading.Thread = threading.local = None
        queue.Queue = queue.SimpleQueue = queue.Empty = None
        """,
    "network": """
        import http.client, socket, urllib.parse, urllib.request
        socket.socket = socket.getaddrinfo = socket.create_connection = None
        socket.setdefaulttimeout(0.000001)
        urllib.request.urlopen = urllib.parse.urlsplit = None
        http.client.HTTPConnection = http.client.HTTPSConnection = None
        """,
    "compression": """
        import gzip, zlib
        gzip.compress = zlib.compress = zlib.compressobj = None
        """,
    "warnings": """
        import warnings
        warnings.simplefilter("error")
        """,
    "recursion": """
        import sys
        sys.setrecursionlimit(200)
        """,
    "namespace": "%reset -f",
    "streams": """
        import io, sys
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
        """,
}


# The kernel dies of most replacements itself, so these stand in the client's way alone.
_BARRIER = """
import builtins, datetime, hashlib, http.client, io, json, os, queue, random, socket, sys
import threading, time, types, unicodedata, uuid, weakref, zlib
refused = set()
def bar(module, name, real, frame_of=sys._getframe):
    def barred(*arguments, **named):
        caller = frame_of(1).f_globals.get("__name__", "")
        if caller.startswith("progressbus"):
            refused.add((caller, module.__name__, name))
            raise RuntimeError("out of reach")
        return real(*arguments, **named)
    return barred
needs_its_frame = {"locals", "globals", "vars", "dir", "eval", "exec", "super", "__import__"}
modules = (builtins, hashlib, json, os, random, socket, threading, time, unicodedata, uuid, zlib)
for module in modules:
    for name, real in list(vars(module).items()):
        is_function = isinstance(real, (types.FunctionType, types.BuiltinFunctionType))
        if is_function and name not in needs_its_frame and not name.startswith("__"):
            setattr(module, name, bar(module, name, real))
"""


def dedented(code: str) -> str:
    return re.sub(r"(?m)^ {8}", "", code).strip()


@pytest.mark.parametrize("what", TAMPERING)
def test_a_cell_that_tampers(server: RecordingServer, tmp_path: Path, what: str) -> None:
    started = datetime.now(timezone.utc)
    names = [f"cell-{number}" for number in range(20)]
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD, {"cellId": "load"})
        kernel.run(dedented(TAMPERING[what]), {"cellId": "tamper"})
        for name in names:
            kernel.run(f"x = {'y' * 100!r}", {"cellId": name})
        kernel.run("%progressbus help", {"cellId": "help"})
        kernel.run("1 / 0", {"cellId": "failed"})
        wait_until(lambda: _cells(server)[-1:] == ["failed"])
    # A kernel that may not warn does not end when it is asked to, and is killed.
    if what != "warnings":
        wait_until(lambda: server.of_type("notebook_closed"))
    assert _cells(server) == ["load", "tamper", *names, "help", "failed"]
    assert len(server.of_type("help")) == 1
    assert set(server.arrivals().values()) == {1}
    ended = datetime.now(timezone.utc)
    for event in server.events:
        moment = datetime.fromisoformat(event["occurred_at"].replace("Z", "+00:00"))
        assert started - timedelta(seconds=1) <= moment <= ended + timedelta(seconds=1)
        assert 0 <= event.get("duration_ms", 0) < 60_000
    failed = server.of_type("cell_executed")[-1]
    assert (failed["has_error"], failed["error_message"]) == (True, "division by zero")
    if what != "warnings":
        assert not list(tmp_path.rglob("*.ndjson"))


def test_the_client_calls_nothing_that_a_cell_can_replace(
    server: RecordingServer, tmp_path: Path
) -> None:
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD, {"cellId": "load"})
        # The sender is at rest, so all that follows is new.
        wait_until(lambda: _cells(server) == ["load"])
        assert kernel.run(_BARRIER, {"cellId": "tamper"})["status"] == "ok"
        names = [f"cell-{number}" for number in range(50)]
        for name in names:
            kernel.run(f"x = {'y' * 100!r}", {"cellId": name})
        kernel.run("1 / 0", {"cellId": "failed"})
        wait_until(lambda: _cells(server)[-1:] == ["failed"])
        assert "Your teacher" in kernel.output("%progressbus help")
        assert "works" in kernel.output("%progressbus status")
        kernel.run("%progressbus configure course=c2 code=on", {"cellId": "configure"})
        kernel.run("2", {"cellId": "last"})
        wait_until(lambda: _cells(server)[-1:] == ["last"])
        assert kernel.output("print(sorted(refused))") == "[]\n"
    wait_until(lambda: server.of_type("notebook_closed"))
    assert _cells(server)[1 : len(names) + 3] == ["tamper", *names, "failed"]


def _cells(server: RecordingServer) -> list[Any]:
    ran = sorted(server.of_type("cell_executed"), key=lambda event: str(event["event_id"]))
    return [event["cell_id"] for event in ran]


def test_a_path_that_jupyter_told_is_kept(server: RecordingServer, tmp_path: Path) -> None:
    (tmp_path / "week1").mkdir()
    (tmp_path / "week1" / "a.ipynb").write_text("{}")
    env = environment(
        server.url,
        tmp_path,
        JPY_SESSION_NAME=str(tmp_path / "week1" / "a.ipynb"),
        PROGRESSBUS_ROOT=str(tmp_path),
    )
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        for code in (
            "import os\nos.environ['JPY_SESSION_NAME'] = '/x.ipynb'",
            "os.environ.clear()\nos.chdir('/')",
            "os.readlink = os.fstat = os.path.join = None",
            "%reset -f",
        ):
            kernel.run(code)
        kernel.run("1")
    wait_until(lambda: server.of_type("notebook_closed"))
    assert {event["notebook_path"] for event in server.events} == {"week1/a.ipynb"}


def test_answers_to_the_magic_come_whatever_print_is(tmp_path: Path) -> None:
    with running_kernel(environment("", tmp_path)) as kernel:
        kernel.run(LOAD)
        kernel.run("import builtins\nbuiltins.print = lambda *_, **__: None")
        assert "does not know yet" in kernel.output("%progressbus help")


def test_who_looks_at_requests_does_not_see_the_token(
    server: RecordingServer, tmp_path: Path
) -> None:
    """A common recipe makes `http.client` print every request, headers included."""
    sources = [
        "import http.client\nhttp.client.HTTPConnection.debuglevel = 1",
        LOAD,
        "http.client.HTTPConnection.debuglevel = 1\nimport time",
        *["x = 1"] * 5,
        "import time\ntime.sleep(0.5)",
    ]
    env = environment(server.url, tmp_path, PROGRESSBUS_TOKEN="s3cret-token")
    notebook = run_notebook(sources, env)
    wait_until(lambda: server.of_type("notebook_closed"))
    assert server.record.requests[0].headers["Authorization"] == "Bearer s3cret-token"
    assert [cell.outputs for cell in notebook.cells] == [[]] * len(sources)
