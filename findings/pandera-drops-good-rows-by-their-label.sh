#!/bin/bash
# pandera 0.35.0 with pandas 3.1.1 (PyPI): `drop_invalid_rows` drops rows that are right, and keeps some that are not.
#
# Guess: the rows that fail a check are dropped, and what comes back fits the schema.
# Seen: rows are dropped by their label in the index. After pandas.concat of two files the labels repeat, so with
#   one wrong row goes the right one of the same label; without a label (NaN) a wrong row stays. `unique` drops
#   every copy, the first too. A column of texts that should be integers loses only what is no number,
#   and comes back as texts. `coerce=True` cuts 1.5 to the integer 1 with `int`, and raises with "Int64"; the
#   text "false" becomes True.
# What follows: give the frame a new index (ignore_index=True) before it is validated, count what went, validate
#   the result once more, without dropping, and drop repeated rows (drop_duplicates) before.
#
# usage: findings/pandera-drops-good-rows-by-their-label.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pandera==0.35.0 pandas==3.1.1

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import pandas
import pandera.pandas as pandera

Column = pandera.Column
scores = pandera.DataFrameSchema(
    {"student": Column(str), "score": Column(float, pandera.Check.in_range(0, 1))}, drop_invalid_rows=True
)
monday = pandas.DataFrame({"student": ["s-1", "s-2"], "score": [0.5, 0.6]})
tuesday = pandas.DataFrame({"student": ["s-3", "s-4"], "score": [7.0, 0.8]})
unlabelled = pandas.DataFrame({"student": ["s-1", "s-3"], "score": [0.5, 7.0]}, index=[0, None])


def left(schema, frame):
    """What is left of the first column."""
    return schema.validate(frame, lazy=True).iloc[:, 0].tolist()


def coerced(kind, values):
    try:
        return left(pandera.DataFrameSchema({"n": Column(kind, coerce=True)}), pandas.DataFrame({"n": values}))
    except pandera.errors.SchemaErrors:
        return "raises"


unique = pandera.DataFrameSchema({"student": Column(str, unique=True)}, drop_invalid_rows=True)
whole = pandera.DataFrameSchema({"n": Column(int)}, drop_invalid_rows=True)
seen = {
    "two files, the labels repeat": left(scores, pandas.concat([monday, tuesday])),
    "two files, new labels": left(scores, pandas.concat([monday, tuesday], ignore_index=True)),
    "a wrong row without a label": left(scores, unlabelled),
    "unique": left(unique, pandas.DataFrame({"student": ["s-1", "s-1", "s-2"]})),
    "integers": left(whole, pandas.DataFrame({"n": ["1", "x"]})),
    "1.5 as int": coerced(int, [1.5]),
    "1.5 as Int64": coerced("Int64", [1.5]),
    "false as bool": coerced(bool, ["false"]),
}
print(*(f"{name} {version(name)}" for name in ("pandera", "pandas")))
for label, values in seen.items():
    print(f"{label}: {values}")
expected = {
    "two files, the labels repeat": ["s-2", "s-4"],
    "two files, new labels": ["s-1", "s-2", "s-4"],
    "a wrong row without a label": ["s-1", "s-3"],
    "unique": ["s-2"],
    "integers": ["1"],
    "1.5 as int": [1],
    "1.5 as Int64": "raises",
    "false as bool": [True],
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
