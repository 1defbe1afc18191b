#!/bin/bash
# websockets 17.4, aiohttp 3.14.5, httpx-ws 0.9.0, websocket-client 1.9.2, tornado 6.6.1 (PyPI): a handshake is moved.
#
# Guess: websockets, aiohttp and websocket-client follow a redirect of the handshake, with a path or a whole address
#   as its `Location`, and httpx-ws does not. RFC 6455, section 4.1, leaves it to them.
# Seen: no `Location` leads all of them. A path is followed by websockets, aiohttp and httpx-ws; websocket-client calls
#   it invalid. `http://...`, as proxies write it, is followed by aiohttp and httpx-ws; websockets and
#   websocket-client want ws. `ws://...` is followed by these four but for aiohttp, which refuses what is not
#   http. Tornado follows none. Each says it with another exception; 301, 302, 307 and 308 are alike.
# What follows: a proxy that moves everything to https, with a redirect, cuts dashboards off that are asked for by ws://.
#   Move pages, and have the address of the WebSocket itself answer, or fail by 4xx.
#
# usage: findings/no-redirect-leads-every-websocket.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  websockets==17.4 aiohttp==3.14.5 httpx-ws==0.9.0 httpx==0.28.1 websocket-client==1.9.2 tornado==6.6.1

"$folder/venv/bin/python" -W ignore - 2>"$folder/log" <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import aiohttp
import httpx
import httpx_ws
import tornado.websocket
import websocket
import websockets


async def serve(connection):
    await connection.send("here")
    await connection.close()


def move(connection, request):
    _, status, location = request.path.split("/", 2)
    if location != "here":
        response = connection.respond(int(status), "")
        address = connection.local_address[1]
        response.headers["Location"] = {
            "path": "/0/here",
            "http": f"http://127.0.0.1:{address}/0/here",
            "ws": f"ws://127.0.0.1:{address}/0/here",
        }[location]
        return response


async def with_websockets(address):
    async with websockets.connect(f"ws://{address}") as connection:
        return await connection.recv()


async def with_aiohttp(address):
    async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://{address}") as connection:
        return (await connection.receive()).data


async def with_httpx_ws(address):
    async with httpx.AsyncClient(follow_redirects=True) as client:
        async with httpx_ws.aconnect_ws(f"http://{address}", client) as connection:
            return await connection.receive_text()


async def with_websocket_client(address):
    return await asyncio.to_thread(lambda: websocket.create_connection(f"ws://{address}", timeout=5).recv())


async def with_tornado(address):
    return await (await tornado.websocket.websocket_connect(f"ws://{address}")).read_message()


async def outcome(client, address):
    try:
        return await asyncio.wait_for(client(address), 10)
    except Exception as error:
        return type(error).__name__


async def main():
    found = {}
    async with websockets.serve(serve, "127.0.0.1", 0, process_request=move) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for client in expected:
            for location in ("path", "http", "ws"):
                answers = {await outcome(client, f"{address}/{status}/{location}") for status in (301, 302, 307, 308)}
                found.setdefault(client, []).append(" or ".join(sorted(answers)))
    return found


expected = {
    with_websockets: ["here", "InvalidURI", "here"],
    with_aiohttp: ["here", "here", "NonHttpUrlRedirectClientError"],
    with_httpx_ws: ["here", "here", "here"],
    with_websocket_client: ["WebSocketException", "WebSocketException", "here"],
    with_tornado: ["HTTPClientError"] * 3,
}
for name in ("websockets", "aiohttp", "httpx-ws", "websocket-client", "tornado"):
    print(name, version(name), end="; ")
print()
seen = asyncio.run(main())
for client, answers in seen.items():
    print(f"{client.__name__} path: {answers[0]}, http: {answers[1]}, ws: {answers[2]}")
sys.exit(0 if seen == expected else "this has changed")
PYTHON
