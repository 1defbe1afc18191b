#!/bin/bash
# papermill 2.7.0 (PyPI): a commit's short name makes the executed notebook unreadable.
#
# Guess: `-p commit 12e4567` hands over the text; at worst it would become a number.
# Seen: a value of `-p` becomes a number whenever Python's int() or float() takes it. 12e4567 is infinite,
#   the run ends with 0, and its notebook holds `"commit": Infinity` among the metadata: no JSON, so
#   no reader but Python's opens it. A learner's number 007 is 7, and 1_0 is 10. With `-r` all stay text.
# What follows: hand over ids with `-r`, and read executed notebooks with a parser that can say no to one file.
#   One of fifty short commit names is digits around a single "e".
#
# usage: findings/papermill-writes-what-is-no-json.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  papermill==2.7.0 nbclient==0.11.0 nbformat==5.11.1 ipykernel==7.4.0 ipython==9.18.1 jupyter_client==8.10.0

cd "$folder"
IPYTHONDIR="$folder/ipython" venv/bin/python -W ignore - 2>log <<'PYTHON'
import json
import subprocess
import sys
from importlib.metadata import version

import nbformat

notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}})
notebook.cells = [
    nbformat.v4.new_code_cell("commit = learner = team = ''", metadata={"tags": ["parameters"]}),
    nbformat.v4.new_code_cell("print(repr(commit), repr(learner), repr(team))"),
]
nbformat.write(notebook, "lesson.ipynb")


def refuse(word):
    raise ValueError(word)


print("papermill", version("papermill"))
seen = []
for option in ("-p", "-r"):
    values = [option, "commit", "12e4567", option, "learner", "007", option, "team", "1_0"]
    command = ["venv/bin/papermill", "--no-progress-bar", "lesson.ipynb", "done.ipynb", *values]
    code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=sys.stderr).returncode
    with open("done.ipynb") as file:
        text = file.read()
    printed = "".join(json.loads(text)["cells"][-1]["outputs"][0]["text"]).strip()
    try:
        json.loads(text, parse_constant=refuse)
        verdict = "JSON"
    except ValueError as error:
        verdict = f"no JSON: {error}"
    seen.append((option, code, printed, verdict))
    print("{}: exit code {}, the notebook saw {}, its file is {}".format(*seen[-1]))
expected = [
    ("-p", 0, "inf 7 10", "no JSON: Infinity"),
    ("-r", 0, "'12e4567' '007' '1_0'", "JSON"),
]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
