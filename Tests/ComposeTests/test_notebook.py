"""A kernel of the stack's Jupyter, driven as its own page does, reports what it ran."""

from __future__ import annotations

import json
import uuid

from websockets.sync.client import connect

from support.compose_stack import ComposeStack
from support.http import request
from support.stores import sql
from support.waiting import eventually


def run_cell(socket, code: str) -> str:
    """The status that the kernel answers."""
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
        if (answer["msg_type"] == "execute_reply" and answer["parent_header"]["msg_id"] == message):
            return answer["content"]["status"]


def test_a_notebook_reports_every_cell_and_not_its_code(stack: ComposeStack):
    stack.run("--profile", "notebook", "up", "--detach", "--wait", seconds=600)
    token = {"Authorization": f"token {stack.settings['JUPYTER_TOKEN']}"}
    status, _ = request(stack.url("jupyter") + "/api/sessions")
    assert status == 403, "Jupyter asks for its token"

    def session() -> dict:
        status, body = request(
            stack.url("jupyter") + "/api/sessions",
            json.dumps({"path": "week1/hello.ipynb", "name": "hello", "type": "notebook",
                        "kernel": {"name": "python3"}}).encode(),
            token | {"Content-Type": "application/json"}, seconds=60)
        return json.loads(body) if status == 201 else {}

    kernel = eventually("a kernel", session)["kernel"]["id"]
    with connect(
        f"{stack.url('jupyter', 'ws')}/api/kernels/{kernel}/channels", additional_headers=token,
        proxy=None
    ) as socket:
        assert run_cell(socket, "print('private-code-of-a-learner')") == "ok"
        assert run_cell(socket, "1 / 0") == "error"
        assert run_cell(socket, "%progressbus help") == "ok"

    def stored() -> list[str]:
        return sql(stack, (
            "select event_type, student_id, course_id, notebook_path, has_error, error_name, code"
            " from progress_events where notebook_path like '%hello.ipynb' and student_id = 's-1'"
            f" and course_id = '{stack.settings['COURSE']}' order by occurred_at")).splitlines()

    rows = eventually("three events", lambda: len(found := stored()) >= 4 and found)
    text = "\n".join(rows)
    assert "cell_executed|s-1|py101|week1/hello.ipynb|f||" in rows
    assert "cell_executed|s-1|py101|week1/hello.ipynb|t|ZeroDivisionError|" in rows
    assert "help|s-1|py101|week1/hello.ipynb" in text
    assert "private-code-of-a-learner" not in text
