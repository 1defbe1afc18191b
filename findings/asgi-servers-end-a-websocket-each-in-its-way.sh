#!/bin/bash
# uvicorn 0.54.0, hypercorn 0.18.0, daphne 4.2.3, granian 2.8.9 (PyPI): an application fails, what does its client see?
#
# Guess: an application that raises closes its WebSocket with 1011, "internal error" (RFC 6455, section 7.4.1), and one
#   that returns closes it with 1000, with every ASGI server. A client's own code reaches the application.
# Seen: when it raises, hypercorn and daphne close with 1011, uvicorn ends the connection without a close
#   (1006, with either of its libraries), granian closes without a code (1005). When it returns, it is the
#   same but for daphne, which leaves the WebSocket open, with nobody behind it. A client that closes with
#   4000 is told to the application as 4000; hypercorn says 1006. `close` with 4401 arrives with all, its
#   reason with all but daphne.
# What follows: codes tell a client whether to come back only when the application sends them itself, in a `finally`;
#   and one that waits for a close must ping, too.
#
# usage: findings/asgi-servers-end-a-websocket-each-in-its-way.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  uvicorn==0.54.0 hypercorn==0.18.0 daphne==4.2.3 granian==2.8.9 websockets==17.4 wsproto==1.3.2

cd "$folder"
cat >app.py <<'PYTHON'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await receive()
    await send({"type": "websocket.accept"})
    if scope["path"] == "/raise":
        raise ValueError("a fault of the application")
    if scope["path"] == "/close":
        await send({"type": "websocket.close", "code": 4401, "reason": "the token has ended"})
    if scope["path"] == "/told":
        message = await receive()
        with open("told", "w") as file:
            file.write(str(int(message["code"])))
PYTHON
venv/bin/python -W ignore - 2>log <<'PYTHON'
import asyncio
import os
import socket
import subprocess
import sys
from importlib.metadata import version

import websockets

SERVERS = {
    "uvicorn, websockets": ["uvicorn", "--ws", "websockets-sansio", "--port", "{port}", "app:app"],
    "uvicorn, wsproto": ["uvicorn", "--ws", "wsproto", "--port", "{port}", "app:app"],
    "hypercorn": ["hypercorn", "--bind", "127.0.0.1:{port}", "app:app"],
    "daphne": ["daphne", "--port", "{port}", "app:app"],
    "granian": ["granian", "--interface", "asgi", "--port", "{port}", "app:app"],
}


async def end(port, path):
    async with websockets.connect(f"ws://127.0.0.1:{port}{path}", close_timeout=1) as connection:
        try:
            await asyncio.wait_for(connection.recv(), 3)
        except TimeoutError:
            return "open"
        except websockets.ConnectionClosed:
            return f"{int(connection.close_code)} {connection.close_reason}".strip()


async def told(port):
    connection = await websockets.connect(f"ws://127.0.0.1:{port}/told")
    await connection.close(4000, "bye")
    for _ in range(50):
        if os.path.exists("told") and (text := open("told").read()):
            os.remove("told")
            return text
        await asyncio.sleep(0.1)


async def answers(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            await asyncio.sleep(0.3)
    return [await end(port, "/raise"), await end(port, "/return"), await end(port, "/close"), await told(port)]


seen = {}
for name, command in SERVERS.items():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [f"venv/bin/{command[0]}"] + [word.format(port=port) for word in command[1:]]
    server = subprocess.Popen(command, stdout=sys.stderr)
    try:
        seen[name] = asyncio.run(answers(port))
    finally:
        server.terminate()
        server.wait()
    print(f"{name}: raises {seen[name][0]}; returns {seen[name][1]}; closes {seen[name][2]}; is told {seen[name][3]}")
print(*(f"{name} {version(name)}" for name in ("uvicorn", "hypercorn", "daphne", "granian")), sep=", ")
expected = {
    "uvicorn, websockets": ["1006", "1006", "4401 the token has ended", "4000"],
    "uvicorn, wsproto": ["1006", "1006", "4401 the token has ended", "4000"],
    "hypercorn": ["1011", "1011", "4401 the token has ended", "1006"],
    "daphne": ["1011", "open", "4401", "4000"],
    "granian": ["1005", "1005", "4401 the token has ended", "4000"],
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
