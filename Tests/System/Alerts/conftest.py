"""One program and one Prometheus for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alerting.program import Program
from alerting.prometheus import Prometheus
from support.compose_stack import ROOT


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    binary = Path(os.environ.get("ALERT_TEST_BINARY", ROOT / ".build/debug/progressbus"))
    if not binary.exists():
        pytest.fail(f"there is no {binary}: build it, or set ALERT_TEST_BINARY")
    program = Program(binary, tmp_path_factory.mktemp("program"), {
        "journal.max_entries": "15000", "websocket.queue_bytes": "65536",
        "bq_sync.interval_seconds": "1",
    })
    yield program
    program.stop()


@pytest.fixture(scope="session")
def prometheus(program, tmp_path_factory):
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{program.port}")
    yield prometheus
    prometheus.stop()
