"""The recipe of Examples/JupyterHub on a real hub: two learners and a teacher, courses by nbgrader's groups."""

from __future__ import annotations

import base64
import json
import logging
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import websocket
from hub import RECIPE, Hub
from nbgrader.auth.jupyterhub import JupyterHubAuthPlugin
from support.private_stack import PrivateStack

sys.path.insert(0, str(RECIPE))
import progressbus_hub  # noqa: E402

SEND = """
import json, os, urllib.error, urllib.request
events = [{"event_type": "help", "student_id": student, "course_id": course, "notebook_path": "by-hand.ipynb"}
          for student, course in %s]
request = urllib.request.Request(
    os.environ["PROGRESSBUS_URL"] + "/student-progress", json.dumps(events).encode(),
    {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["PROGRESSBUS_TOKEN"]})
try:
    with urllib.request.urlopen(request) as answer:
        print(json.dumps([answer.status, json.load(answer)]))
except urllib.error.HTTPError as answer:
    print(json.dumps([answer.code, json.load(answer)]))
"""


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="progressbus-hub-") as folder:
        # PostgreSQL refuses to run as root, so another account must reach the folder.
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def secret(folder) -> Path:
    file = folder / "jwt-secret"
    file.touch(mode=0o600)
    file.write_text(secrets.token_urlsafe(48) + "\n")
    return file


@pytest.fixture(scope="module")
def stack(folder, secret, monkeypatch_module):
    default = Path(__file__).parents[3] / ".build/debug/progressbus"
    binary = Path(os.environ.get("PAGE_TEST_BINARY", default))
    assert binary.is_file(), f"{binary} is missing: run `swift build --product progressbus`"
    monkeypatch_module.setenv("PROGRESSBUS_JWT_SECRET_FILE", str(secret))
    stack = PrivateStack(binary, folder)
    yield stack
    stack.stop()


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def hub(folder, stack, secret, monkeypatch_module):
    hub = Hub(
        folder, {"PROGRESSBUS_URL": stack.url.rstrip("/"), "PROGRESSBUS_JWT_SECRET_FILE": str(secret)},
        {"formgrade-py101": ["tina"], "others": ["ann", "ben"]})
    # nbgrader's own way to take learners into a course.
    for name, value in {"API_URL": f"{hub.url}/hub/api", "API_TOKEN": hub.api_token, "USER": "administrator"}.items():
        monkeypatch_module.setenv(f"JUPYTERHUB_{name}", value)
    try:
        for student, course in (("ann", "py101"), ("ben", "py101"), ("ben", "art-9")):
            JupyterHubAuthPlugin().add_student_to_course(student, course)
        for user in ("ann", "ben", "tina"):
            hub.start_server(user)
        yield hub
    finally:
        hub.stop()


def variable(hub: Hub, user: str, name: str) -> str:
    return hub.run(user, f"import os; print(os.environ.get({name!r}, ''))").strip()


def claims(token: str) -> dict:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def teachers_token(hub: Hub) -> str:
    return variable(hub, "tina", "PROGRESSBUS_DASHBOARD_LINK").partition("#token=")[2]


