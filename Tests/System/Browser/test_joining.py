"""A code by which a class joins, made on the page and shown on a projector."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.accessibility import CLIPPED, serious_findings
from support.simulated_class import NOTEBOOK


@pytest.fixture
def page(server, open_page):
    server.publish(
        {"course_id": "python-1", "student_id": "s1", "notebook_path": NOTEBOOK, "event_type": "notebook_opened"},
        to_live=False)
    page = open_page(server.url)
    page.wait_for_status("live")
    return page


def code(board):
    return board.locator(".joining-open .joining-code")


def test_a_code_is_made_shown_large_and_ended_by_keyboard(page, server):
    board = page.page.get_by_role("region", name="Joining")
    length = board.get_by_label("The lesson takes")
    expect(length).to_have_value("90")
    length.select_option(label="45 minutes")
    length.press("Tab")
    page.page.keyboard.press("Enter")
    expect(code(board)).to_have_text("soup-river-41")
    expect(board).to_contain_text('%progressbus join soup-river-41 "Your name"')
    expect(board).to_contain_text("Until ")
    expect(length).to_be_hidden()
    board.get_by_role("button", name="Show large").press("Enter")
    large = page.page.get_by_role("dialog", name="soup-river-41")
    expect(large).to_be_visible()
    size = "node => parseFloat(getComputedStyle(node.querySelector('.joining-code')).fontSize)"
    assert large.evaluate(size) >= 100
    assert serious_findings(page.page) == []
    page.page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    board.get_by_role("button", name="End the code").press("Enter")
    expect(board.get_by_role("button", name="Make a code")).to_be_visible()
    assert server.joining_codes == {}


def test_another_teachers_page_has_the_code_and_may_end_it(page, server, open_page):
    board = page.page.get_by_role("region", name="Joining")
    board.get_by_role("button", name="Make a code").click()
    expect(code(board)).to_have_text("soup-river-41")
    second = open_page(server.url, allowed_errors=("404",))
    theirs = second.page.get_by_role("region", name="Joining")
    expect(code(theirs)).to_have_text("soup-river-41")
    board.get_by_role("button", name="End the code").click()
    expect(board.get_by_role("button", name="Make a code")).to_be_visible()
    # Nothing is left to be ended, and that is what they wanted.
    theirs.get_by_role("button", name="End the code").click()
    expect(theirs.get_by_role("button", name="Make a code")).to_be_visible()
    expect(theirs.get_by_role("status")).to_have_text("")


def test_a_course_begins_with_a_code(server, open_page):
    page = open_page(server.url, allowed_errors=("404",))
    page.page.get_by_label("A course that is to begin").fill("soup-101")
    page.page.keyboard.press("Enter")
    board = page.page.get_by_role("region", name="Joining")
    board.get_by_role("button", name="Make a code").click()
    expect(code(board)).to_have_text("soup-river-41")
    assert list(server.joining_codes) == ["soup-101"]
    expect(page.page.locator("#notice")).to_contain_text("Nobody has sent anything in this course yet")
    assert serious_findings(page.page) == []
    server.publish({
        "course_id": "soup-101", "student_id": "joined-1", "student_name": "Ann", "notebook_path": NOTEBOOK,
        "event_type": "notebook_opened"})
    expect(page.page.locator("learner-roster")).to_contain_text("Ann")
    expect(page.page.locator("#notice")).to_be_hidden()
    expect(code(board)).to_have_text("soup-river-41")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_fits_a_phone(page, server, language):
    page.page.locator("#language").select_option(language)
    page.page.set_viewport_size({"width": 320, "height": 640})
    page.page.locator("joining-board form button").click()
    expect(page.page.locator("joining-board .joining-open")).to_be_visible()
    assert page.page.evaluate(CLIPPED) == []
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 320
    page.page.locator("joining-board .joining-actions button").first.click()
    expect(page.page.locator("dialog.joining-large")).to_be_visible()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert serious_findings(page.page) == []


def test_where_nobody_joins_by_a_code_there_is_no_board(server, open_page):
    server.joining_codes = None
    server.publish(
        {"course_id": "python-1", "student_id": "s1", "notebook_path": NOTEBOOK, "event_type": "notebook_opened"},
        to_live=False)
    page = open_page(server.url, allowed_errors=("404",))
    page.wait_for_status("live")
    expect(page.page.locator("learner-roster")).to_contain_text("s1")
    expect(page.page.locator("joining-board")).to_be_hidden()
