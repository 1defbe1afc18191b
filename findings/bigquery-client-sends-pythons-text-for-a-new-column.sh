#!/bin/bash
# google-cloud-bigquery 3.47.0 (PyPI): a column that was added later gets Python's text.
#
# Guess: a field that the table's schema, as the client knows it, does not have is sent as it is, and
#   BigQuery says what it thinks of it.
# Seen: `insert_rows` puts such a field through Python's str(): a map becomes "{'passed': True}", which is
#   no JSON, a list "['a', 'b']", bytes "b'ab'", True "True", a time one with a blank. None is left out. With
#   the column in the schema all go as they should. `insert_rows_json` sends what it is given.
# What follows: a worker that read the table before a column was added hands over Python's text for it, and a
#   STRING column takes any text. Read the table again after a migration, or give `insert_rows_json` JSON.
#
# usage: findings/bigquery-client-sends-pythons-text-for-a-new-column.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check google-cloud-bigquery==3.47.0

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import datetime
import gzip
import http.server
import json
import sys
import threading
from importlib.metadata import version

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

COLUMNS = {"id": "STRING", "result": "JSON", "tags": "STRING", "code": "BYTES", "passed": "BOOLEAN", "at": "TIMESTAMP"}
received = []


class Service(http.server.BaseHTTPRequestHandler):
    """Has a table with as many columns as it is told, and takes every row."""

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_GET(self):
        fields = [{"name": name, "type": kind} for name, kind in list(COLUMNS.items())[:columns]]
        for field in fields:
            field["mode"] = "REPEATED" if field["name"] == "tags" else "NULLABLE"
        reference = {"projectId": "p", "datasetId": "d", "tableId": "t"}
        self.answer({"tableReference": reference, "schema": {"fields": fields}})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        received.extend(row["json"] for row in json.loads(body)["rows"])
        self.answer({})

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = bigquery.Client(
    project="p",
    credentials=AnonymousCredentials(),
    client_options={"api_endpoint": f"http://127.0.0.1:{server.server_port}"},
)
row = {
    "id": "e-1",
    "result": {"passed": True, "hint": None},
    "tags": ["a", "b"],
    "code": b"ab",
    "passed": True,
    "at": datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
}
print("google-cloud-bigquery", version("google-cloud-bigquery"))
for label, columns in (("as the table is now", len(COLUMNS)), ("as it was with one column", 1)):
    assert client.insert_rows(client.get_table("p.d.t"), [row]) == []
    print(f"{label}: {json.dumps(received[-1])}")
assert client.insert_rows_json("p.d.t", [{"id": "e-1", "result": row["result"]}]) == []
print("insert_rows_json:", json.dumps(received[-1]))
now = {
    "id": "e-1",
    "result": '{"passed": true, "hint": null}',
    "tags": ["a", "b"],
    "code": "YWI=",
    "passed": "true",
    "at": "2026-01-02T03:04:05.000000Z",
}
then = {
    "id": "e-1",
    "result": "{'passed': True, 'hint': None}",
    "tags": "['a', 'b']",
    "code": "b'ab'",
    "passed": "True",
    "at": "2026-01-02 03:04:05+00:00",
}
as_given = {"id": "e-1", "result": {"passed": True, "hint": None}}
for one, other in zip(received, [now, then, as_given]):
    for name in one.keys() | other.keys():
        if one.get(name) != other.get(name):
            print(f"differs: {name}: {one.get(name)!r}, expected {other.get(name)!r}")
sys.exit(0 if received == [now, then, as_given] else "this has changed")
PYTHON
