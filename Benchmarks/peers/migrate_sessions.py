"""Copies sessions from Firestore (layout of google-adk) to Agent Engine, the way one would write it first:
Google's own client libraries, one task a session, its events one after the other.

usage: migrate_sessions.py ENGINE_URL CONCURRENCY      Firestore: FIRESTORE_EMULATOR_HOST
"""

import asyncio
import json
import sys
import time

import agentplatform
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import AsyncClient
from google.genai import types
from google.oauth2.credentials import Credentials

ENGINE = "projects/bench/locations/us-central1/reasoningEngines/42"


def engine_client(url: str):
    return agentplatform.Client(
        project="bench",
        location="us-central1",
        credentials=Credentials(token="none"),
        http_options=types.HttpOptions(base_url=url),
    ).aio


async def move(document, sessions) -> int:
    fields = document.to_dict()
    events = [
        event.to_dict()
        async for event in document.reference.collection("events").order_by("timestamp").stream()
    ]
    await sessions.create(
        name=ENGINE,
        user_id=fields["userId"],
        config={"session_id": fields["id"], "session_state": json.loads(fields["state"])},
    )
    for event in events:
        data = event["event_data"]
        await sessions.events.append(
            name=f"{ENGINE}/sessions/{fields['id']}",
            author=data["author"],
            invocation_id=data["invocation_id"],
            timestamp=event["timestamp"],
            config={
                "content": data["content"],
                "actions": {"state_delta": data["actions"]["state_delta"]},
                "event_metadata": {"turn_complete": data["turn_complete"]},
                "raw_event": data,
            },
        )
    return len(events)


async def main() -> None:
    url, concurrency = sys.argv[1], int(sys.argv[2])
    firestore = AsyncClient(project="bench", credentials=AnonymousCredentials())
    sessions = engine_client(url).sessions
    started = time.monotonic()
    limit = asyncio.Semaphore(concurrency)

    async def limited(document) -> int:
        async with limit:
            return await move(document, sessions)

    documents = [document async for document in firestore.collection_group("sessions").stream()]
    counts = await asyncio.gather(*(limited(document) for document in documents))
    seconds = time.monotonic() - started
    print(json.dumps({"sessions": len(counts), "events": sum(counts), "seconds": seconds}))


asyncio.run(main())
