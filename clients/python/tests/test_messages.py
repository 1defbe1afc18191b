"""Messages of teachers: read, shown once, under the next cell of a real kernel."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable
from uuid import uuid4

import pytest

from conftest import wait_until
from kernel import TIMEOUT, Kernel, environment, running_kernel
from progressbus.delivery.answer import Answer
from progressbus.delivery.endpoint import Endpoint
from progressbus.messages.inbox import Inbox
from progressbus.messages.message import Message, read
from progressbus.messages.shown import ShownMessages
from progressbus.settings import Settings, changed
from recording_server import RecordingServer

LOAD = "%load_ext progressbus"


def sent(text: str, **more: Any) -> dict[str, Any]:
    return {
        "message_id": str(uuid4()),
        "sent_at": "2026-11-28T10:00:00.000000Z",
        "to": "learner",
        "teacher": "Ms Ito",
        "text": text,
        "answers_hand": False,
        **more,
    }


def displayed(kernel: Kernel, code: str, **content: Any) -> list[dict[str, str]]:
    """The rich outputs under a cell."""
    identifier = kernel.send(code, **content)
    shown = []
    while True:
        message = kernel.client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") != identifier:
            continue
        if message["msg_type"] == "display_data":
            shown.append(message["content"]["data"])
        elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            assert kernel.reply(identifier)["status"] == "ok"
            return shown


def shown_in_time(kernel: Kernel) -> list[dict[str, str]]:
    """What is shown under the first cell that shows something."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        shown = displayed(kernel, "x = 1")
        if shown:
            return shown
    raise AssertionError("no cell shows a message")


def test_a_message_is_shown_once_under_the_next_cell_over_kernel_restarts(
    server: RecordingServer, tmp_path: Path
) -> None:
    first = sent("<script>alert(1)</script>\nlook at line 3", answers_hand=True)
    server.messages = [first]
    env = environment(server.url, tmp_path)
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        (data,) = shown_in_time(kernel)
        assert data["text/plain"].startswith("Ms Ito answers you: <script>")
        assert "<script" not in data["text/html"]
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in data["text/html"]
        assert set(data) == {"text/plain", "text/html"}
        assert displayed(kernel, "x = 2") == []
        wait_until(lambda: server.of_type("message_shown"))
    (receipt,) = server.of_type("message_shown")
    assert receipt["message_id"] == first["message_id"]
    assert receipt["student_id"] == "ada"
    assert server.asked[0]["course_id"] == "python-1"
    assert server.asked[0]["student_id"] == "ada"

    # The next kernel asks from the beginning, and shows what is new alone.
    server.messages.append(sent("for all", to="class"))
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        (data,) = shown_in_time(kernel)
        assert data["text/plain"] == "Ms Ito to the class: for all"
        wait_until(lambda: len(server.of_type("message_shown")) == 2)


def test_what_arrived_is_kept_when_the_kernel_dies_before_it_is_shown(
    server: RecordingServer, tmp_path: Path
) -> None:
    server.messages = []
    env = environment(server.url, tmp_path)
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: server.asked)
        server.messages.append(sent("look"))
        # It has arrived: the next request goes on behind it.
        wait_until(lambda: server.asked[-1]["after"] == "1")
        kernel.manager.shutdown_kernel(now=True)
    assert server.of_type("message_shown") == []
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        (data,) = shown_in_time(kernel)
        assert data["text/plain"] == "Ms Ito to you: look"


def test_nothing_is_shown_under_what_the_front_end_runs_for_itself(
    server: RecordingServer, tmp_path: Path
) -> None:
    server.messages = [sent("look")]
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: server.asked and server.asked[-1]["after"] == "1")
        assert displayed(kernel, "y = 1", store_history=False) == []
        assert len(displayed(kernel, "y = 2")) == 1


def test_the_magic_shows_messages_again(server: RecordingServer, tmp_path: Path) -> None:
    server.messages = [sent("look"), sent("again", to="team")]
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: server.asked and server.asked[-1]["after"] == "2")
        expected = "Ms Ito to you: look\nMs Ito to your team: again\n"
        assert kernel.output("%progressbus messages") == expected
        assert kernel.output("%progressbus messages") == expected
        wait_until(lambda: len(server.of_type("message_shown")) == 2)


def test_a_learner_who_wants_none_is_not_asked_for(server: RecordingServer, tmp_path: Path) -> None:
    server.messages = [sent("look")]
    env = environment(server.url, tmp_path, PROGRESSBUS_MESSAGES="off")
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        kernel.run("x = 1")
        wait_until(lambda: server.of_type("cell_executed"))
        assert "not asked for" in kernel.output("%progressbus status")
        assert "There are no messages" in kernel.output("%progressbus messages")
    assert server.asked == []


def test_a_server_without_messages_is_left_alone(server: RecordingServer, tmp_path: Path) -> None:
    with running_kernel(environment(server.url, tmp_path)) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: "the server has none" in kernel.output("%progressbus status"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"messages":[]}',
        b'{"messages":[],"after":7}',
        b'{"messages":[],"after":"-7"}',
        b'{"messages":[{}],"after":"7"}',
        b'{"messages":{"a":1},"after":"7"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(body: bytes) -> None:
    assert read(body) is None


def test_ids_that_are_no_file_names_are_left_out() -> None:
    messages = [sent("a", message_id="../../x"), sent("b", message_id=7), sent("c")]
    found = read(json.dumps({"messages": messages, "after": "3"}).encode())
    assert found is not None
    assert [message.text for message in found.messages] == ["c"]


