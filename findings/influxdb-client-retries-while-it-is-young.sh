#!/bin/bash
# influxdb-client 1.50.0 (PyPI): retries of a synchronous write end three minutes after the client was made.
#
# Guess: `InfluxDBClient(retries=WritesRetry(...))` sends a write again after 503 or 429, and `max_retry_time`
#   (180 s by default) is the time for the retries of one write.
# Seen: a write is a POST, and WritesRetry leaves POST out unless `allowed_methods=["POST"]` is given, so nothing
#   is sent again. With it, `max_retry_time` begins when the object is made, and never again. A client that is
#   older than that raises MaxRetryError for the first 503, "max_retry_time exceeded", without a second try.
#   The batching API makes the object anew for each batch, and is fine.
# What follows: a short test sees the retries at work, and a server process that runs for longer than three minutes has
#   none. Make the client for each run, set `max_retry_time` to years, or retry by oneself.
#
# usage: findings/influxdb-client-retries-while-it-is-young.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check influxdb-client==1.50.0 urllib3==2.8.0

"$folder/venv/bin/python" -W ignore - 2>"$folder/log" <<'PYTHON'
import http.server
import sys
import threading
import time
from importlib.metadata import version

from influxdb_client import InfluxDBClient
from influxdb_client.client.write.retry import WritesRetry
from influxdb_client.client.write_api import SYNCHRONOUS

writes = []


class Busy(http.server.BaseHTTPRequestHandler):
    """Answers 503 to the first try of a write, 204 to the next."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        writes.append(self.path)
        self.send_response(503 if len(writes) == 1 else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()


def client(**settings):
    retries = WritesRetry(total=3, retry_interval=0.1, exponential_base=1, max_retry_time=2, **settings)
    made = InfluxDBClient(f"http://127.0.0.1:{server.server_port}", "token", org="school", retries=retries)
    return made.write_api(write_options=SYNCHRONOUS)


def write(api):
    writes.clear()
    try:
        api.write("progress", record="cells done=1")
        outcome = "stored"
    except Exception as error:
        outcome = type(error).__name__
    return outcome, len(writes)


print("influxdb-client", version("influxdb-client"))
seen = {"as the default": write(client())}
api = client(allowed_methods=["POST"])
seen["with POST, new"] = write(api)
time.sleep(2.2)
seen["with POST, older than max_retry_time"] = write(api)
for name, (outcome, tries) in seen.items():
    print(f"{name}: {outcome}, sent {tries} times")
expected = {
    "as the default": ("ApiException", 1),
    "with POST, new": ("stored", 2),
    "with POST, older than max_retry_time": ("MaxRetryError", 1),
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
