"""A course's roster on the page: uploaded by a teacher, who has not come, names."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import expect

from support.accessibility import serious_findings
from support.simulated_class import NOTEBOOK, run

HOSTILE = "<img src=x onerror=alert(1)>" + "W" * 80


def ran(student: str) -> dict:
    return run(0, False, random.Random(1)) | {
        "course_id": "python-1", "student_id": student, "student_name": None, "notebook_path": NOTEBOOK}


@pytest.mark.parametrize(
    ("locale", "figure", "everybody"),
    [("en-GB", "{} of 4 here", "Everybody is here."), ("ja-JP", "4 人中 {} 人が出席", "全員そろっています。")])
def test_a_teacher_uploads_a_list_and_sees_who_has_not_come(server, open_page, tmp_path, locale, figure, everybody):
    server.publish(ran("s1"), to_live=False)
    page = open_page(server.url, locale=locale)
    page.wait_for_status("live")
    board = page.page.locator("attendance-board")
    buttons = board.locator(".panel-aside button")
    upload, remove = buttons.first, buttons.last
    expect(remove).to_be_hidden()
    path = tmp_path / "list.csv"
    path.write_text(f"student_id,name\ns1,Ann Lee\ns2,Ben\ns3,{HOSTILE}\ns4,\n")
    with page.page.expect_file_chooser() as chooser:
        upload.press("Enter")
    chooser.value.set_files(path)
    expect(board).to_contain_text(figure.format(1))
    expect(board.locator(".absent li")).to_have_text([HOSTILE, "Ben", "s4"])
    page.page.set_viewport_size({"width": 320, "height": 900})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert serious_findings(page.page) == []

    server.publish(ran("s2"), ran("s4"))
    expect(board).to_contain_text(figure.format(3))
    expect(board.locator(".absent li")).to_have_text([HOSTILE])
    # The client sent no name.
    expect(page.page.locator("learner-roster .name", has_text="Ben")).to_be_visible()
    server.publish(ran("s3"))
    expect(board).to_contain_text(everybody)

    page.allowed_errors = ("422",)
    path.write_text("no,list\n")
    board.locator("input[type=file]").set_input_files(path)
    expect(board.get_by_role("status")).to_contain_text("line 1: no column is student_id")
    remove.press("Enter")
    expect(remove).to_be_hidden()
    assert server.rosters == {}
