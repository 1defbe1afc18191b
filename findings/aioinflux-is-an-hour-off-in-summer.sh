#!/bin/bash
# aioinflux 0.9.0 (PyPI), the asyncio client of InfluxDB 1: a time without a zone is UTC in winter only.
#
# Guess: a time without a zone is taken for UTC, wherever and whenever the program runs; or else for local time, always.
# Seen: it is turned into UTC as a local time, with summer time, and back with the zone's offset in winter. A program
#   in Berlin or New York writes noon in July as 11:00, and noon in January as 12:00; in UTC and in Tokyo both are
#   right. On the morning when summer begins, half past two and half past three are one time, and so one
#   point. Texts without a Z go the same way. A time with a zone is right.
# What follows: tests in a container, whose zone is UTC, and those in winter pass. Give every time a zone.
#
# usage: findings/aioinflux-is-an-hour-off-in-summer.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  aioinflux==0.9.0 aiohttp==3.14.5 ciso8601==2.4.1

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
import http.server
import os
import sys
import threading
import time
from datetime import datetime, timezone
from importlib.metadata import version

from aioinflux import InfluxDBClient

TIMES = {
    "January": datetime(2026, 1, 15, 12),
    "July": datetime(2026, 7, 1, 12),
    "July, a text": "2026-07-01T12:00:00",
    "July, with a zone": datetime(2026, 7, 1, 12, tzinfo=timezone.utc),
    "half past two": datetime(2026, 3, 29, 2, 30),
    "half past three": datetime(2026, 3, 29, 3, 30),
}
written = []


class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        line = self.rfile.read(int(self.headers["Content-Length"])).decode()
        stored = datetime.fromtimestamp(int(line.split()[-1]) // 10**9, timezone.utc)
        written.append(f"{stored:%H:%M}")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()


async def write():
    written.clear()
    async with InfluxDBClient(host="127.0.0.1", port=server.server_port, db="class") as client:
        for at in TIMES.values():
            await client.write({"measurement": "lesson", "fields": {"points": 1}, "time": at})
    return dict(zip(TIMES, written))


print("aioinflux", version("aioinflux"))
seen = {}
for zone in ("UTC", "Asia/Tokyo", "Europe/Berlin"):
    os.environ["TZ"] = zone
    time.tzset()
    seen[zone] = asyncio.run(write())
    print(zone, seen[zone])
right = dict(zip(TIMES, ("12:00", "12:00", "12:00", "12:00", "02:30", "03:30")))
summer = {"July": "11:00", "July, a text": "11:00", "half past three": "02:30"}
expected = {"UTC": right, "Asia/Tokyo": right, "Europe/Berlin": right | summer}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
