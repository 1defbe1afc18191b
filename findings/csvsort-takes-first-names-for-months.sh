#!/bin/bash
# csvkit 2.2.0, frictionless 5.21.0 (PyPI): a list of learners is sorted, and has other names, lessons and ids.
#
# Guess: `csvsort` moves lines and leaves their cells as they are. At most, numbers are written alike.
# Seen: it writes each column by the type that it makes of its cells. April, May and June, three first names, become
#   days of the year 1; Null and None, two surnames, are empty; the lessons 1-2 and 2-3 are days of 2001; the classes
#   9d and 10d are spans of days; the ids 0042 and 0007 are 42 and 7, a commit's short name 12e4567 is
#   1.2E+4568, and 3m for three metres is 0:03:00. One cell of another kind in the column, and all stay text.
#   csvjoin and csvjson do the same. `--no-inference` still empties Null. frictionless, whose `validate` calls all
#   of it valid, extracts the lesson 1-2 as 1-02, and makes numbers of the ids and of the commit.
# What follows: a small group's list is changed where the school's is not, by who is in it. Give `--no-inference` and
#   `--blanks`, and frictionless a schema, wherever a column holds ids or names.
#
# usage: findings/csvsort-takes-first-names-for-months.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  csvkit==2.2.0 agate==1.14.2 frictionless==5.21.0

cd "$folder"
export LC_ALL=C.UTF-8
venv/bin/python - <<'PYTHON'
import csv
import json
import subprocess
import sys
from importlib.metadata import version

COLUMNS = {
    "first name": ["April", "May", "June"],
    "surname": ["Null", "None", "Null"],
    "lesson": ["1-2", "2-3", "1-2"],
    "class": ["9d", "10d", "9d"],
    "id": ["0042", "0007", "0100"],
    "commit": ["12e4567", "7654321", "1234567"],
    "jump": ["3m", "2m", "4m"],
    "mixed": ["May", "0042", "1-2"],
}


def run(*command):
    """What a tool writes."""
    return subprocess.run([f"venv/bin/{command[0]}", *command[1:]], check=True, capture_output=True, text=True).stdout


def first_line(text):
    return next(csv.DictReader(text.splitlines()))


with open("learners.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["place", *COLUMNS])
    writer.writerows(zip("abc", *COLUMNS.values()))

print(*(f"{name} {version(name)}" for name in ("csvkit", "agate", "frictionless")))
changed = first_line(run("csvsort", "-c", "place", "learners.csv"))
as_text = first_line(run("csvsort", "-c", "place", "--no-inference", "learners.csv"))
kept = first_line(run("csvsort", "-c", "place", "--no-inference", "--blanks", "learners.csv"))
joined = first_line(run("csvjoin", "-c", "place", "learners.csv", "learners.csv"))
as_json = json.loads(run("csvjson", "learners.csv"))[0]
extracted = first_line(run("frictionless", "extract", "learners.csv", "--csv"))
valid = json.loads(run("frictionless", "validate", "learners.csv", "--json"))["valid"]
for name, cells in COLUMNS.items():
    print(f"{name}: {cells[0]} -> csvsort {changed[name]!r}, frictionless {extracted[name]!r}")
expected = {
    "place": "a",
    "first name": "0001-04-01",
    "surname": "",
    "lesson": "2001-01-02",
    "class": "9 days, 0:00:00",
    "id": "42",
    "commit": "1.2E+4568",
    "jump": "0:03:00",
    "mixed": "May",
}
original = {"place": "a"} | {name: cells[0] for name, cells in COLUMNS.items()}
right = changed == expected and kept == original and as_text == original | {"surname": ""}
right = right and {name: joined[name] for name in expected} == expected
right = right and (as_json["first name"], as_json["surname"], as_json["lesson"]) == ("0001-04-01", None, "2001-01-02")
right = right and valid and extracted == original | {"lesson": "1-02", "id": "42", "commit": "1.2E+4568"}
sys.exit(0 if right else "this has changed")
PYTHON
