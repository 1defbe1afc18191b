"""Debian's browser: nothing is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright


class ChromiumMissing(Exception):
    def __init__(self):
        super().__init__("no chromium in PATH: install the Debian package chromium, or set CHROMIUM")


_running: list[Playwright] = []


@contextmanager
def playwright() -> Iterator[Playwright]:
    """The one of this process: a second one in the same thread is refused."""
    if _running:
        yield _running[0]
        return
    with sync_playwright() as started:
        _running.append(started)
        try:
            yield started
        finally:
            _running.clear()


@contextmanager
def chromium(home: Path | None = None) -> Iterator[Browser]:
    """
    :param home: whose certificate store (`.pki/nssdb`) is trusted; None for the account's own.
    """
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not program:
        raise ChromiumMissing
    with playwright() as started:
        environment = None if home is None else os.environ | {"HOME": str(home)}
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"], env=environment)
        try:
            yield browser
        finally:
            browser.close()
