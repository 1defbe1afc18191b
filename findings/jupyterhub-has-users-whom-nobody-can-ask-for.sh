#!/bin/bash
# jupyterhub 6.1.1 (PyPI), its REST API: "Ann" is made as "ann", and "Bob" as "Bob".
#
# Guess: one rule for names, on every route. What was made as Ann is found as Ann.
# Seen: a list of names (`POST /users`), a group's members and a new name are put into lower case;
#   the name in a path (`POST /users/Bob`, `GET /users/Ann`) is not. So Ann is answered with 201, and asked for
#   with 404; Bob and bob are two users, and three spellings in a list come back as one user, three times.
#   Who logs in is put into lower case, and is never "Bob".
# What follows: a roster that is brought in by the API is put into lower case before, and compared so. A
#   group refuses Bob (as bob he is unknown), until a second user is made.
#
# usage: findings/jupyterhub-has-users-whom-nobody-can-ask-for.sh     needs Python 3.11 or later, PyPI
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
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check jupyterhub==6.1.1

cd "$folder"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
# A proxy is not needed to ask the hub itself.
cat >config.py <<END
from jupyterhub.proxy import Proxy


class NoProxy(Proxy):
    should_start = False
    routes = {}

    async def add_route(self, routespec, target, data):
        self.routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec):
        self.routes.pop(routespec, None)

    async def get_all_routes(self):
        return self.routes


c = get_config()
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = $port
c.JupyterHub.bind_url = "http://127.0.0.1:$(free_port)"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.services = [{"name": "roster", "api_token": "only-for-this-test"}]
c.JupyterHub.load_roles = [{"name": "roster", "scopes": ["admin:users", "admin:groups"], "services": ["roster"]}]
END
venv/bin/jupyterhub -f config.py >log 2>&1 &
server=$!

venv/bin/python - "$port" <<'PYTHON'
import json
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import version


def ask(method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/hub/api{path}", method=method)
    request.add_header("Authorization", "token only-for-this-test")
    request.data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request) as answer:
            status, found = answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None
    if isinstance(found, list):
        return status, [user["name"] for user in found]
    return status, found.get("users", found.get("name"))


for _ in range(200):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/hub/api/").close()
        break
    except OSError:
        time.sleep(0.3)
print("jupyterhub", version("jupyterhub"))
ask("POST", "/groups/class")
expected = [
    (("POST", "/users", {"usernames": ["Ann", "ANN", "ann"]}), (201, ["ann", "ann", "ann"])),
    (("GET", "/users/Ann"), (404, None)),
    (("GET", "/users/ann"), (200, "ann")),
    (("POST", "/users/Bob"), (201, "Bob")),
    (("POST", "/groups/class/users", {"users": ["Ann"]}), (200, ["ann"])),
    (("POST", "/groups/class/users", {"users": ["Bob"]}), (400, None)),
    (("POST", "/users/bob"), (201, "bob")),
    (("POST", "/groups/class/users", {"users": ["Bob"]}), (200, ["ann", "bob"])),
    (("PATCH", "/users/bob", {"name": "Carl"}), (200, "carl")),
]
seen = []
for request, _ in expected:
    seen.append((request, ask(*request)))
    print(*request, "->", *seen[-1][1])
sys.exit(0 if seen == expected else "this has changed")
PYTHON
