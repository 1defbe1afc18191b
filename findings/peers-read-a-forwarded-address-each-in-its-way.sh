#!/bin/bash
# uvicorn 0.54.0, hypercorn 0.18.0, werkzeug 3.1.9, tornado 6.6.1, aiohttp-remotes 1.4.0 (PyPI): who is the client?
#
# Guess: behind a proxy that one trusts, all of them have the same address and scheme for the same header. `Forwarded`
#   writes IPv6 in brackets and quotes, as "[2001:db8::7]" (RFC 7239, section 6, whose own examples spell it `For=`).
# Seen: for `X-Forwarded-Proto: https, https` uvicorn stays with http; the others have https. From `Forwarded`,
#   aiohttp-remotes has an address with brackets; hypercorn's has the quotes, too, and `For=` it does not see at all.
# What follows: have the proxy write one scheme, and take addresses from `X-Forwarded-For`, or one client has
#   several names in the logs of two programs, and links begin with http.
#
# usage: findings/peers-read-a-forwarded-address-each-in-its-way.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  uvicorn==0.54.0 hypercorn==0.18.0 werkzeug==3.1.9 tornado==6.6.1 aiohttp==3.14.5 aiohttp-remotes==1.4.0

"$folder/venv/bin/python" -W ignore - 2>"$folder/log" <<'PYTHON'
import asyncio
import logging
import sys
import urllib.error
import urllib.request
from importlib.metadata import version

import aiohttp.test_utils
import aiohttp.web
import aiohttp_remotes
import hypercorn.middleware
import tornado.httpserver
import tornado.testing
import tornado.web
import uvicorn.middleware.proxy_headers
from werkzeug.middleware.proxy_fix import ProxyFix

logging.disable(logging.CRITICAL)
PROXY = "127.0.0.1"


async def as_asgi(middleware, headers):
    found = []

    async def app(scope, receive, send):
        found.append(f"{scope['client'][0]} {scope['scheme']}")

    fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await middleware(app)({"type": "http", "headers": fields, "client": (PROXY, 1), "scheme": "http"}, None, None)
    return found[0]


async def with_uvicorn(headers):
    return await as_asgi(uvicorn.middleware.proxy_headers.ProxyHeadersMiddleware, headers)


async def with_hypercorn(headers):
    mode = "modern" if "Forwarded" in headers else "legacy"
    return await as_asgi(lambda app: hypercorn.middleware.ProxyFixMiddleware(app, mode=mode), headers)


async def with_werkzeug(headers):
    found = []
    environ = {"REMOTE_ADDR": PROXY, "wsgi.url_scheme": "http"}
    environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    ProxyFix(lambda changed, _: found.append(f"{changed['REMOTE_ADDR']} {changed['wsgi.url_scheme']}"))(environ, None)
    return found[0]


async def fetch(port, headers):
    def ask():
        try:
            request = urllib.request.Request(f"http://{PROXY}:{port}/", headers=headers)
            with urllib.request.urlopen(request) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return str(error.code)

    return await asyncio.to_thread(ask)


async def with_tornado(headers):
    class Show(tornado.web.RequestHandler):
        def get(self):
            self.write(f"{self.request.remote_ip} {self.request.protocol}")

    socket, port = tornado.testing.bind_unused_port()
    server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Show)]), xheaders=True)
    server.add_socket(socket)
    try:
        return await fetch(port, headers)
    finally:
        server.stop()


async def with_aiohttp(headers):
    async def show(request):
        return aiohttp.web.Response(text=f"{request.remote} {request.scheme}")

    app = aiohttp.web.Application()
    app.router.add_get("/", show)
    reads = aiohttp_remotes.ForwardedRelaxed() if "Forwarded" in headers else aiohttp_remotes.XForwardedRelaxed()
    await aiohttp_remotes.setup(app, reads)
    async with aiohttp.test_utils.TestServer(app) as server:
        return await fetch(server.port, headers)


TWICE = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https, https"}
STANDARD = {"Forwarded": 'for="[2001:db8::7]";proto=https'}
CAPITAL = {"Forwarded": "For=198.51.100.7;Proto=https"}
expected = {
    with_uvicorn: {"twice": "198.51.100.7 http"},
    with_hypercorn: {
        "twice": "198.51.100.7 https",
        "standard": '"[2001:db8::7]" https',
        "capital": "127.0.0.1 http",
    },
    with_werkzeug: {"twice": "198.51.100.7 https"},
    with_tornado: {"twice": "198.51.100.7 https"},
    with_aiohttp: {
        "twice": "198.51.100.7 https",
        "standard": "[2001:db8::7] https",
        "capital": "198.51.100.7 https",
    },
}
sent = {"twice": TWICE, "standard": STANDARD, "capital": CAPITAL}
for package in ("uvicorn", "hypercorn", "werkzeug", "tornado", "aiohttp-remotes"):
    print(package, version(package), end="; ")
print()
seen = {}
for check in expected:
    seen[check] = {name: asyncio.run(check(sent[name])) for name in expected[check]}
    print(check.__name__, seen[check])
sys.exit(0 if seen == expected else "this has changed")
PYTHON
