#!/bin/bash
# pycrdt 0.14.13 (PyPI), the shared documents of Jupyter's collaboration: a number changes on its way to the others.
#
# Guess: an int stays an int, a float a float, and all who share a document read the same value.
# Seen: an int below 2**53 is read as a float, by its writer too: 3 is 3.0. A larger one stays an int for its writer;
#   for the others it is a float whenever a float can hold it. Of times in nanoseconds every 256th comes as a
#   float, as 1.795873852145e+18 in a text, and the rest as int. 2**63 - 1, the largest, reaches them as 2**63.
# What follows: "learner-7.0", a key that is not found, and one time in 256 that no parser of integers takes, at the
#   others only. Put numbers that name something, and times, into a document as text, and cast what is read.
#
# usage: findings/pycrdt-gives-writer-and-reader-two-types.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pycrdt==0.14.13

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

from pycrdt import Doc, Map


def shared(numbers):
    """The numbers as their writer reads them, and as another one does."""
    writer, reader = Doc(), Doc()
    written = writer.get("state", type=Map)
    for place, number in enumerate(numbers):
        written[str(place)] = number
    reader.apply_update(writer.get_update())
    read = reader.get("state", type=Map)
    return [(written[str(place)], read[str(place)]) for place in range(len(numbers))]


print("pycrdt", version("pycrdt"))
NUMBERS = [3, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 0.5, True]
seen = shared(NUMBERS)
for number, (written, read) in zip(NUMBERS, seen):
    print(f"{number!r}: its writer reads {written!r}, another one {read!r}")
times = range(1795873852145000000, 1795873852145000000 + 2560)
pairs = shared(list(times))
as_float = [sum(isinstance(pair[side], float) for pair in pairs) for side in (0, 1)]
print(f"of {len(times)} times in nanoseconds, floats for the writer: {as_float[0]}, for another one: {as_float[1]}")
expected = [
    (3.0, 3.0),
    (9007199254740991.0, 9007199254740991.0),
    (2**53, 9007199254740992.0),
    (2**53 + 1, 2**53 + 1),
    (2**63 - 1, 9.223372036854775808e18),
    (0.5, 0.5),
    (True, True),
]
same = [repr(pair) for pair in seen] == [repr(pair) for pair in expected]
sys.exit(0 if same and as_float == [0, 10] else "this has changed")
PYTHON
