#!/bin/bash
# ralph-malph 5.1.0 (PyPI), a learning record store, `ralph runserver --backend fs`: a test of xAPI on it misleads.
#
# Guess: with its backend on files the store is slow and otherwise right, so it is the one to test a
#   sender of statements with.
# Seen: the first request that stores something creates the file; every later one is answered with 500, because
#   the file is there. What was stored comes oldest first, and with `ascending=true` newest first, page by
#   page: 2 1, 4 3, 5. By its verb nothing is found. One statement by its id comes as a list, and an id
#   that is not there as an empty list with 200; xAPI wants the statement itself, and 404.
# What follows: such a test passes with one request and fails with two, and says nothing about order. Send to the
#   backend on files what it shall hold in one request, or use one of the databases.
#
# usage: findings/ralph-on-files-stores-the-first-request-only.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
server=
clean() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  'ralph-malph[cli,lrs]==5.1.0' requests==2.32.5

cd "$folder"
export HOME="$folder" RALPH_APP_DIR="$folder" RALPH_AUTH_FILE="$folder/auth.json" RALPH_RUNSERVER_BACKEND=fs
venv/bin/ralph auth -u test -p test -s all -M mailto:test@example.com -w >log 2>&1
mkdir statements
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/ralph runserver -b fs --fs-default-directory-path "$folder/statements" -h 127.0.0.1 -p "$port" >>log 2>&1 &
server=$!

venv/bin/python - "$port" <<'PYTHON'
import base64
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from importlib.metadata import version

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"


def ask(method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}{path}", method=method)
    request.add_header("Authorization", "Basic " + base64.b64encode(b"test:test").decode())
    request.add_header("X-Experience-API-Version", "1.0.3")
    request.add_header("Content-Type", "application/json")
    request.data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


def statement(number):
    return {
        "id": f"12345678-1234-4678-9234-56781234567{number}",
        "actor": {"mbox": "mailto:learner@example.com"},
        "verb": {"id": COMPLETED},
        "object": {"id": "http://example.com/course"},
        "timestamp": f"2026-01-02T03:04:0{number}Z",
    }


def pages(parameters):
    found, path = [], f"/xAPI/statements/?{parameters}"
    while path:
        _, answer = ask("GET", path)
        found.append(" ".join(statement["id"][-1] for statement in answer["statements"]))
        path = answer.get("more")
    return ", ".join(found)


for _ in range(200):
    try:
        ask("GET", "/xAPI/statements/")
        break
    except OSError:
        time.sleep(0.3)
print("ralph-malph", version("ralph-malph"))
one = "/xAPI/statements/?statementId=" + statement(1)["id"]
stored = ask("POST", "/xAPI/statements/", [statement(number) for number in range(1, 6)])[0]
found_one = ask("GET", one)
seen = {
    "stored: 1 to 5 in one request": stored,
    "stored: 6": ask("POST", "/xAPI/statements/", [statement(6)])[0],
    "listed, two a page": pages("limit=2"),
    "listed, ascending": pages("limit=2&ascending=true"),
    "listed by the verb of all": pages("verb=" + urllib.parse.quote(COMPLETED)),
    "1 by its id": [found_one[0], list(found_one[1])],
    "6 by its id": list(ask("GET", one[:-1] + "6")),
}
for question, answer in seen.items():
    print(f"{question:30} {answer}")
expected = [200, 500, "1 2, 3 4, 5", "2 1, 4 3, 5", "", [200, ["statements"]], [200, {"statements": []}]]
sys.exit(0 if list(seen.values()) == expected else "this has changed")
PYTHON