def ask(stack: PrivateStack, path: str, token: str) -> tuple[int, dict]:
    request = urllib.request.Request(stack.url + path, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as answer:
        return answer.code, json.load(answer)


def wait_for(what: str, condition, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def test_each_user_gets_a_token_for_what_nbgrader_says(hub):
    assert claims(variable(hub, "ann", "PROGRESSBUS_TOKEN")) | {"jti": "", "iat": 0, "exp": 0} == {
        "scope": "ingest", "sub": "ann", "courses": ["py101"], "jti": "", "iat": 0, "exp": 0}
    assert variable(hub, "ann", "PROGRESSBUS_COURSE") == "py101"
    assert variable(hub, "ann", "PROGRESSBUS_DASHBOARD_LINK") == ""
    assert claims(variable(hub, "ben", "PROGRESSBUS_TOKEN"))["courses"] == ["art-9", "py101"]
    assert variable(hub, "ben", "PROGRESSBUS_COURSE") == "", "a notebook says which of the two"
    dashboard = claims(teachers_token(hub))
    assert (dashboard["scope"], dashboard["courses"]) == ("dashboard", ["py101"])
    assert variable(hub, "tina", "PROGRESSBUS_TOKEN") == variable(hub, "tina", "PROGRESSBUS_URL") == ""


def test_a_learners_token_sends_for_that_learner_alone(hub, stack):
    status, answer = json.loads(hub.run("ann", SEND % [("ann", "py101"), ("ben", "py101"), ("ann", "art-9")]))
    assert status == 207, answer
    assert [item["index"] for item in answer["accepted"]] == [0]
    assert [(item["index"], item["errors"][0]["code"]) for item in answer["rejected"]] == [
        (1, "not_allowed"), (2, "not_allowed")]
    status, answer = json.loads(hub.run("ben", SEND % [("ann", "py101")]))
    assert status == 422, answer
    for user in ("ann", "ben"):
        token = variable(hub, user, "PROGRESSBUS_TOKEN")
        for path in ("api/v1/courses", "api/v1/courses/py101/students", f"api/v1/students/{user}?course_id=py101"):
            assert ask(stack, path, token)[0] == 403, path


def test_the_teacher_sees_the_course_and_nothing_else(hub, stack):
    token = teachers_token(hub)
    live = websocket.create_connection(
        stack.url.replace("http", "ws", 1) + "ws/dashboard", header=[f"Authorization: Bearer {token}"],
        suppress_origin=True, timeout=60)
    # By the client, which is in every kernel; its settings come from the hub.
    hub.run("ann", "6 * 7")
    hub.run("ben", "%progressbus configure course=art-9")
    hub.run("ben", "paint = 1")
    wait_for("ben's work in art-9", lambda: stack.rows(
        "select 1 from progress_events where student_id = 'ben' and course_id = 'art-9'"
        " and event_type = 'cell_executed'"))
    hub.run("ben", "%progressbus configure course=py101")
    hub.run("ben", "1 / 1")
    seen: list[dict] = []
    while not {"ann", "ben"} <= {event.get("student_id") for event in seen}:
        seen += [json.loads(line) for line in live.recv().splitlines()]
    live.close()
    events = [event for event in seen if "control" not in event]
    assert {event["course_id"] for event in events} == {"py101"}, events

    wait_for("both learners are stored", lambda: len(stack.rows(
        "select distinct student_id from progress_events"
        " where course_id = 'py101' and event_type = 'cell_executed'")) == 2)
    wait_for("the course is listed", lambda: [
        course["course_id"] for course in ask(stack, "api/v1/courses", token)[1]["courses"]] == ["py101"])
    wait_for("both learners are listed", lambda: [
        student["student_id"] for student in ask(stack, "api/v1/courses/py101/students", token)[1]["students"]
    ] == ["ann", "ben"])
    assert ask(stack, "api/v1/courses/art-9/students", token)[0] == 403
    assert ask(stack, "api/v1/students/ben?course_id=art-9", token)[0] == 403
    assert ask(stack, "api/v1/dead-letters", token)[0] == 403


def test_a_server_that_starts_anew_gets_what_its_user_has_by_then(hub):
    before = claims(variable(hub, "ben", "PROGRESSBUS_TOKEN"))
    JupyterHubAuthPlugin().remove_student_from_course("ben", "art-9")
    hub.stop_server("ben")
    hub.start_server("ben")
    after = claims(variable(hub, "ben", "PROGRESSBUS_TOKEN"))
    assert after["courses"] == ["py101"]
    assert after["jti"] != before["jti"]
    assert variable(hub, "ben", "PROGRESSBUS_COURSE") == "py101"
    JupyterHubAuthPlugin().remove_student_from_course("ben", "py101")
    hub.stop_server("ben")
    hub.start_server("ben")
    assert variable(hub, "ben", "PROGRESSBUS_TOKEN") == ""


def test_a_group_becomes_a_courses_roster(hub, stack, secret):
    """Of more members than the hub's lists have on a page, and by a token that may read groups alone."""
    members = [f"learner-{number:03}" for number in range(260)]
    hub.ask("POST", "/hub/api/users", {"usernames": members})
    hub.ask("POST", "/hub/api/groups/nbgrader-py101/users", {"users": ["ann", "ben", *members]})
    binary = stack.process.args[4]

    def roster(*arguments: str, token: str = hub.roster_token) -> subprocess.CompletedProcess:
        return subprocess.run(
            [binary, "roster", *arguments, "--course", "py101"], capture_output=True, text=True, timeout=60,
            env=os.environ | stack.urls() | {"JUPYTERHUB_API_TOKEN": token})

    imported = roster("import-jupyterhub", "--hub", hub.url)
    assert imported.stdout == "the roster has 262 learners\n", imported.stderr
    listed = ask(stack, "api/v1/courses/py101/roster", teachers_token(hub))[1]["learners"]
    assert [learner["student_id"] for learner in listed] == ["ann", "ben", *members]
    for arguments, token, reason in (
        (("--group", "no such group"), hub.roster_token, "has no group no such group"),
        ((), "wrong", "needs the scope read:groups"), ((), "", "API token is missing"),
    ):
        refused = roster("import-jupyterhub", "--hub", hub.url, *arguments, token=token)
        assert refused.returncode != 0 and reason in refused.stderr, refused.stderr
    assert len(roster("show").stdout.splitlines()) == 262, "what is refused changes nothing"


def test_no_token_is_printed(hub, stack, secret):
    printed = hub.log.read_text() + stack.log.read_text()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            printed += process.read_bytes().decode(errors="replace")
        except OSError:
            continue
    for text in (variable(hub, "ann", "PROGRESSBUS_TOKEN"), teachers_token(hub), secret.read_text().strip()):
        assert text and text not in printed
    assert claims(variable(hub, "ann", "PROGRESSBUS_TOKEN"))["jti"] in hub.log.read_text(), "to revoke it by"


def test_the_token_is_one_that_the_program_takes(stack, secret, tmp_path):
    token = tmp_path / "token"
    now = int(time.time())
    token.write_text(progressbus_hub.sign(
        {"scope": "ingest", "sub": "zoé", "courses": ["naïve 1"], "exp": now + 60}, secret.read_bytes().rstrip()))
    binary = stack.process.args[4]
    inspected = subprocess.run(
        [binary, "token", "inspect", "--file", token], capture_output=True, text=True, timeout=60,
        env=os.environ | stack.urls())
    assert inspected.returncode == 0, inspected.stdout + inspected.stderr
    assert "the token is good" in inspected.stdout


def test_a_server_starts_without_a_token_when_the_secret_is_lost(tmp_path, caplog):
    class Group:
        name = "nbgrader-py101"

    class User:
        name = "ann"
        groups = (Group,)

    class Spawner:
        user = User
        environment = {"LANG": "C.UTF-8", "PROGRESSBUS_TOKEN": "of the start before"}
        log = logging.getLogger("hub")

    file = tmp_path / "secret"
    file.write_text("short")
    with pytest.raises(ValueError, match="less than 32 bytes"):
        progressbus_hub.token_hook("http://127.0.0.1:1", str(file))
    file.write_text("s" * 32)
    hook = progressbus_hub.token_hook("http://127.0.0.1:1", str(file))
    file.unlink()
    spawner = Spawner()
    hook(spawner)
    assert spawner.environment == {"LANG": "C.UTF-8"}
    assert "no ProgressBus token for ann" in caplog.text
    assert Spawner.environment["PROGRESSBUS_TOKEN"] == "of the start before", "shared by all of the class"


def test_courses_come_from_groups_of_other_names_too():
    courses = progressbus_hub.courses_by_group({"first-years": "py101"}, {"staff": "py101"})
    assert courses(["first-years", "x"]) == progressbus_hub.Courses(learns=frozenset({"py101"}))
    assert courses(["staff"]) == progressbus_hub.Courses(teaches=frozenset({"py101"}))
    assert progressbus_hub.nbgrader_courses(["nbgrader-a-b", "nbgrader-", "formgrade-c", "grader"]) == (
        progressbus_hub.Courses(learns=frozenset({"a-b"}), teaches=frozenset({"c"})))
