#!/bin/bash
# jupyter_ydoc 4.2.1 (PyPI), notebooks of the format 4.4: cells have ids that no file has.
#
# Guess: ids came with format 4.5. A cell of an older notebook has none, or it gets one that is kept from then
#   on, so that everybody who opens the notebook speaks of the same cell.
# Seen: a shared document (what Jupyter's real-time collaboration opens) gives each cell a new id at
#   random at each opening, and leaves all of them out when the notebook is written back. nbformat reads
#   the same file without ids. A notebook of format 4.5 keeps its own.
# What follows: events of one lesson name other cells for each opening, and nothing in the file tells which they
#   were. Bring lessons to format 4.5 before they are handed out, or count by place and source.
#
# usage: findings/jupyter-ydoc-names-cells-anew-at-each-opening.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  nbformat==5.11.1 jupyter_ydoc==4.2.1 pycrdt==0.14.13

"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
from importlib.metadata import version

import nbformat
from jupyter_ydoc import YNotebook


def file(minor, *ids):
    cells = [{"cell_type": "code", "source": "", "metadata": {}, "outputs": [], "execution_count": None} for _ in ids]
    for cell, id in zip(cells, ids):
        cell.update({"id": id} if id else {})
    return json.dumps({"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": cells})


def opened(text):
    """The ids in the shared document, and those of the notebook that it writes back."""
    document = YNotebook()
    document.source = json.loads(text)
    return [[cell.to_py().get("id") for cell in document.ycells], [cell.get("id") for cell in document.source["cells"]]]


for package in ("nbformat", "jupyter_ydoc"):
    print(package, version(package))
seen = []
for label, text in (("4.4", file(4, None, None)), ("4.5", file(5, "load", "exercise"))):
    read = [cell.get("id") for cell in nbformat.reads(text, as_version=4).cells]
    (first, written), (second, _) = opened(text), opened(text)
    print(f"format {label}: read by nbformat: {read}\n  opened once: {first}\n  and again: {second}\n  written: {written}")
    seen.append((read, first == second, all(first), len(set(first + second)), written))
none, own = [None, None], ["load", "exercise"]
sys.exit(0 if seen == [(none, False, True, 4, none), (own, True, True, 2, own)] else "this has changed")
PYTHON
