"""Writes, reads and goes on with sessions by ADK's own services.

usage: adk_sessions.py LAYOUT SERVER PROJECT APP write|read|append|stale|list|delete

LAYOUT is adk, package or agent-engine; SERVER the emulator's host:port, or the URL of a stub. Standard input has one JSON object a
line: for write {user, id, state, events}, for read and delete {user, id}, for append {user, id, events}, for list {user}. read and list
print one a line. `stale`, {user, id, events}, reads the session, waits until someone else has appended, and appends to what it
read; it prints what that was refused with.
"""

import asyncio
import json
import os
import sys

LAYOUT, SERVER, PROJECT, APP, COMMAND = sys.argv[1:]
os.environ["FIRESTORE_EMULATOR_HOST"] = SERVER
os.environ["GOOGLE_CLOUD_PROJECT"] = PROJECT

from google.adk.events.event import Event  # noqa: E402
from google.adk.events.event_actions import EventActions  # noqa: E402
from google.genai import types  # noqa: E402


def service():
    if LAYOUT == "adk":
        from google.adk.integrations.firestore.firestore_session_service import FirestoreSessionService

        return FirestoreSessionService()
    if LAYOUT == "package":
        from firestore_session.firestore_session_service import FirestoreSessionService

        return FirestoreSessionService(project=PROJECT)
    import agentplatform
    import google.oauth2.credentials
    from google.adk.sessions.vertex_ai_session_service import VertexAiSessionService

    class Service(VertexAiSessionService):
        def _build_api_client(self):
            return agentplatform.Client(
                project=PROJECT, location="us-central1", credentials=google.oauth2.credentials.Credentials(token="t"),
                http_options=types.HttpOptions(base_url=SERVER)).aio

    return Service(project=PROJECT, location="us-central1", agent_engine_id="42")


def event(given):
    return Event(
        id=given["id"], author=given["author"], invocation_id=given["invocation_id"], timestamp=given["timestamp"],
        content=types.Content(role="user", parts=[types.Part(text=given["text"])]),
        actions=EventActions(state_delta=given["delta"]), turn_complete=True)


def shown(session):
    return {
        "state": session.state,
        "events": [
            {
                "id": each.id, "author": each.author, "invocation_id": each.invocation_id, "timestamp": each.timestamp,
                "text": each.content.parts[0].text if each.content else None, "delta": each.actions.state_delta,
            }
            for each in session.events
        ],
    }


async def append(sessions, user, name, given):
    """As an agent does: reads the session, appends, and reads it anew when someone else was faster."""
    while True:
        session = await sessions.get_session(app_name=APP, user_id=user, session_id=name)
        try:
            return await sessions.append_event(session, event(given))
        except Exception as error:  # noqa: BLE001 - each service has a type of its own
            # Another writer, or a lock of Firestore.
            if "stale" not in repr(error).lower() and "Aborted" not in repr(error) and "409" not in repr(error):
                raise


async def refusal(sessions, user, name, given):
    session = await sessions.get_session(app_name=APP, user_id=user, session_id=name)
    while True:
        now = await sessions.get_session(app_name=APP, user_id=user, session_id=name)
        if len(now.events) > len(session.events):
            break
        await asyncio.sleep(0.05)
    try:
        await sessions.append_event(session, event(given))
    except Exception as error:  # noqa: BLE001 - each service has a type of its own
        return repr(error)
    return ""


async def main():
    sessions = service()
    for line in sys.stdin:
        given = json.loads(line)
        user, name = given["user"], given.get("id")
        if COMMAND == "write":
            session = await sessions.create_session(
                app_name=APP, user_id=user, session_id=name, state=given["state"])
            for each in given["events"]:
                await sessions.append_event(session, event(each))
        elif COMMAND == "append":
            for each in given["events"]:
                await append(sessions, user, name, each)
        elif COMMAND == "stale":
            print(json.dumps({"refusal": await refusal(sessions, user, name, given["events"][0])}))
        elif COMMAND == "list":
            listed = await sessions.list_sessions(app_name=APP, user_id=user)
            print(json.dumps({"ids": sorted(each.id for each in listed.sessions)}))
        elif COMMAND == "delete":
            await sessions.delete_session(app_name=APP, user_id=user, session_id=name)
        else:
            session = await sessions.get_session(app_name=APP, user_id=user, session_id=name)
            print(json.dumps(shown(session)))


asyncio.run(main())
