#!/bin/bash
# ipykernel 7.4.0 (PyPI): a cell shows an error, and its reply says `ok`.
#
# Guess: `%%capture` hides all that its cell shows ("stdout, stderr, and IPython's rich display() calls"),
#   and a cell with an `error` among its outputs gets a reply with the status `error`.
# Seen: the kernel sends tracebacks past `%%capture`, and `%run`, `%%capture` and a nested `run_cell` are
#   answered with `ok` beside the error that the learner sees.
# What follows: neither the reply nor IPython's ExecutionResult tells whether a cell showed an error; who
#   needs to know watches the shell's `_showtraceback` or the outputs.
#
# usage: findings/ipykernel-answers-ok-for-a-cell-that-shows-an-error.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ipykernel==7.4.0 ipython==9.18.1 jupyter_client==8.10.0

cd "$folder"
echo '1 / 0' >bad.py
IPYTHONDIR="$folder/ipython" venv/bin/python - 2>"$folder/log" <<'PYTHON'
import sys
from importlib.metadata import version
from jupyter_client.manager import start_new_kernel

for package in ("ipykernel", "ipython", "jupyter_client"):
    print(package, version(package))
manager, client = start_new_kernel()
seen = []
try:
    for code in ("1 / 0", "%run bad.py", "%%capture\n1 / 0", "get_ipython().run_cell('1 / 0');"):
        errors = []
        reply = client.execute_interactive(
            code,
            stop_on_error=False,
            output_hook=lambda m, e=errors: e.append(m["content"]["ename"]) if m["msg_type"] == "error" else None,
        )
        seen.append((reply["content"]["status"], errors))
        print(f"{code!r:36} reply: {seen[-1][0]:6} shown: {errors}")
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
shown = ["ZeroDivisionError"]
expected = [("error", shown), ("ok", shown), ("ok", shown), ("ok", shown)]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
