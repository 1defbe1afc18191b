"""A Firestore by gRPC that makes up sessions as they are asked for, in google-adk's layout: as cheap as one in
Python gets, since the emulator would be what is measured. Answers the two queries of migrate_sessions.py.

usage: firestore_sessions.py PORT SESSIONS EVENTS
"""

import asyncio
import sys
from datetime import datetime, timedelta, timezone

import grpc
from google.cloud.firestore_v1._helpers import encode_dict
from google.cloud.firestore_v1.types import Document, RunQueryRequest, RunQueryResponse

ROOT = "projects/bench/databases/(default)/documents"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
FIRST = "user-000000/sessions/s-000000"
TEXT = "A loop runs until its condition is false, which is looked at before each turn."


def answer(name: str, fields: dict) -> bytes:
    document = Document(
        name=name, fields=encode_dict(fields), create_time=START, update_time=START
    )
    return RunQueryResponse.serialize(RunQueryResponse(document=document, read_time=START))


def session(number: int, events: int) -> bytes:
    user, name = f"user-{number // 4:06d}", f"s-{number:06d}"
    fields = {"id": name, "appName": "bench", "userId": user, "revision": events}
    fields["state"] = f'{{"counter":{events - 1},"topic":"loops"}}'
    fields |= {"createTime": START, "updateTime": START}
    return answer(f"{ROOT}/adk-session/bench/users/{user}/sessions/{name}", fields)


def event(number: int) -> bytes:
    data = {
        "id": f"e-{number}",
        "author": "coach",
        "invocation_id": f"i-{number}",
        "turn_complete": True,
        "content": {"role": "model", "parts": [{"text": TEXT}]},
        "actions": {"state_delta": {"counter": number}},
    }
    fields = {"event_data": data, "timestamp": START + timedelta(minutes=number)}
    name = f"{ROOT}/adk-session/bench/users/{FIRST}/events/e-{number}"
    return answer(name, fields | {"appName": "bench", "userId": "user"})


async def main() -> None:
    port, sessions, events = (int(argument) for argument in sys.argv[1:])
    all_sessions = [session(number, events) for number in range(sessions)]
    all_events = [event(number) for number in range(events)]

    async def run_query(request: bytes, context):
        query = RunQueryRequest.deserialize(request)
        if query.structured_query.from_[0].collection_id == "sessions":
            for response in all_sessions:
                yield response
            return
        # All names are equally long, so that one can take another's place in what is encoded.
        place = query.parent.split("/users/")[1].encode()
        for response in all_events:
            yield response.replace(FIRST.encode(), place)

    handler = grpc.method_handlers_generic_handler(
        "google.firestore.v1.Firestore",
        {"RunQuery": grpc.unary_stream_rpc_method_handler(run_query)},
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((handler,))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


asyncio.run(main())
