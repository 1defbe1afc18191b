"""Writes sessions into the Firestore emulator, in google-adk's layout.

usage: fill_sessions.py SESSIONS EVENTS      Firestore: FIRESTORE_EMULATOR_HOST
"""

import asyncio
import json
import sys
from datetime import datetime, timedelta, timezone

from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import AsyncClient

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
TEXT = "A loop runs until its condition is false, which is looked at before each turn."


def event(number: int) -> dict:
    return {
        "id": f"e-{number}",
        "author": "user" if number % 2 == 0 else "coach",
        "invocation_id": f"i-{number // 2}",
        "turn_complete": True,
        "content": {"role": "model", "parts": [{"text": TEXT}]},
        "actions": {"state_delta": {"counter": number} if number % 2 else {}},
    }


async def write(client: AsyncClient, number: int, events: int) -> None:
    user, session = f"user-{number // 4:06d}", f"s-{number:06d}"
    place = client.document(f"adk-session/bench/users/{user}/sessions/{session}")
    batch = client.batch()
    batch.set(
        place,
        {
            "id": session,
            "appName": "bench",
            "userId": user,
            "state": json.dumps({"counter": max(range(1, events, 2)), "topic": "loops"}),
            "createTime": START,
            "updateTime": START,
            "revision": events,
        },
    )
    for position in range(events):
        time = START + timedelta(seconds=30 * position, microseconds=123456)
        fields = {"event_data": event(position), "timestamp": time, "appName": "bench"}
        batch.set(place.collection("events").document(f"e-{position}"), fields | {"userId": user})
    await batch.commit()


async def main() -> None:
    sessions, events = int(sys.argv[1]), int(sys.argv[2])
    client = AsyncClient(project="bench", credentials=AnonymousCredentials())
    for start in range(0, sessions, 20):
        numbers = range(start, min(start + 20, sessions))
        await asyncio.gather(*(write(client, number, events) for number in numbers))


asyncio.run(main())
