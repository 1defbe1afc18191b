"""Requests that never go through a proxy."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def request(
    url: str, body: bytes | None = None, headers: dict[str, str] | None = None, seconds: float = 10,
    method: str | None = None,
) -> tuple[int, bytes]:
    """Status and body. An answer of 4xx or 5xx is an answer; no answer is an OSError."""
    message = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with _opener.open(message, timeout=seconds) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read()


def post_json(
    url: str, value: object, headers: dict[str, str] | None = None, seconds: float = 10,
) -> tuple[int, dict]:
    status, body = request(
        url, json.dumps(value).encode(), {"Content-Type": "application/json"} | (headers or {}), seconds)
    return status, json.loads(body or b"{}")
