"""One Chromium for the session, a page and a stand-in server for each test."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from support.chromium import ChromiumMissing, chromium
from support.class_server import ClassServer
from support.classroom_page import ClassroomPage
from support.operations_server import OperationsServer
from support.private_stack import PrivateStack

#: Long, for busy machines; how soon something shows is measured where it is promised.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser():
    try:
        with chromium() as browser:
            yield browser
    except ChromiumMissing as missing:
        pytest.fail(str(missing))


@pytest.fixture
def server():
    server = ClassServer()
    yield server
    server.stop()


@pytest.fixture
def operations():
    server = OperationsServer()
    yield server
    server.stop()


@pytest.fixture
def open_page(browser: Browser):
    """Opens a page, and fails the test when it reported an error or asked another host."""
    contexts, pages = [], []

    def open_page(url: str, *, allowed_errors: tuple[str, ...] = (), **options) -> ClassroomPage:
        context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1440, "height": 900}} | options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = ClassroomPage(context.new_page(), url, allowed_errors)
        pages.append(page)
        page.open()
        return page

    yield open_page
    for context in contexts:
        context.close()
    for page in pages:
        assert page.faults == []


@pytest.fixture(scope="session")
def binary() -> Path:
    default = Path(__file__).parents[3] / ".build/debug/progressbus"
    path = Path(os.environ.get("PAGE_TEST_BINARY", default))
    if not path.is_file():
        pytest.fail(f"{path} is missing: run `swift build --product progressbus`")
    return path


class _QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="session")
def example_origin() -> Iterator[str]:
    """Where Examples/Dashboard is served: another origin than the stack's."""
    folder = Path(__file__).parents[3] / "Examples/Dashboard"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietFiles, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def stack(binary, example_origin):
    with tempfile.TemporaryDirectory(prefix="progressbus-page-") as folder:
        # PostgreSQL refuses to run as root, so another account must reach the folder.
        os.chmod(folder, 0o755)
        stack = PrivateStack(binary, Path(folder), f"websocket.allowed_origins={example_origin}")
        yield stack
        stack.stop()
