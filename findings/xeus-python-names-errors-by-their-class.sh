#!/bin/bash
# xeus-python 0.19.0 (PyPI): the name of an error is no name.
#
# Guess: a Jupyter kernel's `ename` is the exception's name, "ZeroDivisionError", whichever kernel runs Python.
# Seen: the kernel `xpython` says "<class 'ZeroDivisionError'>", in its reply and in the output; a notebook
#   keeps it so. Its sister `xpython-raw`, from the same package, says "ZeroDivisionError". Both send one
#   `print("a", 1)` as four messages, which nbclient keeps as four outputs.
# What follows: counts by error's name are split, and nbclient's `allow_error_names` does not match. Who
#   compares names takes the part between the quotation marks, behind the last dot.
#
# usage: findings/xeus-python-names-errors-by-their-class.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  xeus-python==0.19.0 nbclient==0.11.0 nbformat==5.11.1 jupyter_client==8.10.0

cd "$folder"
IPYTHONDIR="$folder/ipython" venv/bin/python -W ignore - 2>"$folder/log" <<'PYTHON'
import sys
from importlib.metadata import version

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

print("xeus-python", version("xeus-python"))
seen = []
for kernel in ("xpython", "xpython-raw"):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in ("print('a', 1)", "1 / 0")]
    client = NotebookClient(notebook, kernel_name=kernel, allow_error_names=["ZeroDivisionError"])
    try:
        client.execute()
        allowed = True
    except CellExecutionError:
        allowed = False
    names = [output["ename"] for output in notebook.cells[1].outputs if output["output_type"] == "error"]
    seen.append((kernel, names, allowed, len(notebook.cells[0].outputs)))
    print("{}: {}, allowed by its name: {}, parts of one print: {}".format(*seen[-1]), flush=True)
expected = [
    ("xpython", ["<class 'ZeroDivisionError'>"], False, 4),
    ("xpython-raw", ["ZeroDivisionError"], True, 4),
]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
