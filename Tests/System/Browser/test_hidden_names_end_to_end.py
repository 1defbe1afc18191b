"""A page that hides names, on the real program: nothing that the browser receives has a name in it."""

from __future__ import annotations

import os
import subprocess
import uuid

from playwright.sync_api import expect

NAMES = ("zora", "neal", "annabel")
CLASS = (("zora", "Zora Neal"), ("annabel", "Annabel"))


def event(course: str, student: str, name: str, **members) -> dict:
    return {"course_id": course, "student_id": student, "student_name": name,
            "notebook_path": f"home/{student}/soup.ipynb", **members}


def test_no_answer_and_no_frame_has_a_name(stack, binary, open_page, tmp_path):
    course = f"course-{uuid.uuid4()}"
    failure = {"event_type": "cell_executed", "cell_id": "a", "cell_index": 0, "has_error": True,
               "error_name": "NameError", "error_message": "/home/zora/soup.py: zora is not defined"}
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\n" + "".join(f"{student},{name}\n" for student, name in CLASS))
    subprocess.run([binary, "roster", "upload", roster, "--course", course], env=os.environ | stack.urls(), check=True)
    stack.post([event(course, *CLASS[0], **failure)] * 3)
    page = open_page(f"{stack.url}?course={course}", allowed_errors=("503", "404", "WebSocket"))
    page.wait_for_status("live", timeout=60_000)
    expect(page.page.locator("learner-roster .name")).to_have_text("Zora Neal")
    expect(page.page.locator("attendance-board .absent li")).to_have_text("Annabel")

    received: list[str] = []
    sockets: list[str] = []

    def keep(response) -> None:
        if "/api/" in response.url and f"/{course}/" in response.url:
            received.append(response.url + "\n" + response.text())

    def socket(opened) -> None:
        sockets.append(opened.url)
        opened.on("framereceived", lambda frame: received.append(str(frame)))

    hide = page.page.get_by_label("Hide names")
    hide.check()
    page.wait_for_status("namesHidden")
    page.page.on("response", keep)
    page.page.on("websocket", socket)
    # From the beginning, too.
    page.page.reload()
    page.wait_for_status("namesHidden")
    pseudonym = page.page.locator("learner-roster .name")
    expect(pseudonym).to_have_text("learner-" + pseudonym.inner_text().removeprefix("learner-"))
    assert len(pseudonym.inner_text()) == len("learner-") + 10
    first = pseudonym.inner_text()
    stack.post([event(course, *CLASS[1], event_type="help"), event(course, *CLASS[0], **failure)])
    expect(page.page.locator("help-queue li")).to_contain_text("learner-", timeout=30_000)
    expect(page.page.locator("attendance-board")).to_contain_text("2 of 2 here")
    expect(page.page.locator("live-feed")).to_be_hidden()
    expect(page.page.locator("message-board")).to_be_hidden()
    page.page.locator("help-queue .learner-line").first.click()
    expect(page.page.get_by_role("dialog")).to_have_count(0)
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Save as CSV").click()
    saved = tmp_path / "class.csv"
    download.value.save_as(saved)

    assert len(received) > 8 and not sockets
    for text in (*received, page.page.content(), page.page.url, page.page.title(), saved.read_text()):
        assert not [name for name in NAMES if name in text.lower()], text
    assert first in saved.read_text()

    hide.uncheck()
    page.wait_for_status("live")
    expect(page.page.locator("learner-roster .name")).to_have_text(["Annabel", "Zora Neal"])
