#!/bin/bash
# chDB 4.4.0 (PyPI, ClickHouse 26.9.2 in the process): JSON lines are stored, with other values.
#
# Guess: a value that its column cannot hold is refused, as a text for a number is.
# Seen: only what cannot be read is refused. A number that is too large wraps around: 3000000000 in an Int32 is
#   -1294967296, 300 in an UInt8 is 44. A time in milliseconds is read as seconds, and ends in the year 9999; what
#   lies before 1970 or behind 2106 moves to that end of DateTime. Of 1.999 a Decimal with two places keeps 1.99.
#   When the columns are inferred, a key that first comes behind 25000 lines is left out. toDate of a day that does
#   not exist is 1970-01-01, a week begins on Sunday and 2.5 is rounded to 2.
# What follows: a 200 is no receipt for the values. Send times with their unit known, or as text; compare sums and the
#   least and greatest time after a load.
#
# usage: findings/clickhouse-stores-another-number.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check chdb==4.4.0 chdb-core==26.9.0

venv/bin/python - <<'PYTHON'
import json
import sys
from importlib.metadata import version

from chdb import session

clickhouse = session.Session()


def ask(query):
    return str(clickhouse.query(query, "TabSeparated")).strip()


clickhouse.query("CREATE DATABASE d ENGINE = Atomic")


def stored(kind, value):
    """What is in the column after a line of JSON was inserted."""
    clickhouse.query(f"CREATE OR REPLACE TABLE d.t (x {kind}) ENGINE = Memory")
    try:
        clickhouse.query(f"INSERT INTO d.t FORMAT JSONEachRow {json.dumps({'x': value})}")
    except Exception:
        return "refused"
    return ask("SELECT x FROM d.t")


CASES = [
    ("Int32", 3000000000, "-1294967296"),
    ("UInt8", 300, "44"),
    ("Int32", "many", "refused"),
    ("Int32", 1.9, "refused"),
    ("DateTime64(3, 'UTC')", 1767323045, "2026-01-02 03:04:05.000"),
    ("DateTime64(3, 'UTC')", 1767323045123, "9999-12-31 23:59:59.000"),
    ("DateTime('UTC')", "1960-01-01 00:00:00", "1970-01-01 00:00:00"),
    ("DateTime('UTC')", "2110-01-01 00:00:00", "2106-02-07 06:28:15"),
    ("Decimal(10, 2)", 1.999, "1.99"),
]
print("chdb", version("chdb"), "ClickHouse", ask("SELECT version()"))
changed = False
for kind, value, expected in CASES:
    seen = stored(kind, value)
    changed |= seen != expected
    print(f"{kind} of {value!r}: {seen}")

columns = {}
for lines in (24999, 30000):
    with open("events.jsonl", "w") as file:
        file.write('{"event": "cell"}\n' * lines + '{"event": "help", "hint": "h-1"}\n')
    described = ask("DESCRIBE file('events.jsonl', JSONEachRow)")
    columns[lines] = [line.split("\t")[0] for line in described.splitlines()]
    print(f"columns with a key behind {lines} lines: {columns[lines]}")
answers = ask("SELECT toDate('2026-13-45'), toStartOfWeek(toDate('2026-01-02')), round(2.5)").split("\t")
print("a day that does not exist, the start of a week, 2.5 rounded:", answers)
changed |= columns != {24999: ["event", "hint"], 30000: ["event"]}
changed |= answers != ["1970-01-01", "2025-12-28", "2"]
clickhouse.close()
sys.exit("this has changed" if changed else 0)
PYTHON
