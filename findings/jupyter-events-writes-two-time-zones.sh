#!/bin/bash
# jupyter-events 0.12.1 (PyPI): the time of every event ends in "+00:00Z".
#
# Guess: `__timestamp__`, which the library adds to each event, is a time of RFC 3339 that any parser reads.
# Seen: it has an offset and a Z, which is no time in any standard. A time given with another zone ends in
#   "+09:00Z", and a time without a zone is given a Z, whatever it was. Python's parser and JavaScript's
#   refuse the first two and read the third.
# What follows: who takes Jupyter Server's or JupyterHub's events cuts a Z behind an offset off before parsing,
#   and does not count events of unreadable time as broken.
#
# usage: findings/jupyter-events-writes-two-time-zones.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  jupyter-events==0.12.1 jsonschema==4.25.1 python-dateutil==2.9.0.post0

"$folder/venv/bin/python" - <<'PYTHON'
import io
import json
import logging
import sys
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

import dateutil.parser
from jupyter_events import EventLogger

ID = "http://events.example.com/cell-executed"
output = io.StringIO()
logger = EventLogger()
logger.register_handler(logging.StreamHandler(output))
logger.register_event_schema(
    {
        "$id": ID,
        "version": "1",
        "title": "A cell was executed",
        "type": "object",
        "properties": {"cell": {"type": "string"}},
    }
)
noon = datetime(2026, 11, 27, 12, 0, 0)
for given in (None, noon.replace(tzinfo=timezone(timedelta(hours=9))), noon):
    logger.emit(schema_id=ID, data={"cell": "exercise-1"}, timestamp_override=given)

print("jupyter-events", version("jupyter-events"))
seen = []
for line in output.getvalue().splitlines():
    time = json.loads(line)["__timestamp__"]
    answers = []
    for parse in (datetime.fromisoformat, dateutil.parser.isoparse):
        try:
            answers.append(parse(time).isoformat())
        except ValueError:
            answers.append("refused")
    seen.append((time[19 if len(seen) else 26 :], answers))
    print(time, "fromisoformat: {}, dateutil: {}".format(*answers))
read = "2026-11-27T12:00:00+00:00"
expected = [("+00:00Z", ["refused"] * 2), ("+09:00Z", ["refused"] * 2), ("Z", [read, read])]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
