#!/bin/bash
# google-adk 2.13.0 (PyPI): three session services of one package, three lists of events.
#
# Guess: events come back in the order in which they were appended, from whichever service; a test with the
#   one in memory tells how the one with a database behaves.
# Seen: with equal timestamps, DatabaseSessionService sorts by the events' (random) ids. An event that is
#   appended late moves forward in both services with a database. `after_timestamp` in memory stops at the
#   first older event from the end, so it misses the one before it. A blank around a session's id is cut
#   off by the other two, and kept by DatabaseSessionService.
# What follows: who copies sessions gives events strictly growing timestamps and ids without blanks, and
#   compares by id, not by place.
#
# usage: findings/adk-session-services-differ-in-order.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  google-adk==2.13.0 sqlalchemy==2.1.9 aiosqlite==0.22.1 greenlet==3.5.6

cd "$folder"
venv/bin/python -W ignore - 2>log <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

from google.adk.events import Event
from google.adk.sessions import DatabaseSessionService, InMemorySessionService
from google.adk.sessions.base_session_service import GetSessionConfig
from google.adk.sessions.sqlite_session_service import SqliteSessionService

START = 1_700_000_000.0


async def behaviour(service):
    place = {"app_name": "coach", "user_id": "learner-1"}

    async def append(session_id, *events):
        session = await service.create_session(**place, session_id=session_id)
        for id, seconds in events:
            event = Event(id=id, author="user", invocation_id="one", timestamp=START + seconds)
            await service.append_event(session, event)

    async def listed(session_id, config=None):
        session = await service.get_session(**place, session_id=session_id, config=config)
        return " ".join(event.id for event in session.events)

    await append("equal", ("c", 0), ("a", 0), ("b", 0))
    await append("late", ("first", 10), ("late", 5), ("last", 20))
    blank = await service.create_session(**place, session_id=" blank ")
    return {
        "c, a, b at one time": await listed("equal"),
        "+10, +5, +20 s": await listed("late"),
        "after +10 s": await listed("late", GetSessionConfig(after_timestamp=START + 10)),
        "the id ' blank '": repr(blank.id),
    }


async def main():
    services = {
        "InMemorySessionService": InMemorySessionService(),
        "DatabaseSessionService": DatabaseSessionService("sqlite+aiosqlite:///database.db"),
        "SqliteSessionService": SqliteSessionService("sqlite.db"),
    }
    seen = {}
    for name, service in services.items():
        answers = await behaviour(service)
        seen[name] = list(answers.values())
        print(name)
        for question, answer in answers.items():
            print(f"  {question:20} {answer}")
    await services["DatabaseSessionService"].close()
    return seen


print("google-adk", version("google-adk"))
seen = asyncio.run(main())
expected = {
    "InMemorySessionService": ["c a b", "first late last", "last", "'blank'"],
    "DatabaseSessionService": ["a b c", "late first last", "first last", "' blank '"],
    "SqliteSessionService": ["c a b", "late first last", "first last", "'blank'"],
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
