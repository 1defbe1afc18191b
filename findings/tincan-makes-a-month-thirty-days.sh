#!/bin/bash
# tincan 1.0.0 (PyPI), the Python library of xAPI: a statement that is read and sent on has other contents.
#
# Guess: a library of statements gives back the JSON that it read, property by property.
# Seen: durations go through Python's timedelta: P1M comes back as 30 days, P1Y as 365. A timestamp is cut to
#   microseconds, a whole score becomes a float.
# What follows: a forwarder must pass on the statement's own text. A store of learning records compares
#   statements that come twice with one id, and answers 409 Conflict when their contents differ.
#
# usage: findings/tincan-makes-a-month-thirty-days.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check tincan==1.0.0

"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
from importlib.metadata import version

from tincan import Statement

print("tincan", version("tincan"))
seen = []
for duration in ("P1M", "P1Y", "PT36H"):
    statement = {
        "id": "12345678-1234-4678-9234-567812345678",
        "actor": {"mbox": "mailto:learner@example.com"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "http://example.com/course"},
        "result": {"duration": duration, "score": {"raw": 7}},
        "timestamp": "2026-01-02T03:04:05.123456789Z",
    }
    back = json.loads(Statement(statement).to_json())
    seen.append((back["result"]["duration"], back["timestamp"]))
    print(duration, "->", *seen[-1], json.dumps(back["result"]["score"]))
cut = "2026-01-02T03:04:05.123456+00:00"
expected = [("P30DT00H00M00S", cut), ("P365DT00H00M00S", cut), ("P1DT12H00M00S", cut)]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
