#!/bin/bash
# urllib3 2.8.0 (PyPI): a request without any settings sleeps for as long as the server says, three times.
#
# Guess: retries have to be asked for by status. Without `retries`, a 503 is the answer at once, and `timeout=1`
#   is the most that a call lasts, whatever header a 503 has.
# Seen: one header makes the difference. A 503, 429 or 413 with `Retry-After` to a GET or PUT is slept for and
#   sent again, up to three times, and no `timeout` counts that. The fourth answer is returned as it is,
#   without an exception. A 503 without the header is returned at once, and so is one to a POST. requests, on
#   top of urllib3, switches it off.
# What follows: a health check or a poll that reads a busy ProgressBus this way stands still for 3 s (`Retry-After:
#   1`) or 15 s (5) and then reports the 503. Whoever counts requests sees four. Pass `retries=False`.
#
# usage: findings/urllib3-waits-unasked.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check urllib3==2.8.0 requests==2.34.2

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import http.server
import sys
import threading
import time
from importlib.metadata import version

import requests
import urllib3

came = []


class Busy(http.server.BaseHTTPRequestHandler):
    def answer(self):
        came.append(time.monotonic())
        self.send_response(503)
        if self.path == "/come-back":
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_POST = answer

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
calls = {
    "GET, no header": lambda: urllib3.request("GET", f"{url}/", timeout=0.5).status,
    "GET": lambda: urllib3.request("GET", f"{url}/come-back", timeout=0.5).status,
    "PUT": lambda: urllib3.request("PUT", f"{url}/come-back", timeout=0.5).status,
    "POST": lambda: urllib3.request("POST", f"{url}/come-back", timeout=0.5).status,
    "GET, retries=False": lambda: urllib3.request("GET", f"{url}/come-back", timeout=0.5, retries=False).status,
    "requests' GET": lambda: requests.get(f"{url}/come-back", timeout=0.5).status_code,
}
print("urllib3", version("urllib3"))
seen = {}
for name, call in calls.items():
    came.clear()
    begun = time.monotonic()
    status = call()
    seen[name] = (status, len(came), time.monotonic() - begun >= 3)
    print(f"{name}: {status}, sent {len(came)} times, in {time.monotonic() - begun:.1f} s with a timeout of 0.5 s")
expected = {name: (503, 4, True) if name in ("GET", "PUT") else (503, 1, False) for name in calls}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
