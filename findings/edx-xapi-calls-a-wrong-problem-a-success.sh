#!/bin/bash
# edx-event-routing-backends 9.3.8 (PyPI), Open edX's events as xAPI: a problem that was got wrong is a success.
#
# Guess: `success` of a problem's statement is what the platform says of the problem. `scaled` is from -1 to 1, as xAPI
#   wants it, or left out.
# Seen: `success` is that of the problem's first question. The platform says "incorrect", with 1 of 2 points: the
#   statement has success true and the first question's answer; with the wrong one first it has false. (Below
#   it stand statements of each question, which are right.) 12 points of 10, with a bonus, are scaled 1.2,
#   and 0 of 0, of a problem that is not graded, are a success with a scaled score of 0.
# What follows: counts of solved problems are too high, by who is right at the start. Take `score`, not `success`,
#   and the platform's log for what matters. A strict store refuses 1.2, and with it all of its batch.
#   (10.1.0 has the same file.)
#
# usage: findings/edx-xapi-calls-a-wrong-problem-a-success.sh     needs Python 3.11 or later, PyPI
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
get_user_model().objects.create(username="ann", email="ann@example.com")


def checked(*correct):
    """The problem's own statement, of a problem with a point for each question."""
    submission = {}
    for number, right in enumerate(correct, 1):
        answer = {"question": f"{number}", "answer": f"answer {number}", "response_type": "choiceresponse"}
        submission[f"question_{number}_1"] = answer | {"correct": right}
    data = {
        "problem_id": f"{PROBLEM}a",
        "attempts": 1,
        "grade": sum(correct),
        "max_grade": len(correct),
        "success": "correct" if all(correct) else "incorrect",
        "submission": submission,
    }
    own, *questions = statements("problem_check", data, user_id=1)
    if len(correct) > 1:
        assert [question["result"]["success"] for question in questions] == list(correct)
    return data["success"], own["result"]["success"], own["result"]["score"]["scaled"], own["result"]["response"]


def submitted(earned, possible):
    data = {"user_id": 1, "problem_id": f"{PROBLEM}a", "weighted_earned": earned, "weighted_possible": possible}
    [statement] = statements("edx.grades.problem.submitted", data, user_id=1)
    return statement["result"]["success"], statement["result"]["score"]["scaled"]


seen = {}
for correct in ((True, True), (True, False), (False, True), (False,)):
    seen[correct] = checked(*correct)
    print("questions", correct, "are {!r} to the platform: success {}, scaled {}, response {!r}".format(*seen[correct]))
for points in ((7, 10), (12, 10), (0, 0)):
    seen[points] = submitted(*points)
    print("{} points of {}: success {}, scaled {}".format(*points, *seen[points]))
expected = {
    (True, True): ("correct", True, 1.0, "answer 1"),
    (True, False): ("incorrect", True, 0.5, "answer 1"),
    (False, True): ("incorrect", False, 0.5, "answer 1"),
    (False,): ("incorrect", False, 0.0, "answer 1"),
    (7, 10): (False, 0.7),
    (12, 10): (True, 1.2),
    (0, 0): (True, 0.0),
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
