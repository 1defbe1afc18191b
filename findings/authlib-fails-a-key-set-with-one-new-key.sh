#!/bin/bash
# Authlib 1.9.6, python-jose 3.5.0 (PyPI): one key of a new type in a key set, and valid tokens are refused.
#
# Guess: a library picks the key that the token's `kid` names. Keys whose `kty` it does not know are left
#   out, as RFC 7517, section 5, advises.
# Seen: with an ML-DSA key (`kty` AKP) beside the RSA key that signed the token, Authlib cannot load the set.
#   python-jose fails when the new key stands before the right one, and not behind it. PyJWT, joserfc
#   and jwcrypto take the token.
# What follows: the day an identity provider publishes a key for tomorrow, everybody's log-in fails at
#   once. Filter the set by `kty` before it is handed over.
#
# usage: findings/authlib-fails-a-key-set-with-one-new-key.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  authlib==1.9.6 python-jose==3.5.0 pyjwt==2.15.1 joserfc==1.8.0 jwcrypto==1.6.1

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import base64
import json
import sys
import time
from importlib.metadata import version

import authlib.jose
import jose.jwt
import joserfc.jwk
import joserfc.jwt
import jwcrypto.jwk
import jwcrypto.jwt
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
known = {**jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": "today", "use": "sig"}
point = base64.urlsafe_b64encode(bytes(1312)).decode().rstrip("=")
new = {"kty": "AKP", "alg": "ML-DSA-44", "kid": "tomorrow", "use": "sig", "pub": point}
claims = {"sub": "learner-1", "exp": int(time.time()) + 600}
token = jwt.encode(claims, private, algorithm="RS256", headers={"kid": "today"})

libraries = {
    "authlib": lambda keys: authlib.jose.jwt.decode(token, authlib.jose.JsonWebKey.import_key_set(keys))["sub"],
    "python-jose": lambda keys: jose.jwt.decode(token, keys, algorithms=["RS256"])["sub"],
    "pyjwt": lambda keys: jwt.decode(token, jwt.PyJWKSet.from_dict(keys)["today"], algorithms=["RS256"])["sub"],
    "joserfc": lambda keys: joserfc.jwt.decode(token, joserfc.jwk.KeySet.import_key_set(keys)).claims["sub"],
    "jwcrypto": lambda keys: json.loads(
        jwcrypto.jwt.JWT(jwt=token, key=jwcrypto.jwk.JWKSet.from_json(json.dumps(keys))).claims
    )["sub"],
}
seen = {}
for name, decode in libraries.items():
    answers = []
    for keys in ([known], [known, new], [new, known]):
        try:
            answers.append("taken" if decode({"keys": keys}) == "learner-1" else "wrong")
        except Exception as error:
            answers.append(type(error).__name__)
    seen[name] = answers
    print(f"{name:11} {version(name):7} alone: {answers[0]}, new key behind: {answers[1]}, before: {answers[2]}")
expected = {
    "authlib": ["taken", "KeyError", "KeyError"],
    "python-jose": ["taken", "taken", "JWKError"],
    "pyjwt": ["taken"] * 3,
    "joserfc": ["taken"] * 3,
    "jwcrypto": ["taken"] * 3,
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
