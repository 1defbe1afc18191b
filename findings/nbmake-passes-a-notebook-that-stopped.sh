#!/bin/bash
# nbmake 1.5.5 with ipykernel 7.4.0 (PyPI): a magic that is not there ends the notebook, and the test passes.
#
# Guess: a notebook passes when every cell ran and none failed. A cell that fails ends it, and the test.
# Seen: `%sql` without its extension, or a misspelt magic, is answered with the status `error` (UsageError), and its
#   text goes to stderr; there is no output of the kind `error`. nbmake stops at that cell, looks for such an
#   output, finds none and reports "1 passed". The cells below, here `assert 1 == 2`, were never run. papermill and
#   `jupyter execute` stop there, too, and end with 1; nbval (--nbval-lax) passes the cell and fails the assertion.
# What follows: a course whose build lacks one extension is green, with half of its lessons untested. And who tells a
#   failed cell by its outputs alone misses these; its reply has the error.
#
# usage: findings/nbmake-passes-a-notebook-that-stopped.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  nbmake==1.5.5 nbval==0.11.0 papermill==2.7.0 ipykernel==7.4.0 ipython==9.18.1 nbclient==0.11.0 nbformat==5.11.1

cd "$folder"
export HOME="$folder" PATH="$folder/venv/bin:$PATH"
venv/bin/python - <<'PYTHON'
import os
import subprocess
import sys
from importlib.metadata import version

import nbformat

LESSONS = {
    "fine": "x = 1",
    "fails": "x = 1 / 0",
    "without_the_extension": "%sql SELECT 1",
    "misspelt": "%tiemit 1",
}
TOOLS = {
    "nbmake": ["pytest", "-q", "--nbmake"],
    "nbval": ["pytest", "-q", "--nbval-lax"],
    "papermill": ["papermill", "--no-progress-bar"],
    "jupyter execute": ["jupyter", "execute"],
}


def run(lesson, tool):
    """The exit code, with a word when the cells below ran."""
    with open(f"{lesson}.ipynb", "w") as file:
        sources = [LESSONS[lesson], "open('reached', 'w').close()", "assert 1 == 2"]
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), file)
    command = [*TOOLS[tool], f"{lesson}.ipynb"]
    if tool == "papermill":
        command.append("executed")
    code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    if not os.path.exists("reached"):
        return f"{code}"
    os.remove("reached")
    return f"{code}, reached"


print(*(f"{name} {version(name)}" for name in ("nbmake", "nbval", "papermill", "ipykernel", "ipython")))
seen = {}
for lesson in LESSONS:
    seen[lesson] = [run(lesson, tool) for tool in TOOLS]
    print(f"{lesson}: exit codes", ", ".join(f"{tool} {code}" for tool, code in zip(TOOLS, seen[lesson])))
expected = {
    "fine": ["1, reached", "1, reached", "1, reached", "1, reached"],
    "fails": ["1", "1, reached", "1", "1"],
    "without_the_extension": ["0", "1, reached", "1", "1"],
    "misspelt": ["0", "1, reached", "1", "1"],
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
