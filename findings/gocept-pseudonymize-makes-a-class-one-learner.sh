#!/bin/bash
# gocept.pseudonymize 3.0 (PyPI): three hundred learners have one pseudonym.
#
# Guess: two learners have two pseudonyms, and one learner always the same; short ones, such as two digits, may meet.
# Seen: a text is taken in parts of 11 characters, and of each part the first 8 alone count, with a secret that is
#   no special salt, as in the package's own documentation. learner-001 to learner-300 are one learner,
#   student001 to student300 are four, and so are the numbers 2026000001 to 2026000300. Of a thousand
#   numbers below 1000, `integer` makes 312.
# What follows: counts, sums and progress of different learners are merged, and nothing fails. Count the pseudonyms
#   against the learners before anything is stored, or take an HMAC of the whole.
#
# usage: findings/gocept-pseudonymize-makes-a-class-one-learner.sh     needs Python 3.11 or 3.12 (`crypt`), PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in python3.12 python3.11 python3; do
  if "$python" -W ignore -c 'import crypt' 2>/dev/null; then break; fi
done
"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check gocept.pseudonymize==3.0

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

from gocept.pseudonymize import integer, string

SECRET = "MyVerySecretKey"
LEARNERS = {
    "learner-001": [f"learner-{number:03}" for number in range(1, 301)],
    "student001": [f"student{number:03}" for number in range(1, 301)],
    "2026000001": [f"2026{number:06}" for number in range(1, 301)],
    "s0000001": [f"s{number:07}" for number in range(1, 301)],
}
print("gocept.pseudonymize", version("gocept.pseudonymize"))
seen = {}
for first, learners in LEARNERS.items():
    seen[first] = len({string(learner, SECRET) for learner in learners})
    print(f"{first} and so on: {len(learners)} learners, {seen[first]} pseudonyms")
seen["numbers"] = len({integer(number, SECRET) for number in range(1000)})
print(f"0 to 999: {seen['numbers']} pseudonyms")
expected = {"learner-001": 1, "student001": 4, "2026000001": 4, "s0000001": 300, "numbers": 312}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
