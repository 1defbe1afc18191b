#!/bin/bash
# Flask-JWT-Extended 4.7.4, djangorestframework-simplejwt 5.5.1, sanic 25.12.1, litestar 2.25.0 (PyPI): `bearer`.
#
# Guess: a scheme's name is read in small and capital letters alike, and one or more blanks may follow it (RFC 9110,
#   section 11). So "bearer TOKEN" and "Bearer  TOKEN", with two blanks, are as good as any.
# Seen: Flask-JWT-Extended answers 401 to the small one, sanic has no token, and simplejwt takes the request for one
#   without log-in, so that the page for guests is shown. Litestar answers 401 to two blanks. FastAPI and
#   Authlib take all of them.
# What follows: a client that puts the answer's `token_type` before the token, and an issuer that writes it as "bearer",
#   as RFC 6749's own text does in places, end in 401 at some servers. Always send "Bearer", one blank.
#
# usage: findings/three-servers-know-no-small-bearer.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  flask-jwt-extended==4.7.4 flask==3.1.3 djangorestframework-simplejwt==5.5.1 djangorestframework==3.18.3 \
  django==5.2.19 sanic==25.12.1 litestar==2.25.0 fastapi==0.165.0 authlib==1.9.6 httpx==0.28.1 pyjwt==2.15.1 \
  cryptography==50.0.2

"$folder/venv/bin/python" -W ignore - 2>"$folder/log" <<'PYTHON'
import logging
import sys
import time
from importlib.metadata import version

import django
import django.conf
import django.test
import fastapi
import fastapi.security
import fastapi.testclient
import flask
import flask_jwt_extended
import jwt
import litestar
import litestar.security.jwt
import litestar.testing
import sanic
from authlib.integrations.flask_oauth2 import ResourceProtector
from authlib.oauth2.rfc6750 import BearerTokenValidator
from sanic.compat import Header
from sanic.request import Request

logging.disable(logging.CRITICAL)
SECRET = "only-for-this-test-and-long-enough"
now = int(time.time())
claims = {"sub": "1", "user_id": "1", "iat": now, "exp": now + 600, "jti": "1", "type": "access", "token_type": "access"}
TOKEN = jwt.encode(claims, SECRET, algorithm="HS256")
django.conf.settings.configure(
    SECRET_KEY=SECRET,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    SIMPLE_JWT={"SIGNING_KEY": SECRET},
)
django.setup()


def with_flask(protect, app, authorization):
    app.add_url_rule("/", view_func=protect(lambda: ""))
    return app.test_client().get("/", headers={"Authorization": authorization}).status_code


def flask_jwt(authorization):
    app = flask.Flask("test")
    app.config["JWT_SECRET_KEY"] = SECRET
    flask_jwt_extended.JWTManager(app)
    return with_flask(flask_jwt_extended.jwt_required(), app, authorization)


def with_authlib(authorization):
    class Known:
        is_expired = is_revoked = lambda self: False
        get_scope = lambda self: ""

    class Validator(BearerTokenValidator):
        def authenticate_token(self, text):
            return Known() if text == TOKEN else None

    protector = ResourceProtector()
    protector.register_token_validator(Validator())
    return with_flask(protector(), flask.Flask("test"), authorization)


def simplejwt(authorization):
    # Needs Django's settings when it is imported.
    from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

    request = django.test.RequestFactory().get("/", HTTP_AUTHORIZATION=authorization)
    return 200 if JWTStatelessUserAuthentication().authenticate(request) else "nobody"


def with_sanic(authorization):
    headers = Header({"authorization": authorization})
    request = Request(b"/", headers, "1.1", "GET", None, sanic.Sanic(f"test{time.monotonic_ns()}"))
    return 200 if request.token == TOKEN else "no token"


def with_litestar(authorization):
    async def user(token, connection):
        return token.sub

    @litestar.get("/")
    async def page() -> str:
        return ""

    auth = litestar.security.jwt.JWTAuth(retrieve_user_handler=user, token_secret=SECRET)
    with litestar.testing.TestClient(litestar.Litestar([page], on_app_init=[auth.on_app_init])) as client:
        return client.get("/", headers={"Authorization": authorization}).status_code


def with_fastapi(authorization):
    app = fastapi.FastAPI()

    @app.get("/")
    def page(found=fastapi.Depends(fastapi.security.HTTPBearer())):
        return found.credentials == TOKEN

    answer = fastapi.testclient.TestClient(app).get("/", headers={"Authorization": authorization})
    return answer.status_code if answer.text == "true" else answer.text


expected = {
    ("flask-jwt-extended", flask_jwt): [200, 401, 200],
    ("djangorestframework-simplejwt", simplejwt): [200, "nobody", 200],
    ("sanic", with_sanic): [200, "no token", 200],
    ("litestar", with_litestar): [200, 200, 401],
    ("fastapi", with_fastapi): [200, 200, 200],
    ("authlib", with_authlib): [200, 200, 200],
}
seen = {}
for name, check in expected:
    seen[name, check] = [check(f"{scheme}{TOKEN}") for scheme in ("Bearer ", "bearer ", "Bearer  ")]
    found = seen[name, check]
    print(f"{name} {version(name)} Bearer: {found[0]}, bearer: {found[1]}, two blanks: {found[2]}")
sys.exit(0 if seen == expected else "this has changed")
PYTHON
