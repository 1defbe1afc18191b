#!/bin/bash
# cloudevents 2.2.0 (PyPI): whether protobuf data is `str` or `bytes` depends on the bytes.
#
# Guess: in binary mode, a body whose content type is no JSON and no text stays bytes.
# Seen: a protobuf body that happens to be UTF-8 comes as `str`, any other as `bytes`: below, 100
#   points or 200 make the difference. In structured mode (`data_base64`) both are bytes.
# What follows: a receiver of Firestore's events that passes the data to a protobuf parser works on some
#   documents and raises TypeError on others. Take the body from the request, or encode what is `str`.
#
# usage: findings/cloudevents-gives-text-or-bytes.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  cloudevents==2.2.0 google-events==0.14.0 googleapis-common-protos==1.76.0

"$folder/venv/bin/python" - <<'PYTHON'
import base64
import json
import sys
from importlib.metadata import version

from cloudevents.core.bindings.http import HTTPMessage, from_http
from cloudevents.core.formats.json import JSONFormat
from google.events.cloud.firestore import Document, DocumentEventData, Value

for package in ("cloudevents", "google-events"):
    print(package, version(package))
attributes = {"id": "1", "source": "//firestore", "type": "written", "specversion": "1.0"}


def document(points):
    fields = {"points": Value(integer_value=points)}
    return DocumentEventData.serialize(DocumentEventData(value=Document(name="learners/1", fields=fields)))


def binary(body):
    headers = {f"ce-{name}": value for name, value in attributes.items()}
    return HTTPMessage(headers={**headers, "content-type": "application/protobuf"}, body=body)


def structured(body):
    event = {**attributes, "data_base64": base64.b64encode(body).decode()}
    return HTTPMessage(headers={"content-type": "application/cloudevents+json"}, body=json.dumps(event).encode())


def parsed(data):
    try:
        return DocumentEventData.deserialize(data).value.fields["points"].integer_value
    except TypeError:
        return "TypeError"


seen = []
for mode in (binary, structured):
    for points in (100, 200):
        data = from_http(mode(document(points)), JSONFormat()).get_data()
        seen.append((mode.__name__, points, type(data).__name__, parsed(data)))
        print("{}, points: {}: {}, parsed: {}".format(*seen[-1]))
expected = [
    ("binary", 100, "str", "TypeError"),
    ("binary", 200, "bytes", 200),
    ("structured", 100, "bytes", 100),
    ("structured", 200, "bytes", 200),
]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
