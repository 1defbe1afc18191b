"""One stack for all tests, made from nothing and taken away with its volumes."""

from __future__ import annotations

import os
import time
import uuid

import pytest

from support.compose_stack import ComposeStack
from support.dashboard import Dashboard
from support.waiting import eventually


@pytest.fixture(scope="session")
def figures(request):
    """What was measured; printed at the end."""
    figures: dict[str, str] = {}
    yield figures
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        for name, value in figures.items():
            print(f"\n  {name}: {value}", end="")


@pytest.fixture(scope="session")
def stack(figures):
    stack = ComposeStack()
    stack.run("--profile", "notebook", "down", "--volumes")
    if os.environ.get("COMPOSE_BUILD", "yes") == "yes":
        started = time.monotonic()
        # First one of the services that share an image: not every builder sees that they are the same.
        stack.run("build", "migrate", seconds=3 * 3600)
        stack.run("--profile", "notebook", "build", seconds=3600)
        figures["build"] = f"{time.monotonic() - started:.0f} s"
    started = time.monotonic()
    try:
        stack.up()
        figures["up, nothing there before"] = f"{time.monotonic() - started:.0f} s"
        yield stack
    finally:
        if os.environ.get("COMPOSE_KEEP") != "yes":
            stack.run("--profile", "notebook", "down", "--volumes")


@pytest.fixture
def course() -> str:
    return f"course-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def dashboard(stack: ComposeStack, course: str):
    dashboard = Dashboard(stack.url("dashboard", "ws"), course, stack.authorization(course))
    eventually("the dashboard's hello", lambda: dashboard.connections)
    yield dashboard
    dashboard.close()
