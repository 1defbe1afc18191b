#!/bin/bash
# nbgrader 0.9.6 (PyPI): a test cell whose assertions hold gives no points, or ends the grading.
#
# Guess: a test cell gives its points when it raises nothing.
# Seen: one line on stderr, such as a library's warning, a log record or a progress bar, gives 0 points. So
#   does a last line whose value is 0; another number becomes the points; one above them raises
#   ValueError, and `nbgrader autograde` gives that learner's sheet up.
# What follows: a new version of a library that warns takes a class's points away. Test cells end with an
#   assertion and keep stderr quiet; whether a cell failed is told by an error output alone.
#
# usage: findings/nbgrader-gives-no-points-for-a-warning.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# Without JupyterLab and its widgets, which nbgrader also asks for.
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  ipykernel==7.4.0 nbclient==0.11.0 nbformat==5.11.1 jupyter_server==2.21.1 setuptools==80.9.0 \
  alembic rapidfuzz requests sqlalchemy
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check --no-deps nbgrader==0.9.6

cd "$folder"
IPYTHONDIR="$folder/ipython" venv/bin/python -W ignore - 2>"$folder/log" <<'PYTHON'
import sys
from importlib.metadata import version

import nbformat
from nbclient import NotebookClient
from nbgrader.utils import determine_grade

last_lines = {
    "": 2,
    "import warnings; warnings.warn('this will be slow')": 0,
    "import logging; logging.warning('a log record')": 0,
    "answers().index(1)": 0,
    "0.5": 0.5,
    "True": 2,
    "print(0)": 2,
    "len(answers())": "ValueError",
}
notebook = nbformat.v4.new_notebook()
notebook.cells.append(nbformat.v4.new_code_cell("def answers():\n    return [1, 2, 3]"))
kind = {"schema_version": 3, "grade": True, "solution": False, "locked": True, "task": False, "points": 2}
for number, line in enumerate(last_lines):
    test = f"assert answers() == [1, 2, 3]\n{line}"
    notebook.cells.append(nbformat.v4.new_code_cell(test, metadata={"nbgrader": {"grade_id": f"{number}", **kind}}))
NotebookClient(notebook, kernel_name="python3").execute()

print("nbgrader", version("nbgrader"))
seen = {}
for line, cell in zip(last_lines, notebook.cells[1:]):
    try:
        seen[line] = determine_grade(cell)[0]
    except ValueError as error:
        seen[line] = type(error).__name__
    print(f"{seen[line]!s:10} of 2 points, last line: {line}")
sys.exit(0 if seen == last_lines else "this has changed")
PYTHON
