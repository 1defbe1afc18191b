#!/bin/bash
# nbgrader 0.9.6 (PyPI): a due date at +0200 is two hours off, and one in CEST, too.
#
# Guess: "2026-07-01 10:00:00 +0200" and "2026-07-01 10:00:00 CEST" are 08:00 UTC, or an error.
# Seen: where a blank stands before the zone, `+0200` is read as a number, of seconds: 09:56:40 UTC. With a "T" and
#   a colon it is right. An abbreviation that is not a zone's file, as CEST, counts as UTC; CET, which has
#   a file, is an hour. Nothing is warned of.
#   The gradebook stores that as the due date, and nbgrader's own web page writes `+0200` there: it is what
#   `to_numeric_tz` makes of the course's zone for it.
# What follows: in Berlin's summer a sheet that is handed in at 11:30, an hour and a half late, is in time; in New York
#   one that is hours early is late. Write zones as `Europe/Berlin`, or use UTC.
#
# usage: findings/nbgrader-takes-0200-for-200-seconds.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# Without JupyterLab and its widgets, which nbgrader also asks for.
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  nbclient==0.11.0 nbformat==5.11.1 jupyter_server==2.21.1 setuptools==80.9.0 python-dateutil==2.9.0.post0 \
  alembic==1.20.1 rapidfuzz==3.14.6 requests==2.34.2 sqlalchemy==2.1.9
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check --no-deps nbgrader==0.9.6

cd "$folder"
# nbgrader runs alembic by its name.
PATH="$folder/venv/bin:$PATH" venv/bin/python -W ignore - 2>"$folder/log" <<'PYTHON'
import sys
from importlib.metadata import version

from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc, to_numeric_tz

expected = {
    "2026-07-01T10:00:00+02:00": "08:00:00",
    "2026-07-01 10:00:00 Europe/Berlin": "08:00:00",
    "2026-07-01 10:00:00 +0200": "09:56:40",
    "2026-07-01 10:00:00 -0400": "10:06:40",
    "2026-07-01 10:00:00 CEST": "10:00:00",
    "2026-01-01 10:00:00 CET": "09:00:00",
}
print("nbgrader", version("nbgrader"))
seen = {}
for text in expected:
    seen[text] = f"{parse_utc(text):%H:%M:%S}"
    print(text, "->", seen[text], "UTC")
zone = to_numeric_tz("Asia/Kolkata")
with Gradebook("sqlite:///gradebook.db") as gradebook:
    gradebook.add_assignment("sheet-1", duedate=f"2026-07-01 10:00:00 {zone}")
    due = f"{gradebook.find_assignment('sheet-1').duedate:%H:%M:%S}"
print(f"the gradebook's due date for 10:00 in Kolkata, whose zone the page writes as {zone}: {due} UTC")
sys.exit(0 if seen == expected and (zone, due) == ("+0530", "09:51:10") else "this has changed")
PYTHON
