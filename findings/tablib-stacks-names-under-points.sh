#!/bin/bash
# tablib 3.10.0 (PyPI): two classes' lists are put together, and names stand under points.
#
# Guess: `stack` of two data sets with the same headers in another order puts each value under its header, or raises,
#   as it does when there is a column more. Sorting changes the order of rows, and nothing else.
# Seen: rows are joined by place: with the headers name, points and points, name, the second class's learners are called
#   9 and have "bob" points. `sort` gives a data set without the rows' tags: `filter("late")` finds one learner
#   before, and none after. Of two columns with one header, which `stack_cols` makes, `dict` and JSON have the second
#   alone; CSV has both.
# What follows: bring the second list's columns into the order of the first, filter before sorting, and give columns
#   of two sheets two names.
#
# usage: findings/tablib-stacks-names-under-points.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check tablib==3.10.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from tablib import Dataset
from tablib.exceptions import InvalidDimensions

first = Dataset(["ann", 7], headers=["name", "points"])
second = Dataset([9, "bob"], headers=["points", "name"])
seen = {"stacked": first.stack(second).dict}
try:
    seen["a column more"] = first.stack(Dataset([9, "bob", 1], headers=["points", "name", "attempt"])).dict
except InvalidDimensions:
    seen["a column more"] = "InvalidDimensions"

sheet = Dataset(headers=["name", "points"])
sheet.append(["cy", 8], tags=["late"])
sheet.append(["ann", 7], tags=["in time"])
seen["late"] = sheet.filter("late")["name"]
seen["late, of the sorted"] = sheet.sort("name").filter("late").dict

both = first.stack_cols(Dataset([3], headers=["points"]))
seen["two sheets' points"] = both.dict
seen["the same as CSV"] = both.export("csv").split()

print("tablib", version("tablib"))
for name, outcome in seen.items():
    print(f"{name}: {outcome}")
expected = {
    "stacked": [{"name": "ann", "points": 7}, {"name": 9, "points": "bob"}],
    "a column more": "InvalidDimensions",
    "late": ["cy"],
    "late, of the sorted": [],
    "two sheets' points": [{"name": "ann", "points": 3}],
    "the same as CSV": ["name,points,points", "ann,7,3"],
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
