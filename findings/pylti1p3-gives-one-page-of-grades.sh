#!/bin/bash
# PyLTI1p3 2.0.0 (PyPI), assignment and grade service: of a class's grades the first page is given, and nothing says so.
#
# Guess: `get_grades()`, "all grades for the passed line item", follows the platform's `Link: ...; rel="next"` to the
#   end, as `get_lineitems()` and the members' `get_members()` of the same library do.
# Seen: it asks once, and gives what the platform put on its first page: 2 of 5 here. No error, no count, no address
#   of the next page, and no `get_grades_page()` as there is for line items. The line items come all.
# What follows: with a platform that divides results into pages, as its standard lets it, who stands behind the
#   first page looks as if never graded. Read the results by `ServiceConnector.make_service_request`, which gives
#   `next_page_url`, until there is none.
#
# usage: findings/pylti1p3-gives-one-page-of-grades.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  pylti1p3==2.0.0 pyjwt==2.15.1 jwcrypto==1.6.1 requests==2.34.2

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import http.server
import json
import sys
import threading
import urllib.parse
from importlib.metadata import version

from jwcrypto.jwk import JWK
from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.lineitem import LineItem
from pylti1p3.names_roles import NamesRolesProvisioningService
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector

LEARNERS = [f"learner-{number}" for number in range(1, 6)]


class Platform(http.server.BaseHTTPRequestHandler):
    """Has five line items, five members and, of each line item, five results, two on a page."""

    def answer(self, body, **headers):
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"access_token": "token", "token_type": "Bearer", "expires_in": 3600})

    def do_GET(self):
        path, _, query = self.path.partition("?")
        page = int(urllib.parse.parse_qs(query).get("page", ["1"])[0])
        some = LEARNERS[2 * page - 2 : 2 * page]
        headers = {"Link": f'<{url}{path}?page={page + 1}>; rel="next"'} if page < 3 else {}
        if path == "/lineitems":
            body = [{"id": f"{url}/of-{name}", "label": "a sheet", "scoreMaximum": 10} for name in some]
        elif path == "/members":
            body = {"members": [{"user_id": name} for name in some]}
        else:
            assert path == "/lineitems/1/results"
            body = [{"id": f"{url}/{name}", "userId": name, "resultScore": 7, "resultMaximum": 10} for name in some]
        self.answer(body, **headers)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Platform)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
registration = Registration()
registration.set_client_id("tool").set_auth_token_url(f"{url}/token")
key = JWK.generate(kty="RSA", size=2048).export_to_pem(private_key=True, password=None)
registration.set_tool_private_key(key.decode())
connector = ServiceConnector(registration)
scope = "https://purl.imsglobal.org/spec/lti-ags/scope"
grades = AssignmentsGradesService(
    connector, {"scope": [f"{scope}/lineitem", f"{scope}/result.readonly"], "lineitems": f"{url}/lineitems"}
)
members = NamesRolesProvisioningService(
    connector, {"context_memberships_url": f"{url}/members", "service_versions": ["2.0"]}
)

print("PyLTI1p3", version("PyLTI1p3"))
sheet = LineItem({"id": f"{url}/lineitems/1", "label": "a sheet", "scoreMaximum": 10})
got = [grade["userId"] for grade in grades.get_grades(sheet)]
seen = {"members": len(members.get_members()), "line items": len(grades.get_lineitems()), "grades": len(got)}
print("of five each:", seen, got)
sys.exit(0 if seen == {"members": 5, "line items": 5, "grades": 2} and got == LEARNERS[:2] else "this has changed")
PYTHON
