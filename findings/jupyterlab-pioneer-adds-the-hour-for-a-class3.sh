#!/bin/bash
# jupyterlab-pioneer 1.7.3 (PyPI): the exporter's name decides where events are sent.
#
# Guess: `remote_exporter` POSTs to the configured `url`; the `id` is a label, and optional, as its
#   documentation says.
# Seen: an id with "s3" in it, as in "class3", has the event's year, month, day and hour in UTC appended to the
#   path. Without an id nothing is sent: AttributeError.
# What follows: a receiver that answers 404 hears nothing from such a class, and the exporter raises nothing,
#   whatever the status. Choose ids without "s3", and accept paths below one's own.
#
# usage: findings/jupyterlab-pioneer-adds-the-hour-for-a-class3.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  jupyterlab-pioneer==1.7.3 jupyter_server==2.21.1

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import tornado.httpserver
import tornado.netutil
import tornado.web
from jupyterlab_pioneer.default_exporters import remote_exporter

paths = []


class Receiver(tornado.web.RequestHandler):
    def post(self, path):
        paths.append(path)
        self.set_status(200 if path == "/events" else 404)


async def export(**exporter):
    [listener] = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server = tornado.httpserver.HTTPServer(tornado.web.Application([("(.*)", Receiver)]))
    server.add_socket(listener)
    event = {"eventDetail": {"eventName": "CellExecuteEvent", "eventTime": 1795768131176, "eventInfo": {}}}
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/events"
    paths.clear()
    try:
        outcome = (await remote_exporter({**exporter, "url": url, "data": event}))["message"]["code"]
    except Exception as error:
        outcome = type(error).__name__
    finally:
        server.stop()
    return outcome, list(paths)


print("jupyterlab-pioneer", version("jupyterlab-pioneer"))
seen = []
for exporter in ({"id": "class2"}, {"id": "class3"}, {}):
    seen.append(asyncio.run(export(**exporter)))
    print(exporter, *seen[-1])
expected = [(200, ["/events"]), (404, ["/events/2026/11/27/08"]), ("AttributeError", [])]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
