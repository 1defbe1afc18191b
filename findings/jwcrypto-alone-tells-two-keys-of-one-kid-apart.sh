#!/bin/bash
# PyJWT 2.15.1, Authlib 1.9.6, joserfc 1.8.0, python-jose 3.5.0, jwcrypto 1.6.1 (PyPI): two keys with one `kid`.
#
# Guess: RFC 7517, section 4.5, lets two keys have one `kid` when their `kty` differ, such as an RSA key and
#   an EC key that are alternatives for each other. A library takes the one that the token's `alg` can be
#   checked with.
# Seen: jwcrypto does, and joserfc when the keys name their `alg`, which is optional. The others take the first
#   key of that name, and refuse a token that the second one signed, each with an error of its own: Authlib's
#   is KeyError.
# What follows: an issuer that moves from RS256 to ES256 and keeps its `kid` is unreadable for half of its
#   tokens, and which half depends on the order in the set. Choose by `kid` and `kty`, and for these
#   libraries hand over the one key.
#
# usage: findings/jwcrypto-alone-tells-two-keys-of-one-kid-apart.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  authlib==1.9.6 python-jose==3.5.0 pyjwt==2.15.1 joserfc==1.8.0 jwcrypto==1.6.1

"$folder/venv/bin/python" -W ignore - 2>"$folder/log" <<'PYTHON'
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
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ALGORITHMS = ["RS256", "ES256"]
private = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
}
public = {}
for algorithm, makes in (("RS256", jwt.algorithms.RSAAlgorithm), ("ES256", jwt.algorithms.ECAlgorithm)):
    key = makes.to_jwk(private[algorithm].public_key(), as_dict=True)
    key.pop("key_ops", None)
    public[algorithm] = {**key, "kid": "2026", "use": "sig"}

libraries = {
    "pyjwt": lambda token, keys: jwt.decode(token, jwt.PyJWKSet.from_dict(keys)["2026"], algorithms=ALGORITHMS)["sub"],
    "authlib": lambda token, keys: authlib.jose.jwt.decode(token, authlib.jose.JsonWebKey.import_key_set(keys))["sub"],
    "joserfc": lambda token, keys: joserfc.jwt.decode(
        token, joserfc.jwk.KeySet.import_key_set(keys), algorithms=ALGORITHMS
    ).claims["sub"],
    "python-jose": lambda token, keys: jose.jwt.decode(token, keys, algorithms=ALGORITHMS)["sub"],
    "jwcrypto": lambda token, keys: json.loads(
        jwcrypto.jwt.JWT(jwt=token, key=jwcrypto.jwk.JWKSet.from_json(json.dumps(keys)), algs=ALGORITHMS).claims
    )["sub"],
}
claims = {"sub": "learner-1", "exp": int(time.time()) + 600}
seen = {}
for name, decode in libraries.items():
    for named in (True, False):
        answers = []
        for order in (ALGORITHMS, ALGORITHMS[::-1]):
            keys = [{**public[each], "alg": each} if named else public[each] for each in order]
            for algorithm in order:
                token = jwt.encode(claims, private[algorithm], algorithm=algorithm, headers={"kid": "2026"})
                try:
                    answers.append("taken" if decode(token, {"keys": keys}) == "learner-1" else "wrong")
                except Exception as error:
                    answers.append(type(error).__name__)
        seen[name, named] = answers
        label = "with   " if named else "without"
        print(f"{name:11} {version(name):6} {label} alg, by the first key and the second:", *answers)
taken = ["taken"] * 4
expected = {
    ("pyjwt", True): ["taken", "InvalidAlgorithmError"] * 2,
    ("pyjwt", False): ["taken", "InvalidAlgorithmError"] * 2,
    ("authlib", True): ["taken", "KeyError"] * 2,
    ("authlib", False): ["taken", "KeyError"] * 2,
    ("joserfc", True): taken,
    ("joserfc", False): ["taken", "InvalidKeyTypeError"] * 2,
    ("python-jose", True): ["taken", "JWKError"] * 2,
    ("python-jose", False): ["taken", "JWKError"] * 2,
    ("jwcrypto", True): taken,
    ("jwcrypto", False): taken,
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
