"""Which cell ran."""

from __future__ import annotations

import ast
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from ..originals import BUILTINS

__builtins__ = BUILTINS

#: How VS Code's addresses of cells begin.
VS_CODE_SCHEME = "vscode-notebook-cell:"

#: The id of a cell with parameters where the front end names no cells.
INJECTED_CELL = "injected-parameters"
#: How papermill begins the cell that it puts in.
_PARAMETERS = re.compile(r"\s*# Parameters\n")

_PLAIN = (ast.Constant, ast.UnaryOp, ast.USub, ast.List, ast.Tuple, ast.Dict, ast.Load)

_METADATA_KEYS = ("cellId", "cell_id")


def cell_id(info: Any, parent: dict[str, Any], execution_count: int) -> str:
    """The cell's id as the front end gives it, else its place in the order of execution.

    JupyterLab and Notebook 7 send the notebook format's cell id in the request's metadata; VS Code
    sends the cell's URI. nbclient and terminals send nothing: `execution-3` is the third cell that
    ran, which for a notebook run from top to bottom is the same cell in every run.
    """
    for candidate in told_cell_ids(info, parent):
        return _without_path(candidate)
    return f"execution-{execution_count}"


def is_injected(source: str) -> bool:
    """Whether a cell is one of parameters as papermill writes it: its comment, and plain values.

    papermill tags the cell, but sends no tags to the kernel. In a run without papermill there is no
    such cell, or one that looks alike and holds the defaults: either way the others keep their
    numbers.
    """
    if _PARAMETERS.match(source) is None:
        return False
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(each, ast.Assign) and _is_plain(each.value) for each in statements)


def _is_plain(value: ast.expr) -> bool:
    return all(
        isinstance(each, _PLAIN)
        # What has no literal: float('nan').
        or (isinstance(each, ast.Call) and isinstance(each.func, ast.Name))
        or (isinstance(each, ast.Name) and each.id == "float")
        for each in ast.walk(value)
    )


def told_cell_ids(info: Any, parent: dict[str, Any]) -> list[str]:
    """The ids that IPython's `info` and the front end's request give to the cell."""
    metadata = parent.get("metadata") or {}
    candidates = [getattr(info, "cell_id", None), *(metadata.get(key) for key in _METADATA_KEYS)]
    return [each for each in candidates if isinstance(each, str) and each]


def _without_path(identifier: str) -> str:
    """VS Code's cell URI holds the learner's folder; its fragment alone names the cell."""
    if not identifier.startswith(VS_CODE_SCHEME):
        return identifier
    return unquote(urlsplit(identifier).fragment) or identifier
