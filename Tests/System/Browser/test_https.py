"""The page over HTTPS with a school's own authority: certificates are checked, and nothing is ignored."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import time
import urllib.request
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Error

from support.chromium import chromium
from support.classroom_page import ClassroomPage
from support.private_stack import DIES_WITH_US, free_ports

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def run(*command: str | Path, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    """An authority of its own (`authority.pem`), and a certificate for `localhost` by it."""
    folder = tmp_path_factory.mktemp("certificates")
    run("openssl", "req", "-x509", *KEY, "-keyout", "authority.key", "-out", "authority.pem", "-days", "2",
        "-subj", "/CN=School", cwd=folder)
    run("openssl", "req", *KEY, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server",
        "-addext", "subjectAltName=DNS:localhost", cwd=folder)
    run("openssl", "x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
        "-CAcreateserial", "-copy_extensions", "copy", "-days", "2", "-out", "server.pem", cwd=folder)
    return folder


class EncryptedServer:
    """A process over HTTPS, on the servers of the stack."""

    def __init__(self, binary: Path, folder: Path, servers: dict[str, str], certificates: Path):
        (self.port,) = free_ports(1)
        self.url = f"https://localhost:{self.port}/"
        self.trust = ssl.create_default_context(cafile=str(certificates / "authority.pem"))
        self.log = folder / "https.log"
        settings = {
            "PROGRESSBUS_HTTP_TLS_CERTIFICATE": str(certificates / "server.pem"),
            "PROGRESSBUS_HTTP_TLS_KEY": str(certificates / "server.key")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_US, binary, "serve", "--roles", "ingest,dashboard", "--http-port", str(self.port)],
                env=os.environ | servers | settings, cwd=folder, stdout=log, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(self.url + "health/ready", timeout=10, context=self.trust):
                    return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"it did not become ready:\n{self.log.read_text()[-4000:]}") from None
                time.sleep(0.2)

    def post(self, event: dict) -> None:
        request = urllib.request.Request(
            self.url + "student-progress", json.dumps(event).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30, context=self.trust) as answer:
            assert answer.status == 202

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def server(binary, stack, certificates, tmp_path_factory):
    server = EncryptedServer(binary, tmp_path_factory.mktemp("https"), stack.urls(), certificates)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def home_that_trusts(certificates, tmp_path_factory) -> Path:
    """A home folder in whose certificate store the authority is, as a school's machines have it."""
    if not shutil.which("certutil"):
        pytest.fail("no certutil in PATH: install the Debian package libnss3-tools")
    home = tmp_path_factory.mktemp("home")
    store = home / ".pki/nssdb"
    store.mkdir(parents=True)
    run("certutil", "-N", "-d", f"sql:{store}", "--empty-password", cwd=home)
    run("certutil", "-A", "-d", f"sql:{store}", "-n", "school", "-t", "C,,", "-i", certificates / "authority.pem",
        cwd=home)
    return home


def test_the_page_and_its_live_stream_work_over_https(server, home_that_trusts):
    course = f"course-{uuid.uuid4()}"
    event = {"event_type": "cell_executed", "course_id": course, "student_id": "s1", "student_name": "Ada",
             "notebook_path": "a.ipynb", "cell_id": "c0", "cell_index": 0, "has_error": False, "duration_ms": 1}
    server.post(event)
    with chromium(home=home_that_trusts) as browser:
        tab = browser.new_page()
        sockets: list[str] = []
        tab.on("websocket", lambda socket: sockets.append(socket.url))
        page = ClassroomPage(tab, f"{server.url}?course={course}", allowed_errors=("503", "404", "WebSocket"))
        page.open()
        page.wait_for_status("live", timeout=30_000)
        page.expect_counter("all", 1, timeout=30_000)
        assert tab.evaluate("isSecureContext && location.protocol") == "https:"
        assert sockets and all(url.startswith(f"wss://localhost:{server.port}/") for url in sockets)
        server.post(event | {"cell_id": "c1", "cell_index": 1})
        page.expect_bar("Cell 2", 1, timeout=30_000)
        assert page.faults == []
        with pytest.raises(Error, match="ERR_CERT_COMMON_NAME_INVALID"):
            browser.new_page().goto(f"https://127.0.0.1:{server.port}/")


def test_a_browser_that_does_not_know_the_authority_refuses(server, tmp_path):
    with chromium(home=tmp_path) as browser, pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        browser.new_page().goto(server.url)