def test_a_text_steers_no_terminal() -> None:
    texts = {
        "\x1b[2Jgone": "[2Jgone",
        "a\r\nb\tc": "a\nb\tc",
        "\u202egnp.exe": "gnp.exe",
        "x" * 2000: "x" * 999 + "…",
    }
    for text, expected in texts.items():
        item = sent(text, teacher="Ms\x1b]0;x\x07\nIto")
        found = read(json.dumps({"messages": [item], "after": "1"}).encode())
        assert found is not None
        (message,) = found.messages
        assert message.text == expected
        assert message.teacher == "Ms]0;x Ito"


def test_markup_is_text() -> None:
    message = Message("m", "<i>&\"'", '<img src=x onerror="1">', "class", False)
    assert "<img" not in message.html()
    assert "<i>" not in message.html()


def test_of_two_kernels_one_takes_a_message(tmp_path: Path) -> None:
    one, other = ShownMessages(), ShownMessages()
    assert not one.contains(tmp_path / "shown", "m")
    assert one.take(tmp_path / "shown", "m")
    assert not other.take(tmp_path / "shown", "m")
    assert other.contains(tmp_path / "shown", "m")
    one.give_back(tmp_path / "shown", "m")
    assert ShownMessages().take(tmp_path / "shown", "m")


def test_without_a_folder_the_kernel_remembers(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shown = ShownMessages()
    assert shown.take(tmp_path / "file" / "shown", "m")
    assert not shown.take(tmp_path / "file" / "shown", "m")
    shown.forget_old(tmp_path / "file" / "shown")


class HeldTransport:
    """Answers as a test has it, and knows what was asked."""

    def __init__(self, answer: Callable[[str], bytes]) -> None:
        self._answer = answer
        self.asked: list[str] = []

    def get(self, endpoint: Endpoint, _headers: Mapping[str, str], _timeout: float) -> Answer:
        self.asked.append(endpoint.path)
        return Answer(200, {}, self._answer(endpoint.path))

    def interrupt(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


def inbox_of(
    tmp_path: Path, answer: Callable[[str], bytes], **more: str
) -> tuple[Inbox, HeldTransport, list[Settings]]:
    """An inbox whose thread does not run, and the settings it goes by: a list of one."""
    given = {"url": "http://127.0.0.1:9", "student": "ann", "course": "py", **more}
    settings = [replace(changed(Settings(), given), spool_dir=tmp_path)]
    transport = HeldTransport(answer)
    return Inbox(lambda: settings[0], transport), transport, settings  # type: ignore[arg-type]


def answered(messages: list[dict[str, Any]], after: str) -> bytes:
    return json.dumps({"messages": messages, "after": after}).encode()


def test_what_arrived_for_one_learner_is_not_shown_to_the_next(tmp_path: Path) -> None:
    ours = sent("for ann")
    inbox, _, settings = inbox_of(
        tmp_path, lambda path: answered([ours] if "student_id=ann" in path else [], "1")
    )
    inbox._turn()
    assert inbox.waiting == 1
    shown: list[str] = []
    for other in ({"student": "bob"}, {"course": "other"}):
        mine = settings[0]
        settings[0] = replace(mine, **other)  # type: ignore[arg-type]
        inbox.show(lambda message: shown.append(message.text))
        assert shown == []
        settings[0] = replace(mine)
        inbox._turn()
        assert inbox.waiting == 1
    inbox.show(lambda message: shown.append(message.text))
    assert shown == ["for ann"]
    assert [message.text for message in inbox.recent] == ["for ann"]
    settings[0] = replace(settings[0], student="bob")
    assert inbox.recent == []


def test_a_request_under_way_ends_when_the_learner_changes(
    server: RecordingServer, tmp_path: Path
) -> None:
    server.messages = []
    server.patience = 60.0
    env = environment(server.url, tmp_path)
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: server.asked)
        kernel.run("%progressbus configure student=bob")
        wait_until(lambda: server.asked[-1]["student_id"] == "bob", 30.0)
        server.patience = 0.0


def test_what_becomes_a_learners_later_is_asked_for(tmp_path: Path) -> None:
    hint = sent("for the reds", to="team")
    hers = [sent("for all", to="class")]
    inbox, transport, settings = inbox_of(
        tmp_path, lambda path: answered(hers if "after=0" in path else [], "7")
    )
    inbox._turn()
    # The server has heard of her team: the hint is older than what she has.
    hers.insert(0, hint)
    inbox._turn()
    assert inbox.waiting == 1
    inbox._review_at = 0.0
    inbox._turn()
    assert inbox.waiting == 2
    # And after each change of the settings, of which the team is one.
    settings[0] = replace(settings[0], team="red")
    inbox._turn()
    assert [path.count("after=0&") for path in transport.asked] == [1, 0, 1, 1]
    assert inbox.waiting == 2


def test_a_message_is_not_lost_while_the_settings_are_incomplete(tmp_path: Path) -> None:
    message = sent("look")
    inbox, _, settings = inbox_of(tmp_path, lambda _: answered([message], "1"))
    inbox._turn()
    complete = settings[0]
    settings[0] = replace(complete, student=None)
    inbox.show(lambda _: None)
    inbox._turn()
    settings[0] = replace(complete)
    inbox._turn()
    shown: list[str] = []
    inbox.show(lambda message: shown.append(message.text))
    assert shown == ["look"]


def test_the_next_kernel_knows_what_was_shown_before(tmp_path: Path) -> None:
    message = sent("look")
    for _ in range(2):
        inbox, _, _ = inbox_of(tmp_path, lambda _: answered([message], "1"))
        inbox._turn()
        inbox.show(lambda _: None)
        assert [each.text for each in inbox.recent] == ["look"]
