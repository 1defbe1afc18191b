#!/bin/bash
# bash_kernel 0.10.0, calysto_bash 0.2.2, jupyter_c_kernel 1.2.2, calysto_scheme 2.1.9 (PyPI): what is an error?
#
# Guess: a cell that fails is answered with `error` and a name, and has an output `error`; where nothing failed,
#   it is `ok`. Jupyter's messages are the same for all languages.
# Seen: calysto_bash and jupyter_c_kernel answer `ok` to all, to code that does not compile, too.
#   bash_kernel says `error` with an empty name to any last command with a code other than 0, so to a
#   grep that finds nothing, and `ok` when something failed before it. calysto_scheme answers `error` with
#   a name, and shows text on stderr: no output is an `error`.
# What follows: "who is stuck" by errors means nothing in a class that uses such a kernel, an error's name may be
#   empty, and who looks at the outputs and who looks at the replies count differently.
#
# usage: findings/small-kernels-tell-errors-each-in-its-way.sh     needs Python 3.11 or later, PyPI, bash, gcc
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  bash_kernel==0.10.0 calysto_bash==0.2.2 jupyter_c_kernel==1.2.2 calysto_scheme==2.1.9 metakernel==1.0.7 \
  ipykernel==7.4.0 ipython==9.18.1 jupyter_client==8.10.0

cd "$folder"
export HOME="$folder" IPYTHONDIR="$folder/ipython" JUPYTER_PATH="$folder/jupyter"
venv/bin/python -W ignore - 2>log <<'PYTHON'
import json
import os
import sys
from importlib.metadata import version

from jupyter_client.manager import start_new_kernel

BASH = ("ls /nothing", "echo a | grep b", "ls /nothing; echo goes on")
CELLS = {
    "bash_kernel": BASH,
    "calysto_bash": BASH,
    "jupyter_c_kernel": ("int main() { return nothing; }",),
    "calysto_scheme": ("(/ 1 0)",),
}


def answers(kernel):
    os.makedirs(f"jupyter/kernels/{kernel}")
    with open(f"jupyter/kernels/{kernel}/kernel.json", "w") as file:
        argv = [sys.executable, "-m", kernel, "-f", "{connection_file}"]
        json.dump({"argv": argv, "display_name": kernel, "language": ""}, file)
    manager, client = start_new_kernel(kernel_name=kernel)
    try:
        for code in CELLS[kernel]:
            outputs = []
            reply = client.execute_interactive(
                code,
                stop_on_error=False,
                timeout=30,
                output_hook=lambda message, o=outputs: o.append(message["msg_type"]),
            )["content"]
            yield code, reply["status"], reply.get("ename"), "error" in outputs
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


seen = {}
for kernel in CELLS:
    print(kernel, version(kernel))
    seen[kernel] = []
    for code, status, name, shown in answers(kernel):
        seen[kernel].append((status, name, shown))
        print(f"  {code:30} reply: {status}, name: {name!r}, an output `error`: {shown}", flush=True)
fine = ("ok", None, False)
expected = {
    "bash_kernel": [("error", "", True), ("error", "", True), fine],
    "calysto_bash": [fine] * 3,
    "jupyter_c_kernel": [fine],
    "calysto_scheme": [("error", "RunTimeError", False)],
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
