"""A kernel of the stack's Jupyter, driven as its own page does, reports what it ran."""

from __future__ import annotations

import json
import uuid

from websockets.sync.client import connect

from support.compose_stack import ComposeStack
from support.http import request
from support.stores import sql
from support.waiting import eventually


def ask(stack: ComposeStack, headers: dict[str, str], method: str, path: str, value: dict) -> dict:
    status, body = request(
        f"{stack.url('jupyter')}/api/{path}", json.dumps(value).encode(),
        headers | {"Content-Type": "application/json"}, seconds=60, method=method)
    assert status in (200, 201), f"{method} {path}: {status} {body[:500]!r}"
    return json.loads(body)


def run_cell(socket, code: str, displayed: list[str] | None = None) -> str:
    """The status that the kernel answers; to `displayed` goes what it displays until then."""
    message = uuid.uuid4().hex
    socket.send(json.dumps({
        "channel": "shell", "parent_header": {}, "metadata": {}, "buffers": [],
        "header": {"msg_id": message, "msg_type": "execute_request", "session": "tests",
                   "username": "", "version": "5.3"},
        "content": {"code": code, "silent": False, "store_history": True,
                    "allow_stdin": False, "stop_on_error": False},
    }))
    while True:
        answer = json.loads(socket.recv(timeout=60))
        if displayed is not None and answer["msg_type"] == "display_data":
            displayed.append(answer["content"]["data"]["text/plain"])
        if (answer["msg_type"] == "execute_reply" and answer["parent_header"]["msg_id"] == message):
            return answer["content"]["status"]


def test_a_notebook_reports_every_cell_and_not_its_code(stack: ComposeStack):
    stack.run("--profile", "notebook", "up", "--detach", "--wait", seconds=600)
    token = {"Authorization": f"token {stack.settings['JUPYTER_TOKEN']}"}
    status, _ = request(stack.url("jupyter") + "/api/sessions")
    assert status == 403, "Jupyter asks for its token"

    # As JupyterLab does: a folder, a notebook in it, and a session for that.
    ask(stack, token, "PUT", "contents/week1", {"type": "directory"})
    ask(stack, token, "PUT", "contents/week1/hello.ipynb", {"type": "notebook", "content": {
        "cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}})
    session = ask(stack, token, "POST", "sessions", {
        "path": "week1/hello.ipynb", "name": "hello.ipynb", "type": "notebook",
        "kernel": {"name": "python3"}})
    kernel = session["kernel"]["id"]
    with connect(
        f"{stack.url('jupyter', 'ws')}/api/kernels/{kernel}/channels", additional_headers=token,
        proxy=None
    ) as socket:
        assert run_cell(socket, "print('private-code-of-a-learner')") == "ok"
        assert run_cell(socket, "1 / 0") == "error"
        assert run_cell(socket, "%progressbus help") == "ok"

    def stored() -> list[str]:
        return sql(stack, (
            "select event_type, has_error, error_name, code from progress_events"
            f" where notebook_path = 'week1/hello.ipynb' and student_id = '{stack.settings['STUDENT']}'"
            f" and course_id = '{stack.settings['COURSE']}' order by occurred_at")).splitlines()

    rows = eventually("all events", lambda: len(found := stored()) >= 5 and found)
    assert sorted(rows) == sorted([
        "notebook_opened|||", "cell_executed|f||", "cell_executed|t|ZeroDivisionError|",
        "help|||", "cell_executed|f||",
    ])


def test_a_message_reaches_the_notebook(stack: ComposeStack):
    stack.run("--profile", "notebook", "up", "--detach", "--wait", seconds=600)
    jupyter = {"Authorization": f"token {stack.settings['JUPYTER_TOKEN']}"}
    kernel = ask(stack, jupyter, "POST", "kernels", {"name": "python3"})["id"]
    with connect(
        f"{stack.url('jupyter', 'ws')}/api/kernels/{kernel}/channels", additional_headers=jupyter,
        proxy=None
    ) as socket:
        assert run_cell(socket, "1 + 1") == "ok"
        status, body = request(
            f"{stack.url('dashboard')}/api/v1/courses/{stack.settings['COURSE']}/messages",
            json.dumps({"to": "learner", "student_id": stack.settings["STUDENT"],
                        "text": "Look at line 3.", "teacher": "Ms Ito"}).encode(),
            {"Content-Type": "application/json"} | stack.authorization(stack.settings["COURSE"]))
        assert status == 202, body
        displayed: list[str] = []

        def is_shown() -> bool:
            assert run_cell(socket, "1 + 1", displayed) == "ok"
            return "Ms Ito to you: Look at line 3." in displayed

        eventually("the message", is_shown)
