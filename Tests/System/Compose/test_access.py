"""Nobody gets in without a token, and the stack makes its own secret."""

from __future__ import annotations

import json

from support.compose_stack import ComposeStack
from support.http import post_json, request


def test_nothing_is_told_or_taken_without_a_token(stack: ComposeStack):
    for service, path in [("dashboard", "/api/v1/courses"), ("dashboard", "/api/v1/bus"), ("ingest", "/metrics")]:
        assert request(stack.url(service) + path)[0] == 401, path
    status, _ = post_json(stack.url("ingest") + "/student-progress", {"event_type": "help"})
    assert status == 401


def test_the_first_link_signs_in_on_the_page(stack: ComposeStack, course: str):
    link = stack.issue_token("--scope", "dashboard", "--sub", "lee", "--course", course, "--link")
    base, _, token = link.partition("/#token=")
    assert base == stack.url("dashboard")
    status, answer = post_json(f"{base}/sign-in", {"token": token})
    assert status == 200 and answer["signed_in"]
    status, body = request(f"{base}/api/v1/courses", headers={"Cookie": f"progressbus_token={token}"})
    assert status == 200 and json.loads(body)["courses"] == []


def test_the_secret_stays_when_the_stack_is_started_again(stack: ComposeStack, course: str):
    headers = stack.authorization(course)
    before = stack.execute("dashboard", "cat", "/run/progressbus/jwt-secret")
    stack.up("--force-recreate")
    assert stack.execute("dashboard", "cat", "/run/progressbus/jwt-secret") == before
    assert request(stack.url("dashboard") + "/api/v1/courses", headers=headers)[0] == 200
