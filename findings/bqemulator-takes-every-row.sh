#!/bin/bash
# bqemulator 1.4.0 (PyPI), BigQuery on DuckDB: it takes rows that BigQuery refuses, and counts otherwise.
#
# Guess: an emulator with insertAll answers with `insertErrors`, as its documentation has them, and what its SQL
#   cannot do is an error.
# Seen: rows with a column that the table does not have, without a REQUIRED one, with a text that is too long, with
#   1.5 or true for an integer: all are taken, without an error; the unknown column is left out, 1.5 becomes 1. BigQuery
#   looks for columns whatever their case, so ID is id; here it is unknown, and the row has no id. Weeks
#   begin on Monday, 2.5 becomes the integer 2, a place behind an array's end is NULL, twelve hours over midnight are
#   a day, 1.9 seconds are 2, and the BIGNUMERIC 1e30 is 0.
# What follows: a test that passes here says little about rows that must be refused, about weeks, or about rounding.
#   Check rows against the schema yourself, and try such queries on BigQuery, where a dry run costs nothing.
#
# usage: findings/bqemulator-takes-every-row.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
server=
clean() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  bqemulator==1.4.0 duckdb==1.5.5 duckdb-extension-spatial==1.5.5 numpy==2.4.6
# The emulator loads this extension at its start, from where DuckDB looks for it.
extension=$(echo venv/lib/python3*/site-packages/duckdb_extension_spatial/extensions/v1.5.5/spatial.duckdb_extension)
platform=$(venv/bin/python -c 'import duckdb; print(duckdb.sql("PRAGMA platform").fetchone()[0])')
mkdir -p "home/.duckdb/extensions/v1.5.5/$platform"
mv "$extension" "home/.duckdb/extensions/v1.5.5/$platform"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
HOME=$folder/home venv/bin/bqemulator start --rest-port "$port" --grpc-port "$(free_port)" --project p >log 2>&1 &
server=$!

venv/bin/python - "$port" <<'PYTHON'
import json
import sys
import time
import urllib.request
from importlib.metadata import version

PROJECT = f"http://127.0.0.1:{sys.argv[1]}/bigquery/v2/projects/p"


def post(path, body):
    request = urllib.request.Request(PROJECT + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def query(text):
    rows = post("/queries", {"query": text, "useLegacySql": False})["rows"]
    return [[cell["v"] for cell in row["f"]] for row in rows]


for left in reversed(range(120)):
    try:
        post("/datasets", {"datasetReference": {"projectId": "p", "datasetId": "d"}})
        break
    except OSError:
        if not left:
            raise
        time.sleep(1)
columns = [
    {"name": "id", "type": "STRING", "mode": "REQUIRED"},
    {"name": "n", "type": "INTEGER"},
    {"name": "s", "type": "STRING", "maxLength": "3"},
]
table = {"projectId": "p", "datasetId": "d", "tableId": "t"}
post("/datasets/d/tables", {"tableReference": table, "schema": {"fields": columns}})

print("bqemulator", version("bqemulator"))
ROWS = [
    {"id": "a", "wrong": 1},
    {"n": 2},
    {"id": "c", "s": "long"},
    {"id": "d", "n": 1.5},
    {"id": "e", "n": True},
    {"ID": "f"},
]
errors = [post("/datasets/d/tables/t/insertAll", {"rows": [{"json": row}]})["insertErrors"] for row in ROWS]
stored = query("SELECT id, n, s FROM d.t ORDER BY id, n")
print("errors:", errors)
print("stored:", stored)

# What comes, and what BigQuery's documentation says.
EXPRESSIONS = {
    "FORMAT_TIMESTAMP('%F', TIMESTAMP_TRUNC(TIMESTAMP '2026-01-02', WEEK))": ("2025-12-29", "2025-12-28"),
    "CAST(2.5 AS INT64)": ("2", "3"),
    "[1, 2][OFFSET(5)]": (None, "an error"),
    "TIMESTAMP_DIFF(TIMESTAMP '2026-01-02', TIMESTAMP '2026-01-01 12:00:00', DAY)": ("1", "0"),
    "UNIX_SECONDS(TIMESTAMP '1970-01-01 00:00:01.9+00')": ("2", "1"),
    "BIGNUMERIC '1e30' > 1": ("false", "true"),
}
expected_rows = [
    [None, None, None],
    [None, "2", None],
    ["a", None, None],
    ["c", None, "long"],
    ["d", "1", None],
    ["e", "1", None],
]
changed = any(errors) or stored != expected_rows
for expression, (expected, documented) in EXPRESSIONS.items():
    seen = query(f"SELECT {expression} AS x")[0][0]
    changed |= seen != expected
    print(f"{expression}: {seen}, BigQuery: {documented}")
sys.exit("this has changed" if changed else 0)
PYTHON
