"""Which notebook this kernel belongs to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import Any

#: What the server shows for a kernel whose front end names no notebook.
UNNAMED_NOTEBOOK = "unnamed.ipynb"
#: What the server shows for an IPython terminal.
TERMINAL = "ipython"

_COLLABORATION_DRIVE = "RTC:"


def notebook_path(
    environment: Mapping[str, str], namespace: Mapping[str, Any], root: str, is_kernel: bool
) -> str:
    """The notebook's path below `root`, so that learners' home folders do not tell it apart.

    Jupyter Server gives the kernel `JPY_SESSION_NAME`; VS Code sets `__vsc_ipynb_file__` among
    the learner's variables.
    """
    candidates = (namespace.get("__vsc_ipynb_file__"), environment.get("JPY_SESSION_NAME"))
    for candidate in candidates:
        if isinstance(candidate, str) and candidate:
            return _below(root, candidate)
    return UNNAMED_NOTEBOOK if is_kernel else TERMINAL


# The path is asked for with every cell and hardly ever changes.
@lru_cache(maxsize=16)
def _below(root: str, path: str) -> str:
    folder, name = os.path.split(path)
    if name.startswith(_COLLABORATION_DRIVE):
        path = os.path.join(folder, name[len(_COLLABORATION_DRIVE) :])
    pure = PurePath(path)
    # Elsewhere than below the root: the path as it is.
    with contextlib.suppress(ValueError):
        pure = pure.relative_to(root)
    return pure.as_posix()
