#!/bin/bash
# marimo 0.25.2 (PyPI): the first cell of every notebook has the id "Hbol".
#
# Guess: a cell's id is made at random and belongs to the cell, as in Jupyter's format; another notebook has
#   others, and a cell inserted above moves none.
# Seen: the file keeps no ids. They are drawn anew at each opening from a generator with a fixed seed, so
#   all notebooks have Hbol, MJUe, vblA …, by place. With a new cell at the top, "Hbol" names that one.
#   `marimo export ipynb` writes these ids into Jupyter's format, where they pass for lasting ones.
# What follows: progress that is kept by cell id alone mixes all notebooks, and within one it is counted for
#   the wrong cell after an edit. Take the notebook's path along, and a cell's own name instead of its id.
#
# usage: findings/marimo-calls-every-first-cell-hbol.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check marimo==0.25.2 nbformat==5.11.1

cd "$folder"
export HOME="$folder" MARIMO_SKIP_UPDATE_CHECK=1
venv/bin/python - <<'PYTHON'
import json
import subprocess
import sys
from importlib.metadata import version


def ids(name, *sources):
    """The ids that an export gives to the cells of these sources."""
    with open(f"{name}.py", "w") as file:
        file.write("import marimo\n\napp = marimo.App()\n")
        for source in sources:
            file.write(f"\n\n@app.cell\ndef _():\n    {source}\n    return\n")
        file.write('\n\nif __name__ == "__main__":\n    app.run()\n')
    command = ["venv/bin/marimo", "export", "ipynb", f"{name}.py", "-o", f"{name}.ipynb", "--sort", "top-down"]
    subprocess.run(command, check=True, capture_output=True)
    with open(f"{name}.ipynb") as file:
        return {"".join(cell["source"]): cell["id"] for cell in json.load(file)["cells"]}


print("marimo", version("marimo"))
seen = [
    ids("week1", "load = 1", "exercise = 2"),
    ids("week2", "other = 1", "another = 2"),
    ids("week1", "hello = 0", "load = 1", "exercise = 2"),
]
for label, found in zip(("a notebook", "another", "the first, with a new cell"), seen):
    print(f"{label:27}", found)
expected = [
    {"load = 1": "Hbol", "exercise = 2": "MJUe"},
    {"other = 1": "Hbol", "another = 2": "MJUe"},
    {"hello = 0": "Hbol", "load = 1": "MJUe", "exercise = 2": "vblA"},
]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
