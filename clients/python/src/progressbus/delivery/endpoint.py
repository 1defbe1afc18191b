"""Where events are posted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..originals import BUILTINS

__builtins__ = BUILTINS

_INGEST_PATHS = ("/api/v1/events", "/student-progress")


@dataclass(frozen=True)
class Endpoint:
    """The parts of a server's address that a request needs."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """An endpoint from a server's base address or from the full address of its ingest route.

        Raises `ValueError` that says what is wrong.
        """
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an address such as http://127.0.0.1:8080")
        if parts.username or parts.password:
            raise ValueError("no user name or password in the address; use the token")
        if parts.query or parts.fragment:
            raise ValueError("no query and no fragment in the address")
        if not all("\x20" < character < "\x7f" for character in text):
            raise ValueError("ASCII without spaces; encode other characters (RFC 3986)")
        port = parts.port  # Raises ValueError itself when it is out of range.
        path = parts.path.rstrip("/")
        if not path.endswith(_INGEST_PATHS):
            path += _INGEST_PATHS[0]
        default_port = 443 if parts.scheme == "https" else 80
        return cls(parts.scheme, parts.hostname, default_port if port is None else port, path)

    def route(self, route: str) -> Endpoint:
        """Another route of the same server; `route` begins with a slash and may have a query."""
        base = next(self.path[: -len(path)] for path in _INGEST_PATHS if self.path.endswith(path))
        return replace(self, path=base + route)

    def is_reached_like(self, other: Endpoint) -> bool:
        """Whether one connection does for both."""
        return replace(self, path="") == replace(other, path="")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"
