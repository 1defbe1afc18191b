#!/bin/bash
# Polars 2.1.0 (PyPI): a field that is missing from a file's first 100 lines is missing from the table.
#
# Guess: a key that first comes late in a file of JSON lines gives a column, empty for the lines before, or an error,
#   as a value of a wrong type does.
# Seen: Polars looks at 100 lines for the columns, and drops without a word every key that comes later, inside
#   nested objects too, with `ignore_errors` or without. Yet a field that is null in these lines and a text later is
#   an error. pyarrow and pandas have the column wherever it comes; DuckDB 2.0.1 looks at 20480 lines, and raises
#   for a key behind them. Of a key that is there twice, Polars takes the first value, pandas the last, and
#   the other two refuse.
# What follows: hints, errors and anything rare vanish from a day's file, and a test on a small file shows
#   nothing. Give `infer_schema_length=None`, or a schema.
#
# usage: findings/polars-leaves-out-a-field-that-comes-late.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  polars==2.1.0 duckdb==2.0.1 pyarrow==26.0.1 pandas==3.1.1

venv/bin/python - <<'PYTHON'
import json
import sys
from importlib.metadata import version

import duckdb
import pandas
import polars
import pyarrow.json

READERS = {
    "polars": lambda: polars.read_ndjson("events.jsonl"),
    "polars, ignore_errors": lambda: polars.read_ndjson("events.jsonl", ignore_errors=True),
    "polars, all lines": lambda: polars.read_ndjson("events.jsonl", infer_schema_length=None),
    "duckdb": lambda: duckdb.sql("FROM 'events.jsonl'").df(),
    "duckdb, all lines": lambda: duckdb.sql("FROM read_json('events.jsonl', sample_size = -1)").df(),
    "pyarrow": lambda: pyarrow.json.read_json("events.jsonl"),
    "pandas": lambda: pandas.read_json("events.jsonl", lines=True),
}


def has_hint(read):
    try:
        table = read()
    except Exception:
        return "raises"
    return "hint" in (table.column_names if isinstance(table, pyarrow.Table) else list(table.columns))


def look(*lines):
    with open("events.jsonl", "w") as file:
        file.writelines(line + "\n" for line in lines)
    return [has_hint(read) for read in READERS.values()]


usual = json.dumps({"event": "cell_executed", "data": {"cell": 1}})
empty = json.dumps({"event": "cell_executed", "data": {"cell": 1}, "hint": None})
rare = json.dumps({"event": "help", "data": {"cell": 1, "why": "stuck"}, "hint": "h-1"})
seen = {
    "a key in line 100": look(*[usual] * 99, rare),
    "a key in line 101": look(*[usual] * 100, rare),
    "a key in line 20481": look(*[usual] * 20480, rare),
    "null, and a text in line 101": look(*[empty] * 100, rare),
}
print(*(f"{name} {version(name)}" for name in ("polars", "duckdb", "pyarrow", "pandas")))
print("readers:", *(f"[{name}]" for name in READERS))
for label, found in seen.items():
    print(f"{label}: {found}")

look(*[usual] * 100, rare)
nested = list(polars.read_ndjson("events.jsonl")["data"].struct.fields)
look('{"hint": 1, "hint": 2}')
twice = (polars.read_ndjson("events.jsonl").item(), pandas.read_json("events.jsonl", lines=True).iloc[0, 0].item())
print(f"in the nested object: {nested}, a key twice: polars {twice[0]}, pandas {twice[1]}")
expected = {
    "a key in line 100": [True, True, True, True, True, True, True],
    "a key in line 101": [False, False, True, True, True, True, True],
    "a key in line 20481": [False, False, True, "raises", True, True, True],
    "null, and a text in line 101": ["raises", True, True, True, True, True, True],
}
refused = look('{"hint": 1, "hint": 2}')[3:6]
unchanged = seen == expected and nested == ["cell"] and twice == (1, 2) and refused == ["raises"] * 3
sys.exit(0 if unchanged else "this has changed")
PYTHON
