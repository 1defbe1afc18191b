#!/bin/bash
# marimo 0.25.2 (PyPI), `marimo export session`: what ended with 1 ends with 0 when it is run again.
#
# Guess: an export executes the notebook. One that fails, fails again until it is mended; one whose data changed is
#   executed anew, as with `export html`.
# Seen: the failed run is written to __marimo__/session/ like any other, and the next call finds it "up-to-date",
#   executes nothing and ends with 0. Only the source and marimo's version are compared: with other points in the
#   file that it reads, a notebook keeps the old ones, and its assertion is not asked. In the file the error has
#   the name "exception", whichever it was. `--force-overwrite` executes; `export html` always does.
# What follows: a build that is tried again is green, and sessions that were committed are believed. Give
#   `--force-overwrite`, and look for outputs of the type "error" in the file.
#
# usage: findings/marimo-forgets-a-failure-at-the-second-export.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check marimo==0.25.2

cd "$folder"
export HOME="$folder" MARIMO_SKIP_UPDATE_CHECK=1
venv/bin/python - <<'PYTHON'
import json
import subprocess
import sys
from importlib.metadata import version

LESSON = '''import marimo

app = marimo.App()


@app.cell
def _():
    points = int(open("points.txt").read())
    points
    return (points,)


@app.cell
def _(points):
    assert points > 5
    return


if __name__ == "__main__":
    app.run()
'''
with open("lesson.py", "w") as file:
    file.write(LESSON)


def export(points, *command):
    """The exit code, and what the session's file has of the points and of errors."""
    with open("points.txt", "w") as file:
        file.write(str(points))
    code = subprocess.run(["venv/bin/marimo", "export", *command], capture_output=True).returncode
    with open("__marimo__/session/lesson.py.json") as file:
        cells = json.load(file)["cells"]
    [shown] = (output["data"]["text/html"] for output in cells[0]["outputs"])
    errors = [output["ename"] for output in cells[1]["outputs"] if output["type"] == "error"]
    return code, shown.split(">")[1].split("<")[0], errors


print("marimo", version("marimo"))
session = ["session", "lesson.py"]
again = [*session, "--force-overwrite"]
html = ["html", "lesson.py", "-o", "lesson.html", "--force"]
calls = [(3, session), (3, session), (7, session), (7, again), (3, session), (3, html), (3, again)]
seen = []
for points, command in calls:
    seen.append(export(points, *command))
    print(f"{points} points, marimo export", *command, "-> exit code {}, the file has {} and {}".format(*seen[-1]))
expected = [
    (1, "3", ["exception"]),
    (0, "3", ["exception"]),
    (0, "3", ["exception"]),
    (0, "7", []),
    (0, "7", []),
    (1, "3", ["exception"]),
    (1, "3", ["exception"]),
]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
