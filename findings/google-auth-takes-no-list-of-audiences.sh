#!/bin/bash
# google-auth 2.63.0, PyLTI1p3 2.0.0 (PyPI): a token for two parties is for neither.
#
# Guess: `aud` is one name or a list of names (RFC 7519, section 4.1.3); a token is for us when we are one of them.
# Seen: google.auth.jwt compares the list as a whole: `["us"]` is refused with "wrong audience ['us'], expected
#   one of ['us']". PyLTI1p3 looks at the first name alone: a launch for `["other", "us"]` whose `azp` is us
#   has the client id of the other, and no registration. PyJWT, python-jose and joserfc take all of these.
# What follows: an issuer that tokens are asked of for several readers must write `aud` as one name for
#   these two, or they check it by themselves.
#
# usage: findings/google-auth-takes-no-list-of-audiences.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  google-auth==2.63.0 pylti1p3==2.0.0 pyjwt==2.15.1 python-jose==3.5.0 joserfc==1.8.0 jwcrypto==1.6.1 requests==2.34.2

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
import time
from importlib.metadata import version

import google.auth.jwt
import jose.jwt
import joserfc.jwk
import joserfc.jwt
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.tool_config import ToolConfDict

private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
pem = private.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
).decode()
ISSUER = "https://lms.example.com"
registration = {"client_id": "us", "auth_login_url": "", "auth_token_url": "", "key_set_url": "", "deployment_ids": ["1"]}


class Launch(MessageLaunch):
    def _get_request_param(self, key):
        return self._request[key]


def with_pylti1p3(token):
    launch = Launch({}, ToolConfDict({ISSUER: [registration]}), session_service=object(), cookie_service=object())
    body = jwt.decode(token, options={"verify_signature": False})
    launch.set_auto_validation(False).set_jwt({"header": jwt.get_unverified_header(token), "body": body})
    launch.validate_registration()


def with_joserfc(token):
    claims = joserfc.jwt.decode(token, joserfc.jwk.RSAKey.import_key(pem)).claims
    joserfc.jwt.JWTClaimsRegistry(aud={"essential": True, "value": "us"}).validate(claims)


libraries = {
    "google-auth": lambda token: google.auth.jwt.decode(token, pem, audience="us"),
    "pylti1p3": with_pylti1p3,
    "pyjwt": lambda token: jwt.decode(token, pem, algorithms=["RS256"], audience="us"),
    "python-jose": lambda token: jose.jwt.decode(token, pem, algorithms=["RS256"], audience="us"),
    "joserfc": with_joserfc,
}
now = int(time.time())
seen = {}
for name, check in libraries.items():
    seen[name] = []
    for audience in ("us", ["us"], ["us", "other"], ["other", "us"]):
        claims = {"iss": ISSUER, "sub": "learner-1", "aud": audience, "azp": "us", "iat": now, "exp": now + 600}
        try:
            check(jwt.encode(claims, private, algorithm="RS256", headers={"kid": "2026"}))
            seen[name].append("taken")
        except Exception as error:
            seen[name].append(type(error).__name__)
    print(f"{name:11} {version(name):6}", *seen[name])
expected = {
    "google-auth": ["taken"] + ["InvalidValue"] * 3,
    "pylti1p3": ["taken"] * 3 + ["Exception"],
    "pyjwt": ["taken"] * 4,
    "python-jose": ["taken"] * 4,
    "joserfc": ["taken"] * 4,
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
