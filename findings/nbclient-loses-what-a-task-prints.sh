#!/bin/bash
# nbclient 0.11.0 with ipykernel 7.4.0 (PyPI): what a task prints later is in no cell; a thread's is in another.
#
# Guess: what a cell's task or thread prints after the cell has ended stands among that cell's outputs, or
#   else among those of the cell that runs then.
# Seen: the kernel sends a task's output under the cell that made the task, and nbclient drops messages of
#   all cells but the one that runs: the output is gone. A thread's output goes to the cell that runs
#   then.
# What follows: a notebook that was executed is no record of what ran in the background. Await tasks and join
#   threads in the cell that makes them.
#
# usage: findings/nbclient-loses-what-a-task-prints.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  nbclient==0.11.0 nbformat==5.11.1 ipykernel==7.4.0 ipython==9.18.1 jupyter_client==8.10.0

cd "$folder"
IPYTHONDIR="$folder/ipython" venv/bin/python -W ignore - 2>"$folder/log" <<'PYTHON'
import sys
from importlib.metadata import version

import nbformat
from nbclient import NotebookClient

TASK = """import asyncio
async def later():
    await asyncio.sleep(1)
    print("from the task", flush=True)
task = asyncio.create_task(later())"""
THREAD = """import threading, time
def later():
    time.sleep(1)
    print("from the thread", flush=True)
threading.Thread(target=later).start()"""


def printed(*sources):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    NotebookClient(notebook, kernel_name="python3").execute()
    return ["".join(output.get("text", "") for output in cell.outputs).split("\n")[:-1] for cell in notebook.cells]


for package in ("nbclient", "ipykernel"):
    print(package, version(package))
waiting = "import asyncio; await asyncio.sleep(2); print('waited')"
seen = [printed(TASK, waiting), printed(THREAD, waiting), printed(TASK + "\nawait task")]
for label, cells in zip(("a task, and a cell that waits", "a thread, and the same", "an awaited task"), seen):
    print(f"{label:30} {cells}")
expected = [[[], ["waited"]], [[], ["from the thread", "waited"]], [["from the task"]]]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
