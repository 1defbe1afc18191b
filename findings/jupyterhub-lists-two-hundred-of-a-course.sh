#!/bin/bash
# jupyterhub 6.1.1 (PyPI), its REST API: of a course of 260 the list of users has 200.
#
# Guess: `GET /users` gives all users, or its answer says that there are more. `limit=500` gives up to 500, or is
#   refused; `limit=0` gives none, or all.
# Seen: without `limit`, and with 500, it is a plain list of 200, with status 200 and no header that tells of more. With
#   a `limit` of 0 it is a list of one. Only a request with `Accept: application/jupyterhub-pagination+json` is told
#   of the total and the next page, in another shape of answer, and gets 50 at a time. A group, in the same API, has
#   its 260 members.
# What follows: a roster that is compared with this list adds the same sixty learners every night, and a count of who
#   was active misses them. It begins with the 201st user, so no test of one class sees it. Ask for the other
#   shape, and go on while it names a next page.
#
# usage: findings/jupyterhub-lists-two-hundred-of-a-course.sh     needs Python 3.11 or later, PyPI
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
import urllib.request
from importlib.metadata import version


def ask(method, path, body=None, accept="*/*"):
    request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/hub/api{path}", method=method)
    request.add_header("Authorization", "token only-for-this-test")
    request.add_header("Accept", accept)
    request.data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request) as answer:
        assert not {"link", "x-total-count"} & {name.lower() for name in answer.headers}
        return json.load(answer)


for _ in range(200):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/hub/api/").close()
        break
    except OSError:
        time.sleep(0.3)
print("jupyterhub", version("jupyterhub"))
learners = [f"learner-{number:03}" for number in range(260)]
ask("POST", "/users", {"usernames": learners})
ask("POST", "/groups/course")
members = ask("POST", "/groups/course/users", {"users": learners})["users"]
seen = {"members": len(members)}
for query in ("", "?limit=100", "?limit=500", "?limit=0", "?offset=200"):
    seen[query] = len(ask("GET", f"/users{query}"))
    print(f"GET /users{query}: {seen[query]}")
pages = ask("GET", "/users", accept="application/jupyterhub-pagination+json")
seen["pages"] = (len(pages["items"]), pages["_pagination"]["total"], pages["_pagination"]["next"]["offset"])
print("the group's members: {}; with Accept: {} of {}, next from {}".format(seen["members"], *seen["pages"]))
expected = {
    "members": 260,
    "": 200,
    "?limit=100": 100,
    "?limit=500": 200,
    "?limit=0": 1,
    "?offset=200": 60,
    "pages": (50, 260, 50),
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
