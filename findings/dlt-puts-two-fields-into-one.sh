#!/bin/bash
# dlt 1.31.0 (PyPI, the data loader of dltHub): fields disappear on their way into a table.
#
# Guess: two fields that get one column's name are an error, as in `CREATE TABLE`; what does not fit a column's type
#   makes the column wider, or is refused.
# Seen: names are made lower case, with underscores for what is not ASCII, and of several that come out alike the last
#   one is kept: studentId, student_id and StudentID of one event are one column with one value; größe and
#   Größe too; {"a": {"b": 1}, "a__b": 2} loses the 2. A column that began with a date keeps the date of each
#   later time. In a column that began with 1, 2.5 goes to a second column, v__v_double, while 3.0 and "2" become
#   whole numbers of the first. The pipeline reports no failure.
# What follows: sums over the first column lack what came in another shape. Give the columns' types, freeze them
#   (schema_contract), and bring field names to one spelling before.
#
# usage: findings/dlt-puts-two-fields-into-one.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check dlt==1.31.0

export RUNTIME__DLTHUB_TELEMETRY=false RUNTIME__LOG_LEVEL=ERROR DLT_DATA_DIR=$folder/data
export DESTINATION__FILESYSTEM__BUCKET_URL=file://$folder/lake
venv/bin/python -W ignore - <<'PYTHON'
import datetime
import gzip
import json
import pathlib
import sys

import dlt


def load(name, rows):
    """What lies in the table after the rows were loaded, without dlt's own columns."""
    pipeline = dlt.pipeline(name, destination="filesystem", dataset_name=name, pipelines_dir="pipelines")
    pipeline.run(rows, table_name="events", loader_file_format="jsonl").raise_on_failed_jobs()
    loaded = []
    for path in sorted(pathlib.Path("lake", name, "events").glob("*.jsonl*")):
        text = path.read_bytes()
        text = gzip.decompress(text) if text.startswith(b"\x1f\x8b") else text
        for line in text.splitlines():
            loaded.append({key: value for key, value in json.loads(line).items() if not key.startswith("_dlt_")})
    return loaded


day, moment = datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 3, 4, 5, 6)
CASES = {
    "spellings": [{"studentId": "a", "student_id": "b", "StudentID": "c"}],
    "letters": [{"größe": 1, "Größe": 2}],
    "nested": [{"a": {"b": 1}, "a__b": 2}],
    "times": [{"at": day}, {"at": moment}],
    "numbers": [{"v": 1}, {"v": 2.5}, {"v": 3.0}, {"v": "2"}, {"v": "x"}],
}
print("dlt", dlt.__version__)
seen = {name: load(name, rows) for name, rows in CASES.items()}
for name, rows in seen.items():
    print(f"{name}: {CASES[name]}\n    -> {rows}")
expected = {
    "spellings": [{"student_id": "c"}],
    "letters": [{"gr_e": 2}],
    "nested": [{"a__b": 1}],
    "times": [{"at": "2026-01-02"}, {"at": "2026-01-03"}],
    "numbers": [{"v": 1}, {"v__v_double": 2.5}, {"v": 3}, {"v": 2}, {"v__v_text": "x"}],
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
