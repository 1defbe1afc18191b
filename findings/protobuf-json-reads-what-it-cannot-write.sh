#!/bin/bash
# protobuf 7.36.2 (PyPI), json_format: what its Parse takes for JSON of a message.
#
# Guess: what ProtoJSON does not allow is a ParseError, and what was parsed can be written again.
# Seen: bytes that are no base64 are read as no bytes at all: "é" and "größe" leave a field empty or short. A whole
#   number may be "1_000" or "٣", as in Python, "1.0" or "1e2"; a list, [], is an empty message; a time may be
#   2026-1-2T3:4:5Z, or have an offset of +99:99. NaN and 1e400 are refused for a double and taken inside a Struct,
#   and then MessageToJson raises, a plain ValueError when the Struct is the message.
# What follows: a gateway that parses what comes and passes it on fails where it sends, not where it is sent to.
#   Write a message once, right after it was parsed, and check base64 (validate=True) and times before.
#
# usage: findings/protobuf-json-reads-what-it-cannot-write.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check protobuf==7.36.2

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from google.protobuf import json_format, wrappers_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp


def look(message, text):
    """The message written again, or which of the two fails."""
    try:
        json_format.Parse(text, message)
    except json_format.ParseError:
        return "is not read"
    try:
        return json_format.MessageToJson(message, indent=None)
    except (json_format.SerializeToJsonError, ValueError):
        return "is read, and not written"


CASES = [
    (wrappers_pb2.BytesValue, '"é"', '""'),
    (wrappers_pb2.BytesValue, '"größe"', '"grc="'),
    (wrappers_pb2.BytesValue, '"AP8="', '"AP8="'),
    (wrappers_pb2.Int64Value, '"1_000"', '"1000"'),
    (wrappers_pb2.Int64Value, '"٣"', '"3"'),
    (wrappers_pb2.Int64Value, '"1.0"', '"1"'),
    (wrappers_pb2.Int64Value, '" 5"', "is not read"),
    (DescriptorProto, "[]", "{}"),
    (Timestamp, '"2026-1-2T3:4:5Z"', '"2026-01-02T03:04:05Z"'),
    (Timestamp, '"2026-01-02T03:04:05+99:99"', '"2025-12-28T22:25:05Z"'),
    (wrappers_pb2.DoubleValue, "1e400", "is not read"),
    (Struct, '{"points": 1e400}', "is read, and not written"),
    (wrappers_pb2.DoubleValue, "NaN", "is not read"),
    (Struct, '{"points": NaN}', "is read, and not written"),
]
print("protobuf", version("protobuf"))
changed = False
for kind, text, expected in CASES:
    seen = look(kind(), text)
    changed |= seen != expected
    print(f"{kind.__name__} {text}: {seen}")
sys.exit("this has changed" if changed else 0)
PYTHON
