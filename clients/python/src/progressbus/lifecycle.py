"""The ends of a process that a client must see coming: its exit and its fork."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING
from weakref import WeakSet

from .originals import BUILTINS

if TYPE_CHECKING:
    from .client import Client

__builtins__ = BUILTINS

#: Seconds; Jupyter kills a kernel that is not gone 5 s after it was asked to go.
_EXIT_GRACE = 1.5

_clients: WeakSet[Client] = WeakSet()


def register(client: Client) -> None:
    """Close `client` when the process exits, abandon it in the process's forked children."""
    _clients.add(client)


def close_all() -> None:
    """Close every client of this process, and wait a moment for what is unsent."""
    for client in list(_clients):
        try:
            client.finish_close(_EXIT_GRACE)
        except Exception:
            # Nobody is left to tell, and the other clients want their turn.
            continue


def _abandon_all() -> None:
    for client in list(_clients):
        client.abandon()
    _clients.clear()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)
