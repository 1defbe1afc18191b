#!/bin/bash
# slowapi 0.1.10 (PyPI), the limiter of FastAPI and Starlette: `Retry-After` comes with each 200, or never.
#
# Guess: 429 has `Retry-After`, and what is let in has not. A limit at a route with a path parameter is one
#   limit for the route.
# Seen: by default no answer has it, 429 neither. With `headers_enabled=True` all have it, the 200s too. And
#   the limit counts by address: /courses/1 and /courses/2 have a count each, though one function answers both
#   and its limit is "2 per minute".
# What follows: a client that heeds `Retry-After` whatever the status waits a minute after each success, and a limit on
#   a route whose path has an id is one for each id. `shared_limit` counts for the function.
#
# usage: findings/slowapi-tells-those-it-lets-in-to-come-back-later.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  slowapi==0.1.10 starlette==1.10.0 limits==5.8.0 httpx==0.28.1

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import httpx
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def answers(headers_enabled):
    limiter = Limiter(key_func=lambda request: "learner-1", headers_enabled=headers_enabled)

    @limiter.limit("2/minute")
    async def course(request):
        return PlainTextResponse("")

    @limiter.shared_limit("2/minute", scope="pages")
    async def page(request):
        return PlainTextResponse("")

    app = Starlette(
        routes=[Route("/courses/{id}", course), Route("/pages/{id}", page)],
        exception_handlers={RateLimitExceeded: _rate_limit_exceeded_handler},
    )
    app.state.limiter = limiter
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for path in ("/courses/1", "/courses/1", "/courses/1", "/courses/2", "/pages/1", "/pages/2", "/pages/3"):
            answer = await client.get(path)
            yield path, answer.status_code, "retry-after" in answer.headers


async def main():
    return [[each async for each in answers(enabled)] for enabled in (False, True)]


print("slowapi", version("slowapi"))
without, with_headers = asyncio.run(main())
for label, found in (("by default", without), ("headers_enabled", with_headers)):
    print(f"{label}:", ", ".join(f"{path} {status}{' Retry-After' * has}" for path, status, has in found))
statuses = [200, 200, 429, 200, 200, 200, 429]
right = (
    [status for _, status, _ in without] == [status for _, status, _ in with_headers] == statuses
    and not any(has for _, _, has in without)
    and all(has for _, _, has in with_headers)
)
sys.exit(0 if right else "this has changed")
PYTHON
