#!/bin/bash
# PyLTI1p3 2.0.0 (PyPI): the roster's second page is asked for under another address.
#
# Guess: the `next` link of a page of members is followed as it is, and an access token is fetched anew
#   when its `expires_in` is over.
# Seen: the whole Link header is put into lower case before the address is taken out of it. A platform whose
#   cursor has capital letters, as base64 has, gets one that it never gave out. And the token of the first
#   call is used as long as the object lives, whatever `expires_in` said.
# What follows: a course of more than one page has no roster, or half a one, and a worker that runs for longer
#   than an hour gets 401. Follow the link yourself, and make the launch's objects anew for each run.
#
# usage: findings/pylti1p3-lowers-the-next-pages-address.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  pylti1p3==2.0.0 pyjwt==2.15.1 jwcrypto==1.6.1 requests==2.32.5

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import http.server
import json
import sys
import threading
import time
from importlib.metadata import version

from jwcrypto.jwk import JWK
from pylti1p3.exception import LtiServiceException
from pylti1p3.names_roles import NamesRolesProvisioningService
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector

asked, tokens = [], []


class Platform(http.server.BaseHTTPRequestHandler):
    """Gives out tokens for one second, and members page by page: each next page has the cursor it was told."""

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        tokens.append(time.monotonic())
        self.answer(200, {"access_token": f"token-{len(tokens)}", "token_type": "Bearer", "expires_in": 1})

    def do_GET(self):
        asked.append(self.path)
        if self.path == "/members":
            next_page = f"http://{self.headers['Host']}/members?page={cursor}"
            self.answer(200, {"members": [{"user_id": "learner-1"}]}, Link=f'<{next_page}>; rel="next"')
        elif self.path == f"/members?page={cursor}":
            self.answer(200, {"members": [{"user_id": "learner-2"}]})
        else:
            self.answer(404, {})

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Platform)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
registration = Registration()
registration.set_client_id("tool").set_auth_token_url(f"{url}/token")
registration.set_tool_private_key(JWK.generate(kty="RSA", size=2048).export_to_pem(private_key=True, password=None).decode())
service = NamesRolesProvisioningService(
    ServiceConnector(registration), {"context_memberships_url": f"{url}/members", "service_versions": ["2.0"]}
)

print("PyLTI1p3", version("PyLTI1p3"))
seen = []
for cursor in ("djoyLDo", "mjkynzm"):
    asked.clear()
    try:
        outcome = [member["user_id"] for member in service.get_members()]
    except LtiServiceException as error:
        outcome = error.response.status_code
    seen.append((list(asked), outcome))
    print(f"cursor {cursor}: asked for {asked}, got {outcome}")
    time.sleep(1.5)
print(f"tokens for one second each, fetched in 3 seconds: {len(tokens)}")
expected = [
    (["/members", "/members?page=djoyldo"], 404),
    (["/members", "/members?page=mjkynzm"], ["learner-1", "learner-2"]),
]
sys.exit(0 if seen == expected and len(tokens) == 1 else "this has changed")
PYTHON
