#!/bin/bash
# libcurl 8.23.0 (in pycurl 7.49.0, PyPI): one POST may reach the server twice, and the caller sees a 204.
#
# Guess: libcurl repeats nothing by itself; a POST whose connection ends without an answer fails with code 52,
#   "Empty reply from server".
# Seen: that is so on a new connection. On one that was used before, libcurl takes the silent end for an idle
#   connection that the server had closed, and sends the POST again on a new one, although the server
#   had read all of it. Libcurl 7.88.1 (Debian 12) does the same.
# What follows: what is POSTed by libcurl needs an id of its own (an `insertId`, a point's time, an event's
#   id), however carefully the caller's own retries are written.
#
# usage: findings/libcurl-sends-a-post-twice.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pycurl==7.49.0

"$folder/venv/bin/python" - <<'PYTHON'
import socket
import sys
import threading

import pycurl

received = []


def serve(connection, number):
    """Answers each POST with 204, except that the first connection ends silently after reading "event"."""
    with connection, connection.makefile("rb") as reader:
        while line := reader.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                line = reader.readline()
            body = reader.read(length).decode()
            received.append((number, body))
            if number == 1 and body == "event":
                return
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def accept(listener):
    number = 0
    while True:
        connection, _ = listener.accept()
        number += 1
        threading.Thread(target=serve, args=(connection, number), daemon=True).start()


def post(curl, body):
    curl.setopt(pycurl.POSTFIELDS, body)
    try:
        curl.perform()
        return curl.getinfo(pycurl.RESPONSE_CODE)
    except pycurl.error as error:
        return f"code {error.args[0]}"


print(pycurl.version)
seen = []
for bodies in (["event"], ["hello", "event"]):
    received.clear()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, f"http://127.0.0.1:{listener.getsockname()[1]}/")
    answers = [post(curl, body) for body in bodies]
    curl.close()
    seen.append((answers, list(received)))
    print(f"sent: {bodies}, answers: {answers}, received (connection, body): {received}")
expected = [
    (["code 52"], [(1, "event")]),
    ([204, 204], [(1, "hello"), (1, "event"), (2, "event")]),
]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
