#!/bin/bash
# avro 1.12.2, fastavro 1.13.1 (PyPI): the value that is read is not the one that was written.
#
# Guess: both write the same bytes for the same value, and raise where a value does not fit its type.
# Seen: avro writes the digits of a Decimal and forgets where the point is: 1.5 with a scale of 2 is read as
#   0.15, by both; 1.50 is right. True in a union of null, long and double is 1.0, and 12345.67 is written with a
#   precision of 4. fastavro writes 1.5 as the long 1, "no" as the boolean true, 0 as null, 1e300 as a float's
#   infinity, 2**40 as an int (32 bits, in any other language), and a time without a zone as one of the
#   machine's zone. In each of these cases the other one raises, or is right.
# What follows: a producer that passes its tests with one library may be refused, or misread, with the other. Bring
#   decimals to the schema's scale (quantize), give times a zone, and validate before writing.
#
# usage: findings/avro-writes-a-tenth-of-a-decimal.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check avro==1.12.2 fastavro==1.13.1

TZ=Asia/Tokyo "$folder/venv/bin/python" - <<'PYTHON'
import datetime
import io
import json
import sys
from decimal import Decimal
from importlib.metadata import version

import avro.io
import avro.schema
import fastavro


def write_with_avro(schema, value):
    buffer = io.BytesIO()
    avro.io.DatumWriter(avro.schema.parse(json.dumps(schema))).write(value, avro.io.BinaryEncoder(buffer))
    return buffer.getvalue()


def write_with_fastavro(schema, value):
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(schema), value)
    return buffer.getvalue()


def look(write, schema, value):
    """What fastavro reads of what was written, or the word "raises"."""
    try:
        written = write(schema, value)
    except Exception:
        return "raises"
    return str(fastavro.schemaless_reader(io.BytesIO(written), fastavro.parse_schema(schema), None))


decimal = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
moment = {"type": "long", "logicalType": "timestamp-millis"}
# What avro makes of the value, and what fastavro does.
CASES = [
    (decimal, Decimal("1.5"), "0.15", "1.50"),
    (decimal, Decimal("1.50"), "1.50", "1.50"),
    (decimal, Decimal("12345.67"), "1.235E+4", "raises"),
    (["null", "long", "double"], True, "1.0", "raises"),
    ("long", 1.5, "raises", "1"),
    ("boolean", "no", "raises", "True"),
    ("null", 0, "raises", "None"),
    ("float", 1e300, "raises", "inf"),
    ("int", 2**40, "raises", "1099511627776"),
    (moment, datetime.datetime(2026, 1, 2, 3, 4, 5), "raises", "2026-01-01 18:04:05+00:00"),
]
print("avro", version("avro"), "fastavro", version("fastavro"))
changed = False
for schema, value, *expected in CASES:
    seen = [look(write, schema, value) for write in (write_with_avro, write_with_fastavro)]
    changed |= seen != expected
    print(f"{value!r} as {json.dumps(schema)}: avro {seen[0]}, fastavro {seen[1]}")
sys.exit("this has changed" if changed else 0)
PYTHON
