"""Which notebook this kernel belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from os import path as os_path
from pathlib import PurePath
from typing import Any, Callable
from urllib.parse import unquote, urlsplit

from ..originals import BUILTINS
from ..text import composed
from .cell_identity import VS_CODE_SCHEME, told_cell_ids
from .followed_file import FollowedFile

__builtins__ = BUILTINS

#: What the server shows for a kernel whose front end names no notebook.
UNNAMED_NOTEBOOK = "unnamed.ipynb"
#: What the server shows for an IPython terminal.
TERMINAL = "ipython"

_COLLABORATION_DRIVE = "RTC:"
_WINDOWS_DRIVE = re.compile(r"/[A-Za-z]:/")


class NotebookPath:
    """The notebook's path, as the front end tells it.

    VS Code sends it with every cell, in the cell's address, and sets `__vsc_ipynb_file__` among the
    learner's variables, which `%reset` deletes: that is read until it is known. Jupyter Server
    gives the kernel `JPY_SESSION_NAME` at its start, and its file is followed from there.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        namespace: Callable[[], Mapping[str, Any]],
        parent: Callable[[], dict[str, Any]],
        is_kernel: bool,
    ) -> None:
        self._namespace = namespace
        self._parent = parent
        self._unnamed = UNNAMED_NOTEBOOK if is_kernel else TERMINAL
        self._told: str | None = None
        session = environment.get("JPY_SESSION_NAME", "")
        # Some front ends name no file, and Jupyter Server adds that to its folder.
        has_file = bool(os_path.basename(session))
        self._session = FollowedFile(_without_drive(session)) if has_file else None

    def below(self, root: str) -> str:
        """The path below `root`, so that learners' home folders do not tell it apart."""
        self._told = self._in_request() or self._told or self._in_namespace()
        path = self._told
        if path is None and self._session is not None:
            path = self._session.path
        return self._unnamed if path is None else below(root, path)

    def close(self) -> None:
        """Follow the file no longer."""
        if self._session is not None:
            self._session.close()

    def _in_request(self) -> str | None:
        for identifier in told_cell_ids(None, self._parent()):
            if identifier.startswith(VS_CODE_SCHEME):
                return _in_address(identifier)
        return None

    def _in_namespace(self) -> str | None:
        path = self._namespace().get("__vsc_ipynb_file__")
        # No subclass, whose methods would be the learner's.
        return path if type(path) is str and path else None


# Asked for with every cell, and hardly ever different.
@lru_cache(maxsize=256)
def _in_address(address: str) -> str | None:
    """The file in the address of a VS Code cell; None for an interactive window's."""
    path = unquote(urlsplit(address).path)
    if not path.endswith(".ipynb"):
        return None
    return path[1:] if _WINDOWS_DRIVE.match(path) else path


@lru_cache(maxsize=16)
def below(root: str, path: str) -> str:
    """`path` relative to `root`, or as it is elsewhere; with slashes, in Unicode's form NFC."""
    pure = PurePath(composed(path))
    # Elsewhere than below the root: the path as it is.
    with suppress(ValueError):
        pure = pure.relative_to(composed(root))
    return pure.as_posix()


def _without_drive(path: str) -> str:
    folder, name = os_path.split(path)
    if not name.startswith(_COLLABORATION_DRIVE):
        return path
    return os_path.join(folder, name[len(_COLLABORATION_DRIVE) :])
