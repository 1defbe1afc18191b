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
def other_origin(browser: Browser) -> Iterator[Callable[[str, list[dict]], int]]:
    """Sends events from the page with the browser's `fetch`; the answer's status."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context()
    try:
        page = context.new_page()
        # Another host than 127.0.0.1, by which the server under test is reached.
        page.goto(f"http://localhost:{server.server_address[1]}")
        yield lambda url, events: page.evaluate(SEND, [url, events])
    finally:
        context.close()
        server.shutdown()
        server.server_close()
