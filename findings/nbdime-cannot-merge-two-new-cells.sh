#!/bin/bash
# nbdime 4.0.4 (PyPI) as Git's merge driver: two authors each add a cell at the end, and one of the two is gone.
#
# Guess: nbdime, made for notebooks, keeps both cells, or writes both and marks a conflict, as it does when
#   two change one cell.
# Seen: in format 4.5, where the new cells have ids, it ends with a TypeError and writes nothing. Git takes that
#   for a conflict and leaves one side's file as it was: it opens without any mark, and the other's cell
#   is not in it. In format 4.4 both cells come, with marks.
# What follows: who commits what opens well loses an exercise. After a merge of notebooks compare the cells' ids
#   with those of both sides.
#
# usage: findings/nbdime-cannot-merge-two-new-cells.sh     needs Python 3.11 or later, PyPI, git
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check nbdime==4.0.4 nbformat==5.11.1

cd "$folder"
export HOME="$folder" GIT_CONFIG_NOSYSTEM=1 PATH="$folder/venv/bin:$PATH"
git config --global user.name Author
git config --global user.email author@example.com
git config --global init.defaultBranch main
venv/bin/python - 2>log <<'PYTHON'
import json
import os
import subprocess
import sys
from importlib.metadata import version

import nbformat


def git(*words):
    return subprocess.run(["git", *words], stdout=subprocess.DEVNULL, stderr=sys.stderr).returncode


def commit(minor, message, *sources):
    notebook = nbformat.v4.new_notebook(nbformat_minor=minor)
    for source in sources:
        own = "" if source.startswith("load") else f"-{message}"
        notebook.cells.append(nbformat.v4.new_code_cell(source, id=f"{source.split('_')[0]}{own}"))
        if minor < 5:
            del notebook.cells[-1]["id"]
    nbformat.write(notebook, "lesson.ipynb")
    git("add", ".")
    git("commit", "-m", message)


def merged(minor, ours, theirs):
    """Git's exit code, and the cells of the file that two branches leave behind."""
    name = "-".join([f"{minor}", *ours, *theirs])
    git("init", name)
    os.chdir(name)
    subprocess.run(["nbdime", "config-git", "--enable"], check=True, stdout=subprocess.DEVNULL)
    commit(minor, "base", "load")
    git("checkout", "-b", "theirs")
    commit(minor, "theirs", *theirs)
    git("checkout", "main")
    commit(minor, "ours", *ours)
    code = git("merge", "theirs")
    with open("lesson.ipynb") as file:
        cells = ["".join(cell["source"]) for cell in json.load(file)["cells"]]
    os.chdir("..")
    return code, cells


print("nbdime", version("nbdime"))
seen = []
for minor, ours, theirs in (
    (5, ["load", "task_1"], ["load", "task_2"]),
    (5, ["task_0", "load"], ["load", "task_2"]),
    (5, ["load_1"], ["load_2"]),
    (4, ["load", "task_1"], ["load", "task_2"]),
):
    seen.append(merged(minor, ours, theirs))
    print(f"4.{minor}, {ours} and {theirs}: git merge ends with {seen[-1][0]}, the file has {seen[-1][1]}")
marked = "<<<<<<< local\n{}_1\n=======\n{}_2\n>>>>>>> remote"
expected = [
    (1, ["load", "task_1"]),
    (0, ["task_0", "load", "task_2"]),
    (1, [marked.format("load", "load")]),
    (1, ["load", marked.format("task", "task")]),
]
with open("log") as file:
    errors = [line.strip() for line in file if line.startswith("TypeError")]
print(*errors)
sys.exit(0 if seen == expected and len(errors) == 1 else "this has changed")
PYTHON
