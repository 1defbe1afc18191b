#!/bin/bash
# ipykernel 7.4.0 (PyPI): an interrupt of a cell that awaits takes effect when what it awaits is over.
#
# Guess: an interrupt ends `await asyncio.sleep(6)` at once, as it ends `time.sleep(6)`, and the error is a
#   KeyboardInterrupt.
# Seen: the signal marks the cell for cancellation, but nothing wakes the event loop. The cell ends when a
#   timer of its own does, here after six seconds, and the error's name is "CancelledError". A cell that awaits
#   what never comes is not ended at all.
# What follows: nbclient's `interrupt_on_timeout` is no limit for such a cell, and who counts errors must
#   take "CancelledError" for a learner's interrupt.
#
# usage: findings/ipykernel-interrupts-an-await-when-it-is-over.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  ipykernel==7.4.0 ipython==9.18.1 jupyter_client==8.10.0

cd "$folder"
IPYTHONDIR="$folder/ipython" venv/bin/python - 2>"$folder/log" <<'PYTHON'
import sys
import threading
import time
from importlib.metadata import version

from jupyter_client.manager import start_new_kernel

for package in ("ipykernel", "ipython", "jupyter_client"):
    print(package, version(package))
manager, client = start_new_kernel()
seen = []


def interrupt():
    interrupted.append(time.monotonic())
    manager.interrupt_kernel()


def interrupt_a_second_after_it_runs(message):
    if message["msg_type"] == "stream":
        threading.Timer(1, interrupt).start()


try:
    for code in (
        "import time; print('runs', flush=True); time.sleep(6)",
        "import asyncio; print('runs', flush=True); await asyncio.sleep(6)",
        "import asyncio; print('runs', flush=True); await asyncio.Event().wait()",
    ):
        interrupted = []
        try:
            reply = client.execute_interactive(code, output_hook=interrupt_a_second_after_it_runs, timeout=12)["content"]
            waited = time.monotonic() - interrupted[0]
            seen.append((reply["ename"], waited > 3))
            print(f"{code.split('; ')[-1]:30} {reply['ename']} {waited:.1f} s after the interrupt")
        except TimeoutError:
            seen.append(("none", True))
            print(f"{code.split('; ')[-1]:30} no reply within 12 s")
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
expected = [("KeyboardInterrupt", False), ("CancelledError", True), ("none", True)]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
