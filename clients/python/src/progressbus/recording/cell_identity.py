"""Which cell ran."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from ..originals import BUILTINS

__builtins__ = BUILTINS

#: How VS Code's addresses of cells begin.
VS_CODE_SCHEME = "vscode-notebook-cell:"

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
