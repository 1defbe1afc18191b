from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from progressbus.client import Client
from progressbus.delivery.endpoint import Endpoint
from progressbus.settings import Settings
from recording_server import RecordingServer


def wait_until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait for `condition`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with RecordingServer() as running:
        yield running


@pytest.fixture
def fast_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backoff in hundredths of seconds: the schedule itself has tests of its own."""
    monkeypatch.setattr("progressbus.delivery.retry.FIRST_WAIT", 0.02)
    monkeypatch.setattr("progressbus.delivery.retry.LONGEST_WAIT", 0.1)


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    clients = []

    def make(url: str, **changes: Any) -> Client:
        values = {"student": "ada", "spool_dir": tmp_path / "spool", "timeout": 0.5, **changes}
        settings = Settings(url=Endpoint.parse(url), **values)
        client = Client(settings, [], lambda _: "lesson.ipynb")
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.finish_close(0.2)
