"""Writes and reads training sessions by Google's own client, on the emulator that FIRESTORE_EMULATOR_HOST names.

    firestore_sessions.py HOST PROJECT complete COUNT SECONDS   completes sessions, spread over some time
    firestore_sessions.py HOST PROJECT show                     prints sessions and records of failure as JSON
    firestore_sessions.py HOST PROJECT delete USER SESSION
    firestore_sessions.py HOST PROJECT change USER SESSION      reads fields, JSON, and writes them
"""

import datetime
import json
import os
import sys
import time

host, project, command, *arguments = sys.argv[1:]
os.environ["FIRESTORE_EMULATOR_HOST"] = host

from google.auth.credentials import AnonymousCredentials  # noqa: E402
from google.cloud import firestore  # noqa: E402

client = firestore.Client(project=project, credentials=AnonymousCredentials())


def session(user, identifier):
    return client.document("users", user, "sessions", identifier)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def plain(value):
    return value.isoformat() if isinstance(value, datetime.datetime) else value


if command == "complete":
    count, seconds = int(arguments[0]), float(arguments[1])
    # Two users share each id.
    sessions = [session(f"user-{number % 2}-{number // 2 % 50}", f"s{number // 2}") for number in range(count)]
    for start in range(0, count, 200):
        batch = client.batch()
        for document in sessions[start:start + 200]:
            batch.set(document, {"status": "active", "exerciseType": "squat", "startTime": now(), "repCount": 3})
        batch.commit()
    for place, document in enumerate(sessions):
        # One in ten does not say when.
        fields = {"status": "completed", "duration": 60.0}
        if place % 10 != 9:
            fields["endTime"] = now()
        document.update(fields)
        time.sleep(seconds / count)
elif command == "show":
    print(json.dumps({
        "sessions": {
            f"{document.reference.parent.parent.id}/{document.id}": {
                name: plain(value) for name, value in document.to_dict().items()}
            for document in client.collection_group("sessions").stream()},
        "failures": [
            {name: plain(value) for name, value in document.to_dict().items()}
            for document in client.collection("bigquerySyncFailures").stream()]}))
elif command == "delete":
    session(*arguments).delete()
elif command == "change":
    fields = json.load(sys.stdin)
    for name in ("startTime", "endTime"):
        if isinstance(fields.get(name), str):
            fields[name] = datetime.datetime.fromisoformat(fields[name])
    session(*arguments).set(fields, merge=True)
else:
    sys.exit(f"no command {command}")
