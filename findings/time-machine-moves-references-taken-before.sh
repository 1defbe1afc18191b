#!/bin/bash
# freezegun 1.5.5, time-machine 3.6.0 (PyPI): an early reference to `time.time_ns` is no protection.
#
# Guess: `from time import time_ns`, done before such a tool is imported, goes on to tell the time,
#   because the tool replaces the name in the module `time`.
# Seen: freezegun replaces the importing module's variable, too, and leaves objects' attributes alone.
#   time-machine overwrites the function itself, in C: every reference is moved, and CLOCK_REALTIME of
#   `time.clock_gettime_ns`. Linux's coarse clock (5, which Python does not name) is right under both.
# What follows: who must know the time keeps the function in an object and compares it with that clock.
#
# usage: findings/time-machine-moves-references-taken-before.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  freezegun==1.5.5 time-machine==3.6.0

"$folder/venv/bin/python" - <<'PYTHON'
import datetime
import sys
import time
from importlib.metadata import version
from time import time_ns


class Kept:
    time_ns = staticmethod(time_ns)


def years():
    readings = {
        "module variable": time_ns(),
        "object's attribute": Kept.time_ns(),
        "CLOCK_REALTIME": time.clock_gettime_ns(time.CLOCK_REALTIME),
        "coarse clock": time.clock_gettime_ns(5),
    }
    return {name: 1970 + ns // (365.2425 * 86_400 * 10**9) for name, ns in readings.items()}


before = years()
import freezegun
import time_machine

with freezegun.freeze_time("2012-01-14"):
    frozen = years()
with time_machine.travel(datetime.datetime(2012, 1, 14, tzinfo=datetime.timezone.utc)):
    travelled = years()
print("Python", sys.version.split()[0])
for label, reading in (
    ("before", before),
    (f"freezegun {version('freezegun')}", frozen),
    (f"time-machine {version('time-machine')}", travelled),
):
    print(f"{label:20}", ", ".join(f"{name}: {year:.0f}" for name, year in reading.items()))
lies = [{name for name, year in reading.items() if year == 2012} for reading in (before, frozen, travelled)]
expected = [
    set(),
    {"module variable"},
    {"module variable", "object's attribute", "CLOCK_REALTIME"},
]
sys.exit(0 if lies == expected else f"this has changed: {lies}")
PYTHON
