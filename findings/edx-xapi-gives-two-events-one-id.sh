#!/bin/bash
# edx-event-routing-backends 9.3.8 (PyPI), Open edX's events as xAPI: two events have one id, two learners one name.
#
# Guess: an event's statement has an id that no other event's has. What an event says of learner "2", a number as
#   schools give them for user names, is said of the user with this name.
# Seen: the id is made from the learner, the verb and the time, without the object: two blocks completed at one time
#   have one id, and so have an enrolment and a change of its mode, both of them "registered", and the two events of
#   a course that was passed. A user name that is a number is looked up as a user's id first: events that
#   carry the name alone go to whoever has the id 2.
# What follows: a store of learning records keeps the first of statements with one id, and refuses or passes over the
#   others. Keep times to the microsecond on the way, and begin user names with a letter.
#
# usage: findings/edx-xapi-gives-two-events-one-id.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  edx-event-routing-backends==9.3.8 django==5.2.19 tincan==1.0.0

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import json
import logging
import sys
import types
from importlib.metadata import version

import django
from django.conf import settings
from django.core.management import call_command

logging.disable(logging.CRITICAL)
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "event_routing_backends"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    EVENT_TRACKING_BACKENDS={},
    FERNET_KEYS=["key"],
    SECRET_KEY="key",
    LMS_ROOT_URL="https://lms.example.com",
    XAPI_AGENT_IFI_TYPE="mbox",
)
# What the package takes from the platform that it is built into: no user has retired, every course has one name.
COURSE = {"display_name": "Maths"}
PLATFORM = {
    "common.djangoapps.student.models": {"get_potentially_retired_user_by_username": lambda name: None},
    "openedx.core.djangoapps.content.course_overviews.api": {"get_course_overviews": lambda keys: [COURSE]},
    "openedx.core.djangoapps.external_user_ids.models": {"ExternalId": None, "ExternalIdType": None},
}
for name, members in PLATFORM.items():
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(parts[end - 1]))
    vars(sys.modules[name]).update(members)
django.setup()
for application in ("contenttypes", "auth"):
    call_command("migrate", application, verbosity=0)

import event_routing_backends.processors.xapi.event_transformers  # it fills the registry
from django.contrib.auth import get_user_model
from event_routing_backends.processors.xapi.registry import XApiTransformersRegistry

PROBLEM = "block-v1:school+maths+2026+type@problem+block@"


def statements(name, data, user_id=None, username=""):
    """The statements of one event of the platform's log."""
    event = {
        "name": name,
        "event_source": "server",
        "time": "2026-11-28T10:00:00+00:00",
        "referer": "https://lms.example.com/",
        "session": "session",
        "username": username,
        "context": {"course_id": "course-v1:school+maths+2026", "user_id": user_id},
        "data": data,
    }
    made = XApiTransformersRegistry.get_transformer(event).transform()
    return [json.loads(statement.to_json()) for statement in (made if isinstance(made, list) else [made])]


print("edx-event-routing-backends", version("edx-event-routing-backends"))
users = get_user_model().objects
for username in ("teacher", "ann", "2"):
    users.create(username=username, email=f"{username}@example.com")
assert users.get(username="ann").id == 2


def completed(block):
    return "edx.completion.block_completion.changed", {"user_id": 2, "block_id": PROBLEM + block, "completion": 1.0}


def graded(username):
    data = {"username": username, "block_id": f"{PROBLEM}a", "weighted_total_earned": 7, "weighted_total_possible": 10}
    [statement] = statements("edx.grades.subsection.grade_calculated", data, username=username)
    return statement["actor"]["mbox"]


ann = {"user_id": 2}
enrolment = {"user_id": 2, "course_id": "course-v1:school+maths+2026", "mode": "audit"}
PAIRS = {
    "two blocks completed": (completed("a"), completed("b")),
    "enrolment, change of mode": (
        ("edx.course.enrollment.activated", enrolment),
        ("edx.course.enrollment.mode_changed", enrolment | {"mode": "verified"}),
    ),
    "passed twice": (("edx.course.grade.passed.first_time", ann), ("edx.course.grade.now_passed", ann)),
    "failed, then passed": (("edx.course.grade.now_failed", ann), ("edx.course.grade.now_passed", ann)),
}
seen = {}
for pair, events in PAIRS.items():
    made = [statement for event in events for statement in statements(*event, user_id=2)]
    seen[pair] = (len(made), len({statement["id"] for statement in made}))
    print(f"{pair}: {seen[pair][0]} statements, {seen[pair][1]} ids")
for username in ("ann", "2"):
    seen[username] = graded(username)
    print(f"a grade of the user named {username}: {seen[username]}")
expected = {
    "two blocks completed": (2, 1),
    "enrolment, change of mode": (2, 1),
    "passed twice": (2, 1),
    "failed, then passed": (2, 2),
    "ann": "mailto:ann@example.com",
    "2": "mailto:ann@example.com",
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
