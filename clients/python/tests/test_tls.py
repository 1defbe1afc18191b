from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from conftest import wait_until
from progressbus.client import Client
from recording_server import RecordingServer

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    path = tmp_path / "server.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(tmp_path / "key.pem"), "-out", str(path)),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (tmp_path / "key.pem").read_text())
    return path


@pytest.fixture
def tls_server(server: RecordingServer, certificate: Path) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.use_tls(context)
    return server.url.replace("http:", "https:")


def test_events_go_through_tls(
    server: RecordingServer,
    tls_server: str,
    certificate: Path,
    make_client: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    client = make_client(tls_server, timeout=5.0)
    for _ in range(500):
        client.record("help")
    wait_until(lambda: len(server.events) == 500)


def test_an_unknown_certificate_gets_nothing(
    server: RecordingServer, tls_server: str, make_client: Callable[..., Client]
) -> None:
    client = make_client(tls_server, timeout=5.0)
    client.record("help")
    wait_until(lambda: "CERTIFICATE_VERIFY_FAILED" in client.state.trouble)
    assert server.record.posts == 0
    assert client.outbox.pending == 1
