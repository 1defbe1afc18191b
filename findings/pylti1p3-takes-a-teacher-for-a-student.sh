#!/bin/bash
# PyLTI1p3 2.0.0 (PyPI): whoever has an account is a student, and a lecturer is nobody.
#
# Guess: `check_teacher_access()` and `check_student_access()` say what somebody is in this course, by the roles
#   of the context. What somebody is elsewhere in the school does not count, nor that he has an account.
# Seen: the system's role `User`, which Canvas sends of everybody, makes a student of a teacher, and so does the
#   institution's role `Student`, as of an older student who teaches here. An institution's Instructor is not
#   taken for this course's teacher. A role below another, as membership/Instructor#Lecturer, is no teacher unless
#   Instructor stands beside it, which the standard recommends and does not demand.
# What follows: "a student if the check says so" shows the teachers as learners, on the teachers' page, too. Ask for the
#   teacher first, and read the roles of the context by oneself.
#
# usage: findings/pylti1p3-takes-a-teacher-for-a-student.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  pylti1p3==2.0.0 pyjwt==2.15.1 jwcrypto==1.6.1 requests==2.34.2

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

from pylti1p3.message_launch import MessageLaunch
from pylti1p3.tool_config import ToolConfDict

VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2"


class Launch(MessageLaunch):
    def _get_request_param(self, key):
        return self._request[key]


def roles(*names):
    launch = Launch({}, ToolConfDict({}), session_service=object(), cookie_service=object())
    claim = [f"{VOCABULARY}/{name}" for name in names]
    launch.set_auto_validation(False).set_jwt({"body": {"https://purl.imsglobal.org/spec/lti/claim/roles": claim}})
    checks = {
        "teacher": launch.check_teacher_access,
        "assistant": launch.check_teaching_assistant_access,
        "student": launch.check_student_access,
    }
    return [name for name, check in checks.items() if check()]


expected = {
    ("membership#Instructor",): ["teacher"],
    ("membership#Learner",): ["student"],
    ("membership#Instructor", "institution/person#Instructor", "system/person#User"): ["teacher", "student"],
    ("membership#Instructor", "institution/person#Student"): ["teacher", "student"],
    ("membership#Learner", "institution/person#Instructor"): ["student"],
    ("membership/Instructor#Lecturer",): [],
    ("membership/Learner#GuestLearner",): [],
    ("membership/Instructor#TeachingAssistant", "institution/person#Student"): ["assistant", "student"],
}
print("PyLTI1p3", version("PyLTI1p3"))
seen = {}
for names in expected:
    seen[names] = roles(*names)
    print(", ".join(names), "->", " and ".join(seen[names]) or "nobody")
sys.exit(0 if seen == expected else "this has changed")
PYTHON
