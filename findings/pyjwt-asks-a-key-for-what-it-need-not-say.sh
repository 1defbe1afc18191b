#!/bin/bash
# PyJWT 2.15.1 (PyPI): a key that does not name its algorithm is one for RS256, and one without a name is none.
#
# Guess: `alg` and `kid` of a key are optional (RFC 7517, sections 4.4 and 4.5). An RSA key without `alg`
#   checks what the caller's `algorithms` allow; a set of one key needs no `kid` (OpenID Connect Core,
#   section 10.1, asks for it when there are several).
# Seen: PyJWK writes RS256 onto an RSA key that says nothing, so PS256 and RS512 are refused with "does not
#   match the key's algorithm", although `algorithms` allows them. joserfc and jwcrypto take them with the same
#   key. And PyJWKClient passes over a key without `kid`: the set of one "did not contain any signing keys".
# What follows: hand over `key.key`, without what PyJWK believes of it, or the key made as
#   `PyJWK(data, algorithm="PS256")`; and read a set of one by PyJWKSet.
#
# usage: findings/pyjwt-asks-a-key-for-what-it-need-not-say.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  pyjwt==2.15.1 joserfc==1.8.0 jwcrypto==1.6.1

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import http.server
import json
import sys
import threading
import time
from importlib.metadata import version

import joserfc.jwk
import joserfc.jwt
import jwcrypto.jwk
import jwcrypto.jwt
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
public = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
public = {member: public[member] for member in ("kty", "n", "e")}
claims = {"sub": "learner-1", "exp": int(time.time()) + 600}


def outcome(check):
    try:
        check()
        return "taken"
    except Exception as error:
        return type(error).__name__


checks = {
    "PyJWK": lambda token, allowed: jwt.decode(token, jwt.PyJWK(public), algorithms=allowed),
    "PyJWK(...).key": lambda token, allowed: jwt.decode(token, jwt.PyJWK(public).key, algorithms=allowed),
    "joserfc": lambda token, allowed: joserfc.jwt.decode(
        token, joserfc.jwk.RSAKey.import_key(public), algorithms=allowed
    ),
    "jwcrypto": lambda token, allowed: jwcrypto.jwt.JWT(jwt=token, key=jwcrypto.jwk.JWK(**public), algs=allowed),
}
print("PyJWT", version("pyjwt"))
seen = {}
for name, check in checks.items():
    seen[name] = []
    for algorithm in ("RS256", "RS512", "PS256"):
        token = jwt.encode(claims, private, algorithm=algorithm)
        seen[name].append(outcome(lambda: check(token, [algorithm])))
    print(f"{name:14} RS256: {seen[name][0]}, RS512: {seen[name][1]}, PS256: {seen[name][2]}")


class Issuer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"keys": keys}).encode())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/keys"
for label, keys, headers in (
    ("with kid", [{**public, "kid": "2026"}], {"kid": "2026"}),
    ("without", [public], {}),
):
    token = jwt.encode(claims, private, algorithm="RS256", headers=headers)
    seen[label] = outcome(lambda: jwt.PyJWKClient(url).get_signing_key_from_jwt(token))
    print(f"PyJWKClient, a set of one key {label}: {seen[label]}")
expected = {
    "PyJWK": ["taken", "InvalidAlgorithmError", "InvalidAlgorithmError"],
    "PyJWK(...).key": ["taken"] * 3,
    "joserfc": ["taken"] * 3,
    "jwcrypto": ["taken"] * 3,
    "with kid": "taken",
    "without": "PyJWKClientError",
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
