#!/bin/bash
# ipykernel 7.4.0 (PyPI): after an object whose repr fails, every cell that awaits something fails.
#
# Guess: a cell that raises nothing is answered with `ok`, whatever ran before it.
# Seen: a traceback that was shown while a result was displayed is remembered, and forgotten in `run_cell`
#   only. Cells with a top-level await do not go through that: each is answered with `error` and the
#   `ename` "NoneType", with nothing among its outputs, until a cell without an await runs.
# What follows: a reply with `error` is no proof that the cell failed.
#
# usage: findings/ipykernel-fails-every-async-cell-after-a-failed-repr.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ipykernel==7.4.0 ipython==9.18.1 jupyter_client==8.10.0

cd "$folder"
IPYTHONDIR="$folder/ipython" venv/bin/python - 2>"$folder/log" <<'PYTHON'
import sys
from importlib.metadata import version
from jupyter_client.manager import start_new_kernel

for package in ("ipykernel", "ipython", "jupyter_client"):
    print(package, version(package))
broken = "class Broken:\n    def __repr__(self): raise ValueError('no')\n"
waiting = "import asyncio\nawait asyncio.sleep(0)"
manager, client = start_new_kernel()
seen = []
try:
    for code in (waiting, broken + "Broken()", waiting, waiting, "7", waiting):
        outputs = []
        reply = client.execute_interactive(
            code,
            stop_on_error=False,
            output_hook=lambda m, o=outputs: o.append(m["msg_type"]) if m["msg_type"] == "error" else None,
        )["content"]
        seen.append((reply["status"], reply.get("ename"), len(outputs)))
        print(f"{code.splitlines()[-1]!r:26} reply: {reply['status']} {reply.get('ename')}, errors shown: {len(outputs)}")
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
fine, failed = ("ok", None, 0), ("error", "NoneType", 0)
expected = [fine, ("error", "NoneType", 1), failed, failed, fine, fine]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
