#!/bin/bash
# joserfc 1.8.0, Authlib 1.9.6 (PyPI): a token with a fraction in its `iat` is "issued in the future".
#
# Guess: RFC 7519 lets a NumericDate have a fraction, so a token that was issued a moment ago, at time.time(),
#   is valid at once.
# Seen: both cut the present to whole seconds, and the token's times they do not. Until the second is
#   over, a token whose `iat` or `nbf` has a fraction is refused, as one of the future. PyJWT, python-jose and
#   jwcrypto take it. A token that is two seconds ahead, as of a clock that is a little fast, is refused
#   for its `iat` by these two and PyJWT, though the RFC asks it of `nbf` only.
# What follows: a client that uses its token at once fails now and then, and its next try is fine. Give the
#   check a leeway of a few seconds.
#
# usage: findings/joserfc-takes-a-token-of-this-second-for-tomorrows.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  authlib==1.9.6 python-jose==3.5.0 pyjwt==2.15.1 joserfc==1.8.0 jwcrypto==1.6.1

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
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
key = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)


def with_joserfc(token, leeway=0):
    claims = joserfc.jwt.decode(token, joserfc.jwk.RSAKey.import_key(key)).claims
    joserfc.jwt.JWTClaimsRegistry(leeway=leeway).validate(claims)


def with_authlib(token, leeway=0):
    authlib.jose.jwt.decode(token, authlib.jose.JsonWebKey.import_key(key)).validate(leeway=leeway)


libraries = {
    "joserfc": with_joserfc,
    "authlib": with_authlib,
    "pyjwt": lambda token: jwt.decode(token, jwt.PyJWK(key, "RS256"), algorithms=["RS256"]),
    "python-jose": lambda token: jose.jwt.decode(token, key, algorithms=["RS256"]),
    "jwcrypto": lambda token: jwcrypto.jwt.JWT(jwt=token, key=jwcrypto.jwk.JWK(**key)),
}


def answer(check, name, ahead=0.0):
    """What the check says of a token with this claim, made and looked at in the middle of one second."""
    time.sleep((0.3 - time.time()) % 1)
    claims = {"sub": "learner-1", "exp": int(time.time()) + 600, name: time.time() + ahead}
    token = jwt.encode(claims, private, algorithm="RS256")
    try:
        check(token)
        return "taken"
    except Exception as error:
        return type(error).__name__


seen = {}
for name, check in libraries.items():
    seen[name] = [answer(check, "iat"), answer(check, "nbf"), answer(check, "iat", ahead=2)]
    print(f"{name:11} {version(name):6} iat now: {seen[name][0]}, nbf now: {seen[name][1]}, iat in 2 s: {seen[name][2]}")
for name, check in (("joserfc", with_joserfc), ("authlib", with_authlib)):
    seen[name].append(answer(lambda token, check=check: check(token, leeway=5), "iat", ahead=2))
    print(f"{name} with a leeway of 5 s: {seen[name][3]}")
expected = {
    "joserfc": ["InvalidClaimError"] * 3 + ["taken"],
    "authlib": ["InvalidTokenError"] * 3 + ["taken"],
    "pyjwt": ["taken", "taken", "ImmatureSignatureError"],
    "python-jose": ["taken"] * 3,
    "jwcrypto": ["taken"] * 3,
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
