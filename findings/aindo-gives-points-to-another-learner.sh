#!/bin/bash
# aindo-anonymize 1.1.5 with pandas 2.3.3 (PyPI): of a table that was sorted, each row has another learner's pseudonym.
#
# Guess: a pseudonym stands in the row of its learner, whatever was done to the table before. The learner 7 has one
#   pseudonym, in every table.
# Seen: the pseudonyms get a new index, 0, 1, 2, and are put into the table by its old one. After sort_values Bob's 9
#   points are Cy's; after a filter some rows have no pseudonym, or, where the labels happen to be there, a wrong
#   one. After reset_index(drop=True) it is right. A column of numbers in which one is missing holds 7.0 instead
#   of 7, and so another pseudonym for the same learner.
# What follows: nothing fails, and the table looks as it should: grades are published under other names. Give the table
#   a new index before, hold ids as text, and compare one row with a table that was not sorted.
#
# usage: findings/aindo-gives-points-to-another-learner.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check aindo-anonymize==1.1.5 pandas==2.3.3

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import pandas
from aindo.anonymize import AnonymizationPipeline, Config

STEPS = [
    {"columns": ["learner"], "method": {"type": "key_hashing", "key": "only for this test"}},
    {"columns": ["points"], "method": {"type": "identity"}},
]
pipeline = AnonymizationPipeline(Config.from_dict({"steps": STEPS}))
table = pandas.DataFrame({"learner": ["ann", "bob", "cy"], "points": [1, 9, 5]})
names = dict(zip(pipeline.run(table)["learner"], table["learner"]))


def whose(given):
    """Whom each row's points belong to, by the pseudonyms of the table as it was."""
    done = pipeline.run(given)
    return {points: names.get(learner, "nobody") for learner, points in zip(done["learner"], done["points"])}


print("aindo-anonymize", version("aindo-anonymize"), "pandas", version("pandas"))
by_points = table.sort_values("points", ascending=False)
seen = {
    "as it was": whose(table),
    "sorted": whose(by_points),
    "filtered": whose(table[table["points"] > 4]),
    "sorted, with a new index": whose(by_points.reset_index(drop=True)),
}
for name, owners in seen.items():
    print(f"{name}: ", ", ".join(f"{points} points are of {owner}" for points, owner in owners.items()))
number = pipeline.run(pandas.DataFrame({"learner": [7, 8], "points": [1, 2]}))
with_gap = pipeline.run(pandas.DataFrame({"learner": [7, None], "points": [1, 2]}))
same = bool(number["learner"][0] == with_gap["learner"][0])
print("the learner 7 has the same pseudonym in a table with a missing number:", same)
expected = {
    "as it was": {1: "ann", 9: "bob", 5: "cy"},
    "sorted": {9: "cy", 5: "ann", 1: "bob"},
    "filtered": {9: "cy", 5: "nobody"},
    "sorted, with a new index": {9: "bob", 5: "cy", 1: "ann"},
}
sys.exit(0 if seen == expected and not same else "this has changed")
PYTHON
