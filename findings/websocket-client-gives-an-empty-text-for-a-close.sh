#!/bin/bash
# websocket-client 1.9.2 (PyPI): the server closes, and `recv()` returns "".
#
# Guess: `recv()` raises WebSocketConnectionClosedException when the other side closes, as `websockets` and
#   `httpx-ws` raise an exception that has the code.
# Seen: the close is an empty text, with nothing of its code and reason. It cannot be told from an empty
#   message, which comes the same way; the exception is raised by the call after it. `recv_data()` gives
#   the opcode, and code and reason as bytes.
# What follows: a loop that reads JSON fails on a close with "Expecting value", and whoever comes back upon any
#   error asks again with a token that 4401 called over. Use `recv_data()` or WebSocketApp's `on_close`.
#
# usage: findings/websocket-client-gives-an-empty-text-for-a-close.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  websocket-client==1.9.2 websockets==17.4 httpx-ws==0.9.0 httpx==0.28.1

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import httpx_ws
import websocket
import websockets
import websockets.sync.client


async def serve(connection):
    await connection.send("one")
    await connection.send("")
    await connection.close(4401, "the token has ended")


def told(receive, times):
    answers = []
    for _ in range(times):
        try:
            answers.append(receive())
        except Exception as error:
            code = getattr(error, "code", None) or getattr(getattr(error, "rcvd", None), "code", None)
            answers.append(f"{type(error).__name__} {code}")
    return answers


def with_websocket_client(address):
    connection = websocket.create_connection(f"ws://{address}", timeout=5)
    return told(connection.recv, 4)


def with_recv_data(address):
    connection = websocket.create_connection(f"ws://{address}", timeout=5)
    return told(connection.recv_data, 3)[2:]


def with_websockets(address):
    with websockets.sync.client.connect(f"ws://{address}") as connection:
        return told(connection.recv, 3)


def with_httpx_ws(address):
    with httpx_ws.connect_ws(f"http://{address}") as connection:
        return told(connection.receive_text, 3)


async def main():
    async with websockets.serve(serve, "127.0.0.1", 0) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return {
            check.__name__: await asyncio.to_thread(check, address)
            for check in (with_websocket_client, with_recv_data, with_websockets, with_httpx_ws)
        }


print("websocket-client", version("websocket-client"))
seen = asyncio.run(main())
for name, answers in seen.items():
    print(name, *map(repr, answers))
expected = {
    "with_websocket_client": ["one", "", "", "WebSocketConnectionClosedException None"],
    "with_recv_data": [(8, b"\x11\x31the token has ended")],
    "with_websockets": ["one", "", "ConnectionClosedError 4401"],
    "with_httpx_ws": ["one", "", "WebSocketDisconnect 4401"],
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
