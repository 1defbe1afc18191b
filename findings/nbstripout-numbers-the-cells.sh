#!/bin/bash
# nbstripout 0.9.1 (PyPI): every cell gets another id, and the ids move when a cell is inserted.
#
# Guess: outputs and counts are stripped; what names a cell stays, because the notebook format made cell ids
#   to be kept over edits.
# Seen: ids are replaced by the cell's number, "0", "1", "2", unless `--keep-id` is given. With a new cell at
#   the top, the id "1" names another cell than before.
# What follows: where a repository strips notebooks (its usual use is a Git filter), progress that is kept
#   by cell id is counted for the wrong cell after an edit. Set `--keep-id`, or a tag of one's own.
#
# usage: findings/nbstripout-numbers-the-cells.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check nbstripout==0.9.1 nbformat==5.11.1

cd "$folder"
venv/bin/python - <<'PYTHON'
import json
import subprocess
import sys
from importlib.metadata import version

import nbformat


def ids_after(cells, *options):
    notebook = nbformat.v4.new_notebook()
    for id, source in cells.items():
        notebook.cells.append(nbformat.v4.new_code_cell(source, id=id))
    nbformat.write(notebook, "lesson.ipynb")
    subprocess.run(["venv/bin/nbstripout", *options, "lesson.ipynb"], check=True)
    with open("lesson.ipynb") as file:
        return {cell["id"]: "".join(cell["source"]) for cell in json.load(file)["cells"]}


print("nbstripout", version("nbstripout"))
lesson = {"load": "x = 1", "exercise-1": "y = x + 1"}
longer = {"hello": "print('hello')", **lesson}
seen = []
for cells, options in ((lesson, ()), (longer, ()), (longer, ("--keep-id",))):
    seen.append(ids_after(cells, *options))
    print("written:", cells, *options, "\n  left:", seen[-1])
expected = [
    {"0": "x = 1", "1": "y = x + 1"},
    {"0": "print('hello')", "1": "x = 1", "2": "y = x + 1"},
    longer,
]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
