"""Compares sessions in Firestore with their copies in Agent Engine, both read by ADK's own services.

usage: adk_compare.py EMULATOR_HOST STUB_URL PROJECT APP

Standard input has one JSON object a line: {"user", "sessions": {"id in Firestore": "id in Agent Engine"}}, all that the
user shall have there. Prints how many were compared, and what differs: {"sessions", "events", "differences": [...]}.
"""

import asyncio
import json
import os
import sys

EMULATOR, STUB, PROJECT, APP = sys.argv[1:]
os.environ["FIRESTORE_EMULATOR_HOST"] = EMULATOR
os.environ["GOOGLE_CLOUD_PROJECT"] = PROJECT

import agentplatform  # noqa: E402
import google.oauth2.credentials  # noqa: E402
from google.adk.integrations.firestore.firestore_session_service import FirestoreSessionService  # noqa: E402
from google.adk.sessions.vertex_ai_session_service import VertexAiSessionService  # noqa: E402
from google.genai import types  # noqa: E402


class AgentEngine(VertexAiSessionService):
    client = None

    def _build_api_client(self):
        if self.client is None:
            self.client = agentplatform.Client(
                project="p", location="us-central1", credentials=google.oauth2.credentials.Credentials(token="t"),
                http_options=types.HttpOptions(base_url=STUB)).aio
        return self.client


def events(session):
    """Neither service promises an order of events of one time."""
    found = [event.model_dump(mode="json", by_alias=True, exclude_none=True) for event in session.events]
    return sorted(found, key=lambda event: (event["timestamp"], event["id"]))


async def main():
    source = FirestoreSessionService()
    target = AgentEngine(project="p", location="us-central1", agent_engine_id="42")
    counts = {"sessions": 0, "events": 0}
    differences = []
    turns = asyncio.Semaphore(8)

    async def compare(user, old, new):
        async with turns:
            ours, theirs = await asyncio.gather(
                source.get_session(app_name=APP, user_id=user, session_id=old),
                target.get_session(app_name=APP, user_id=user, session_id=new))
        if ours is None or theirs is None:
            differences.append([user, old, "missing"])
            return
        counts["sessions"] += 1
        counts["events"] += len(theirs.events)
        if ours.state != theirs.state:
            differences.append([user, old, "state", ours.state, theirs.state])
        for our, their in zip(events(ours), events(theirs), strict=False):
            if our != their:
                differences.append([user, old, "event", our, their])
        if len(ours.events) != len(theirs.events):
            differences.append([user, old, "events", len(ours.events), len(theirs.events)])

    for line in sys.stdin:
        given = json.loads(line)
        user, sessions = given["user"], given["sessions"]
        listed = await target.list_sessions(app_name=APP, user_id=user)
        if sorted(session.id for session in listed.sessions) != sorted(sessions.values()):
            differences.append([user, "the list", len(listed.sessions), len(sessions)])
        await asyncio.gather(*(compare(user, old, new) for old, new in sessions.items()))
    print(json.dumps({**counts, "differences": differences[:5]}))


asyncio.run(main())
