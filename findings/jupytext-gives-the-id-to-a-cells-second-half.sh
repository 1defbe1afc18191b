#!/bin/bash
# jupytext 1.19.6 (PyPI): a comment divides a cell, and the id goes with the wrong half.
#
# Guess: a notebook that is paired with a script comes back from `jupytext --sync` with its cells and their ids. A line
#   "# %%" inside a cell, as in code that was pasted from an editor, is written so that it stays one.
# Seen: in the percent format the line is written as it is, and read as the start of a cell. `# %%` and what is above
#   becomes a new cell with a new id, which keeps the tags; the old id is that of the second half, without them.
#   The light format and Markdown keep the cell as one. (A magic that is a comment stays a comment in all.)
# What follows: what was recorded of a cell by its id is of another piece of code from then on, and its tag speaks
#   of the first half only. Look for "# %%" in cells before a notebook is paired.
#
# usage: findings/jupytext-gives-the-id-to-a-cells-second-half.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check jupytext==1.19.6 nbformat==5.11.1

cd "$folder"
cat >work.py <<'PYTHON'
import sys

import nbformat

if sys.argv[1] == "write":
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    notebook.cells = [
        nbformat.v4.new_code_cell("# %matplotlib inline\na = 1\n# %%\nb = 2", id="task-1", metadata={"tags": ["graded"]}),
        nbformat.v4.new_code_cell("c = 3", id="task-2"),
    ]
    nbformat.write(notebook, "sheet.ipynb")
else:
    for cell in nbformat.read("sheet.ipynb", as_version=4).cells:
        name = cell.id if cell.id.startswith("task") else "a new id"
        print(sys.argv[2], name, cell.metadata.get("tags"), repr(cell.source))
PYTHON
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep jupytext
for format in py:percent py:light md; do
  venv/bin/python work.py write
  venv/bin/jupytext --quiet --set-formats "ipynb,$format" sheet.ipynb
  text="sheet.${format%%:*}"
  touch -d '1 minute' "$text"
  venv/bin/jupytext --quiet --sync "$text"
  venv/bin/python work.py read "$format"
  rm "$text"
done | tee seen
diff seen - <<'END_OF_SEEN'
py:percent a new id ['graded'] '# %matplotlib inline\na = 1'
py:percent task-1 None 'b = 2'
py:percent task-2 None 'c = 3'
py:light task-1 ['graded'] '# %matplotlib inline\na = 1\n# %%\nb = 2'
py:light task-2 None 'c = 3'
md task-1 ['graded'] '# %matplotlib inline\na = 1\n# %%\nb = 2'
md task-2 None 'c = 3'
END_OF_SEEN
