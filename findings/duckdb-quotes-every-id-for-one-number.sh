#!/bin/bash
# DuckDB 2.0.1 (PyPI): one event with a number for an id, and all ids have quotation marks.
#
# Guess: a column of JSON lines that has texts and a number comes as text: s-1, s-2, 7.
# Seen: if the number is among the first 20480 lines the column's type is JSON: the ids are then `"s-1"` with their
#   quotation marks, 's-1' is no JSON and so an error in `=`, LIKE 's-%' finds nothing, and a join fails. If the
#   number comes later the column is text, as guessed. A column in which every value reads "epoch" or
#   "infinity" is one of dates (1970-01-01, and infinity), and ids that are UUIDs are put into lower case.
# What follows: the same query is right or wrong by where one odd line stands. Name the columns and their types
#   (`columns = {…}`) when a file of events is read.
#
# usage: findings/duckdb-quotes-every-id-for-one-number.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1

venv/bin/python - <<'PYTHON'
import json
import sys

import duckdb


def look(ids, reader="'events.jsonl'"):
    """The column's type, its different values, and how many rows three conditions find."""
    with open("events.jsonl", "w") as file:
        file.writelines(json.dumps({"student_id": value}) + "\n" for value in ids)
    answers = [duckdb.sql(f"DESCRIBE SELECT student_id FROM {reader}").fetchall()[0][1]]
    texts = duckdb.sql(f"SELECT DISTINCT student_id::VARCHAR FROM {reader} ORDER BY 1").fetchall()
    answers.append([text for (text,) in texts])
    if "s-1" in ids:
        for condition in ("= 's-1'", "LIKE 's-%'"):
            try:
                query = f"SELECT count(*) FROM {reader} WHERE student_id {condition}"
                answers.append(duckdb.sql(query).fetchall()[0][0])
            except duckdb.Error as error:
                answers.append(type(error).__name__)
    return answers


print("DuckDB", duckdb.__version__)
texts = ["s-1", "s-2"] * 15000
uuid = "01890A5D-AC96-774B-BCCE-B302099A8057"
seen = {
    "only texts": look(texts),
    "a number in line 11": look(texts[:10] + [7] + texts[10:]),
    "a number in line 25001": look(texts[:25000] + [7] + texts[25000:]),
    "a number in line 11, columns named": look(
        texts[:10] + [7] + texts[10:], "read_json('events.jsonl', columns = {student_id: 'VARCHAR'})"
    ),
    "epoch": look(["epoch"]),
    "infinity": look(["infinity"]),
    "a UUID": look([uuid]),
}
for label, answers in seen.items():
    print(f"{label}: {answers}")
expected = {
    "only texts": ["VARCHAR", ["s-1", "s-2"], 15000, 30000],
    "a number in line 11": ["JSON", ['"s-1"', '"s-2"', "7"], "ConversionException", 0],
    "a number in line 25001": ["VARCHAR", ["7", "s-1", "s-2"], 15000, 30000],
    "a number in line 11, columns named": ["VARCHAR", ["7", "s-1", "s-2"], 15000, 30000],
    "epoch": ["DATE", ["1970-01-01"]],
    "infinity": ["DATE", ["infinity"]],
    "a UUID": ["UUID", [uuid.lower()]],
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
