#!/bin/bash
# Authlib 1.9.6, google-auth 2.63.0 (PyPI): a token that lives for a minute is used once.
#
# Guess: a client of the grant `client_credentials` keeps its token until it is over, or a few seconds less.
# Seen: Authlib calls a token over 60 s before its end, google-auth 225 s before. A shorter one is over the
#   moment it comes, and each request fetches another first, without a word in the log. Authlib's way shows
#   with `expires_in` 60, which is what Keycloak's master realm gives by default; google-auth's with 200.
#   requests-oauthlib and httpx-auth (30 s) fetch one.
# What follows: a short-lived token, meant to be safe, doubles the requests and has the issuer's limit on
#   them reached. For Authlib pass `leeway`; google-auth has a constant.
#
# usage: findings/authlib-fetches-a-token-for-each-request.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  authlib==1.9.6 google-auth==2.63.0 requests-oauthlib==2.0.0 httpx-auth==0.23.1 httpx==0.28.1 requests==2.34.2

OAUTHLIB_INSECURE_TRANSPORT=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import http.server
import json
import sys
import threading
from importlib.metadata import version

import google.auth.transport.requests
import google.oauth2.service_account
import httpx
import httpx_auth
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

fetched, used = [], []


class Server(http.server.BaseHTTPRequestHandler):
    """An issuer of tokens, and what they are for."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        fetched.append(f"token-{len(fetched) + 1}")
        self.answer({"access_token": fetched[-1], "token_type": "Bearer", "expires_in": lifetime})

    def do_GET(self):
        used.append(self.headers["Authorization"])
        self.answer({})

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


def with_authlib():
    session = AuthlibSession("client", "secret", token_endpoint=f"{url}/token", grant_type="client_credentials")
    session.fetch_token()
    return session.get


def with_google():
    account = {"client_email": "a@example.com", "private_key": private.decode(), "token_uri": f"{url}/token"}
    credentials = google.oauth2.service_account.Credentials.from_service_account_info(account, scopes=["read"])
    return google.auth.transport.requests.AuthorizedSession(credentials).get


def with_requests_oauthlib():
    session = OAuth2Session(client=BackendApplicationClient("client"))
    session.fetch_token(f"{url}/token", client_id="client", client_secret="secret")
    return session.get


def with_httpx_auth():
    token_url = f"{url}/token/{lifetime}"
    auth = httpx_auth.OAuth2ClientCredentials(token_url, client_id="client", client_secret="secret")
    return httpx.Client(auth=auth).get


libraries = {
    "authlib": with_authlib,
    "google-auth": with_google,
    "requests-oauthlib": with_requests_oauthlib,
    "httpx-auth": with_httpx_auth,
}
seen = {}
for name, start in libraries.items():
    seen[name] = []
    for lifetime in (60, 200, 3600):
        fetched.clear()
        used.clear()
        get = start()
        for _ in range(5):
            get(f"{url}/courses")
        seen[name].append(len(set(used)))
    print(f"{name:17} {version(name):6} tokens of 60 s, 200 s, an hour that five requests used: {seen[name]}")
expected = {"authlib": [5, 1, 1], "google-auth": [5, 5, 1], "requests-oauthlib": [1, 1, 1], "httpx-auth": [1, 1, 1]}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
