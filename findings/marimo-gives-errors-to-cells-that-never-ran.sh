#!/bin/bash
# marimo 0.25.2 (PyPI), `marimo export ipynb --include-outputs`: one mistake, three errors.
#
# Guess: an exported notebook looks like one that Jupyter ran: an `error` under the cell that raised, nothing under
#   cells that were not run, a number beside those that were, a result as text and as HTML. mo.stop() is
#   no error.
# Seen: every cell that depends on the one that raised has an `error`, too, named "Ancestor raised", and below
#   mo.stop() one named "ancestor-stopped", although nothing failed and the export ends with 0. No cell
#   has a number, whether it ran or not, and the result 5 is there as HTML only.
# What follows: who counts errors or cells that ran in such a file leaves these two names out, and does not look
#   at numbers. A lesson that waits for its reader with mo.stop() is no failure.
#
# usage: findings/marimo-gives-errors-to-cells-that-never-ran.sh     needs Python 3.11 or later, PyPI
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

LESSONS = {
    "raises": ("x = 1 / 0", "y = x + 1", "print(y)", "5"),
    "stops": ("import marimo\n    marimo.stop(True)\n    x = 1", "print(x)", "5"),
    "fine": ("x = 1", "print(x)", "5"),
}


def exported(name):
    """The export's exit code, and what stands under each cell."""
    with open(f"{name}.py", "w") as file:
        file.write("import marimo\n\napp = marimo.App()\n")
        for source in LESSONS[name]:
            file.write(f"\n\n@app.cell\ndef _():\n    {source}\n    return\n")
        file.write('\n\nif __name__ == "__main__":\n    app.run()\n')
    command = ["venv/bin/marimo", "export", "ipynb", f"{name}.py", "-o", f"{name}.ipynb", "--include-outputs"]
    code = subprocess.run([*command, "--sort", "top-down"], capture_output=True).returncode
    with open(f"{name}.ipynb") as file:
        cells = json.load(file)["cells"]
    outputs = []
    for cell in cells:
        assert cell["execution_count"] is None
        for output in cell["outputs"] or [{"output_type": "nothing"}]:
            outputs.append(output.get("ename") or "".join(output.get("text", output.get("data", output["output_type"]))))
    return code, outputs


print("marimo", version("marimo"))
seen = {}
for name in LESSONS:
    seen[name] = exported(name)
    print(f"{name:7} exit code {seen[name][0]}, under the cells: {seen[name][1]}")
expected = {
    "raises": (1, ["ZeroDivisionError", "Ancestor raised", "Ancestor raised", "text/html"]),
    "stops": (0, ["nothing", "ancestor-stopped", "text/html"]),
    "fine": (0, ["nothing", "1\n", "text/html"]),
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
