#!/bin/bash
# fake-firestore 0.13.1 (PyPI), Firestore in memory for tests: green tests of what production does otherwise.
#
# Guess: a stand-in refuses what it does not have, and what it has does what Firestore's documentation says.
# Seen: `set(…, merge=True)` replaces a map inside the document, so its other keys are gone; Firestore merges
#   them. A batch whose second write fails keeps the first. ArrayUnion([3, 3]) adds two. SERVER_TIMESTAMP is
#   read back as the marker itself, Maximum as an object. `== True` finds 1, `!= 1` finds documents
#   without the field, and deleting a document deletes what is below it. Nothing of this raises.
# What follows: tests on it can be green because of a bug, as where children are cleared or a batch is relied on.
#   Take Google's emulator for merges, batches, transforms and queries.
#
# usage: findings/fake-firestore-loses-what-a-merge-keeps.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  fake-firestore==0.13.1 google-cloud-firestore==2.34.1

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

from fake_firestore import MockFirestore
from google.api_core.exceptions import NotFound
from google.cloud import firestore

database = MockFirestore()
sessions = database.collection("sessions")


def after(name, first, then):
    """A document's contents after a second write."""
    document = sessions.document(name)
    document.set(first)
    then(document)
    return document.get().to_dict()


def found(operator, value):
    return sorted(snapshot.id for snapshot in answers.where("passed", operator, value).stream())


print("fake-firestore", version("fake-firestore"))
seen = {}
seen["merge"] = after("a", {"state": {"cell": 1, "hints": 2}}, lambda d: d.set({"state": {"cell": 3}}, merge=True))
seen["union"] = after("b", {"tags": [1]}, lambda d: d.update({"tags": firestore.ArrayUnion([1, 3, 3])}))
times = after("c", {}, lambda d: d.update({"at": firestore.SERVER_TIMESTAMP, "most": firestore.Maximum(2)}))
seen["transforms"] = {name: type(value).__name__ for name, value in times.items()}

batch = database.batch()
batch.set(sessions.document("first"), {"x": 1})
batch.update(sessions.document("nobody"), {"x": 1})
try:
    batch.commit()
except NotFound:
    seen["first write of a failed batch is there"] = sessions.document("first").get().exists

answers = database.collection("answers")
for name, contents in {"number": {"passed": 1}, "truth": {"passed": True}, "nothing": {}}.items():
    answers.document(name).set(contents)
seen["== True"] = found("==", True)
seen["!= 1"] = found("!=", 1)

parent = database.collection("courses").document("py101")
parent.set({})
parent.collection("cells").document("c1").set({"x": 1})
parent.delete()
seen["children of a deleted document"] = [s.id for s in database.collection_group("cells").stream()]

expected = {
    "merge": ({"state": {"cell": 3}}, {"state": {"cell": 3, "hints": 2}}),
    "union": ({"tags": [1, 3, 3]}, {"tags": [1, 3]}),
    "transforms": ({"at": "Sentinel", "most": "Maximum"}, "a time, and 2"),
    "first write of a failed batch is there": (True, False),
    "== True": (["number", "truth"], ["truth"]),
    "!= 1": (["nothing"], ["truth"]),
    "children of a deleted document": ([], ["c1"]),
}
for label, value in seen.items():
    print(f"{label}: {value}, Firestore: {expected[label][1]}")
sys.exit(0 if seen == {label: values[0] for label, values in expected.items()} else "this has changed")
PYTHON
