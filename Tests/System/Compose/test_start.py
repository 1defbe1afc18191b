"""The order of the start, and what it leaves."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime

from support.compose_stack import ROLES, ROOT, SERVERS, ComposeStack


def moment(text: str) -> datetime:
    """Engines write nanoseconds, which Python does not read."""
    head, _, fraction = text.replace(" UTC", "").partition(".")
    fraction = "".join(c for c in fraction if c.isdigit())[:6]
    return datetime.fromisoformat(f"{head[:19].replace(' ', 'T')}.{fraction or 0:0<6}")


def test_everything_is_healthy(stack: ComposeStack):
    for service in SERVERS + ROLES:
        assert stack.is_healthy(service), service


def test_the_roles_start_after_the_migrations_and_those_after_postgres(stack: ComposeStack):
    migrate = stack.state("migrate")
    assert migrate["ExitCode"] == 0
    assert moment(stack.state("postgres")["StartedAt"]) < moment(migrate["StartedAt"])
    for role in ROLES:
        assert moment(migrate["FinishedAt"]) <= moment(stack.state(role)["StartedAt"]), role


def test_a_secret_that_is_missing_stops_the_start_with_its_name(stack: ComposeStack):
    for secret in ["POSTGRES_PASSWORD", "INFLUXDB_PASSWORD", "INFLUXDB_TOKEN"]:
        done = subprocess.run(
            [*stack.compose, "config"], cwd=ROOT, env=os.environ | stack.settings | {secret: ""},
            text=True, capture_output=True, timeout=60)
        assert done.returncode != 0
        assert secret in done.stdout + done.stderr


def test_ports_are_published_on_loopback_alone(stack: ComposeStack):
    for service in SERVERS + ["ingest", "dashboard"]:
        ports = stack.inspect(stack.container(service))["NetworkSettings"]["Ports"]
        addresses = {binding["HostIp"] for bindings in ports.values() for binding in bindings or []}
        assert addresses == {"127.0.0.1"}, service


def test_memory_processes_and_logs_are_limited(stack: ComposeStack):
    for service in SERVERS + ROLES:
        limits = stack.inspect(stack.container(service))["HostConfig"]
        assert limits["Memory"] > 0, service
        # Docker keeps the option, podman the size.
        log = limits["LogConfig"]
        assert "max-size" in (log["Config"] or {}) or log.get("Size") == "10MB", log
        if service in ROLES:
            assert limits["PidsLimit"] == 512, service
