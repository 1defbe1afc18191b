"""An OpenID provider that is not ours (oidc-provider-mock, on Authlib), in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from .classroom_page import ClassroomPage
from .private_stack import DIES_WITH_US, free_ports


class OpenIDProvider:
    def __init__(self, port: int):
        # Another site than 127.0.0.1, where the server under test is.
        self.issuer = f"http://localhost:{port}"

    def person(self, subject: str, **claims) -> None:
        request = urllib.request.Request(
            f"{self.issuer}/users/{subject}", json.dumps(claims).encode(),
            {"Content-Type": "application/json"}, method="PUT")
        urllib.request.urlopen(request, timeout=10).close()

    def agree(self, page: Page, subject: str) -> None:
        """What somebody does on its page."""
        page.locator("input[name=sub]").fill(subject)
        page.get_by_role("button", name="Authorize").click()


    @staticmethod
    def excuse(page: ClassroomPage) -> None:
        """Its own pages ask other hosts, and have no status to be watched."""
        page.faults[:] = [
            fault for fault in page.faults if fault.startswith("error") and "MutationObserver" not in fault]


@contextmanager
def openid_provider() -> Iterator[OpenIDProvider]:
    [port] = free_ports(1)
    process = subprocess.Popen(
        [*DIES_WITH_US, sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"],
        env=os.environ | {"AUTHLIB_INSECURE_TRANSPORT": "1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    provider = OpenIDProvider(port)
    try:
        wait_until_it_answers(provider, process)
        yield provider
    finally:
        process.terminate()
        process.wait(30)


def wait_until_it_answers(provider: OpenIDProvider, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{provider.issuer}/.well-known/openid-configuration", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError("the OpenID provider did not start")
