"""A page of another origin, as JupyterLab's is when an extension of it sends events."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable

from playwright.sync_api import Browser

SEND = """
async ([url, events]) => {
  const headers = { "Content-Type": "application/json" };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(events) })).status;
}
"""


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>JupyterLab</title>")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def empty_page(host: str = "localhost") -> Iterator[str]:
    """Where an empty page is served, under this name of the machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def other_origin(browser: Browser) -> Iterator[Callable[[str, list[dict]], int]]:
    """Sends events from the page with the browser's `fetch`; the answer's status."""
    # Another host than 127.0.0.1, by which the server under test is reached.
    with empty_page() as url:
        context = browser.new_context()
        try:
            page = context.new_page()
            page.goto(url)
            yield lambda url, events: page.evaluate(SEND, [url, events])
        finally:
            context.close()
