#!/bin/bash
# google-cloud-firestore 2.34.1 (PyPI): a counter inside a map never gets beyond 1.
#
# Guess: Increment counts up from what is stored, wherever it stands; `merge=["stats"]` merges the map `stats`, as
#   `merge=True` would.
# Seen: update({"stats": {"runs": Increment(1)}}) asks for two things: `stats` is to be replaced, by nothing, and then
#   `runs` is counted up. So it is 1 after every call, and what else was in the map is gone; SERVER_TIMESTAMP and
#   ArrayUnion do the same to their neighbours. set with merge=["stats"] does so too. With merge=True, or as
#   update({"stats.runs": …}), it counts; set(merge=True) with a dot makes a field of the name `stats.runs`.
# What follows: no call fails, and the first test, on a new document, is right. Write the path with dots in update, and
#   nested maps in set(merge=True), never the other way round.
#
# usage: findings/firestore-counter-in-a-map-stays-at-one.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check google-cloud-firestore==2.34.1

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import grpc
from google.cloud import firestore
from google.cloud.firestore_v1.types import CommitRequest, CommitResponse, WriteResult

stored = {}


def parts(path):
    """The names in a field path; a quoted one may hold dots."""
    return [path.strip("`")] if path.startswith("`") else path.split(".")


def plain(value):
    kind = value._pb.WhichOneof("value_type")
    if kind == "map_value":
        return {name: plain(inner) for name, inner in value.map_value.fields.items()}
    return getattr(value, kind)


def commit(request, _):
    """What the reference of the service says: a path of the mask is replaced, or deleted; transforms come then."""
    for write in request.writes:
        given = {name: plain(value) for name, value in write.update.fields.items()}
        for path in write.update_mask.field_paths:
            *above, last = parts(path)
            target, source = stored, given
            for name in above:
                target, source = target.setdefault(name, {}), source.get(name, {})
            target.pop(last, None)
            if last in source:
                target[last] = source[last]
        for transform in write.update_transforms:
            *above, last = parts(transform.field_path)
            target = stored
            for name in above:
                target = target.setdefault(name, {})
            target[last] = target.get(last, 0) + plain(transform.increment)
    return CommitResponse(write_results=[WriteResult() for _ in request.writes])


server = grpc.server(ThreadPoolExecutor(1))
handler = grpc.unary_unary_rpc_method_handler(commit, CommitRequest.deserialize, CommitResponse.serialize)
service = grpc.method_handlers_generic_handler("google.firestore.v1.Firestore", {"Commit": handler})
server.add_generic_rpc_handlers([service])
os.environ["FIRESTORE_EMULATOR_HOST"] = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
server.start()

document = firestore.Client(project="p").document("learners/s-1")
one = firestore.Increment(1)
CALLS = {
    'update({"stats": {"runs": +1}})': lambda: document.update({"stats": {"runs": one}}),
    'update({"stats.runs": +1})': lambda: document.update({"stats.runs": one}),
    'set({"stats": {"runs": +1}}, merge=True)': lambda: document.set({"stats": {"runs": one}}, merge=True),
    'set({"stats": {"runs": +1}}, merge=["stats"])': lambda: document.set({"stats": {"runs": one}}, merge=["stats"]),
    'set({"stats.runs": +1}, merge=True)': lambda: document.set({"stats.runs": one}, merge=True),
}
print("google-cloud-firestore", version("google-cloud-firestore"))
seen = []
for label, call in CALLS.items():
    stored.clear()
    stored["stats"] = {"runs": 5, "hints": 2}
    call()
    call()
    seen.append(dict(stored))
    print(f"{label}, twice: {stored}")
server.stop(None)
expected = [
    {"stats": {"runs": 1}},
    {"stats": {"runs": 7, "hints": 2}},
    {"stats": {"runs": 7, "hints": 2}},
    {"stats": {"runs": 1}},
    {"stats": {"runs": 5, "hints": 2}, "stats.runs": 2},
]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
