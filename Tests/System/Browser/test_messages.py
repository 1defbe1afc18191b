"""Raised hands that a teacher takes, and messages to learners, with two pages open."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.accessibility import CLIPPED, serious_findings
from support.simulated_class import NOTEBOOK


def learner(number: int, event_type: str, **fields) -> dict:
    return {
        "course_id": "python-1", "student_id": f"s{number}", "student_name": f"Learner {number}",
        "team": "red", "notebook_path": NOTEBOOK, "event_type": event_type, **fields,
    }


@pytest.fixture
def page(server, open_page):
    server.publish(*[learner(number, "notebook_opened") for number in range(1, 4)], to_live=False)
    page = open_page(server.url)
    page.wait_for_status("live")
    return page


def test_a_hand_is_taken_for_all_teachers_to_see_and_answered(page, server, open_page):
    second = open_page(server.url)
    second.wait_for_status("live")
    server.publish(learner(2, "help"))
    # Without a name nobody would know who comes.
    page.page.get_by_role("button", name="Take, Learner 2").click()
    board = page.page.get_by_role("region", name="Messages")
    expect(board.get_by_label("Your name")).to_be_focused()
    expect(board.get_by_role("status")).to_contain_text("Write your name first")
    page.page.keyboard.type("Ms Ito")
    page.page.get_by_role("button", name="Take, Learner 2").press("Enter")
    for each in (page, second):
        expect(each.page.locator("help-queue li")).to_contain_text("Ms Ito has it")
        expect(each.page.get_by_role("button", name="Take, Learner 2")).to_be_hidden()

    page.page.get_by_role("button", name="Answer, Learner 2").press("Enter")
    expect(board.get_by_label("Message", exact=True)).to_be_focused()
    page.page.keyboard.type("Look at <b>line 3</b>")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    expect(board.get_by_role("status")).to_contain_text("Sent.")
    expect(board.get_by_label("Message", exact=True)).to_have_value("")
    assert server.messages[-1] == {
        "to": "learner", "student_id": "s2", "answers_hand": True, "text": "Look at <b>line 3</b>",
        "teacher": "Ms Ito",
    }
    for each in (page, second):
        line = each.page.locator("message-board li")
        expect(line).to_contain_text("Ms Ito to: Learner 2")
        expect(line).to_contain_text("Look at <b>line 3</b>")
        expect(line).to_contain_text("shown to 0 learners")
    (message,) = [event for event in server.journal if event["event_type"] == "message_sent"]
    server.publish({
        "event_type": "message_shown", "course_id": "python-1", "student_id": "s2",
        "message_id": message["event_id"]})
    for each in (page, second):
        expect(each.page.locator("message-board li")).to_contain_text("shown to 1 learner")
    assert serious_findings(page.page) == []


def test_a_hint_goes_to_a_team_or_the_class(page, server):
    board = page.page.get_by_role("region", name="Messages")
    board.get_by_label("Your name").fill("Ms Ito")
    for recipient, expected in (
        ("The class", {"to": "class"}), ("Team red", {"to": "team", "team": "red"}),
        ("Learner 3", {"to": "learner", "student_id": "s3", "answers_hand": False}),
    ):
        board.get_by_role("combobox").focus()
        board.get_by_role("combobox").select_option(label=recipient)
        board.get_by_label("Message", exact=True).fill("Read the cell above.")
        board.get_by_role("button", name="Send").click()
        expect(board.get_by_label("Message", exact=True)).to_have_value("")
        assert server.messages[-1] == expected | {"text": "Read the cell above.", "teacher": "Ms Ito"}
    expect(board.locator("li")).to_have_count(3)


def test_an_answer_goes_to_whom_it_is_for_however_fast_it_is_sent(page, server):
    board = page.page.get_by_role("region", name="Messages")
    board.get_by_label("Your name").fill("Ms Ito")
    server.publish(learner(2, "help"))
    expect(page.page.get_by_role("button", name="Answer, Learner 2")).to_be_visible()
    # In one task: nothing is painted meanwhile.
    page.page.evaluate("""
        const board = document.querySelector("message-board");
        document.querySelector("help-queue .actions button:last-child").click();
        board.querySelector("textarea").value = "Between us.";
        board.querySelector("form").requestSubmit();
    """)
    expect(board.get_by_role("status")).to_contain_text("Sent.")
    (message,) = server.messages
    assert (message["to"], message.get("student_id")) == ("learner", "s2")
    # Nor does it go to others because the learner's hand is down, or somebody else's comes up.
    server.publish(learner(2, "help_stop"), learner(1, "help"))
    expect(page.page.get_by_role("button", name="Answer, Learner 1")).to_be_visible()
    board.get_by_label("Message", exact=True).fill("And one more.")
    board.get_by_role("button", name="Send").click()
    expect(board.locator("li")).to_have_count(2)
    assert (server.messages[1]["to"], server.messages[1].get("student_id")) == ("learner", "s2")


def test_a_second_press_sends_nothing_and_what_is_written_meanwhile_stays(page, server):
    board = page.page.get_by_role("region", name="Messages")
    board.get_by_label("Your name").fill("Ms Ito")
    text = board.get_by_label("Message", exact=True)
    send = board.get_by_role("button", name="Send")
    server.answers_teachers.clear()
    text.fill("Look at line 3.")
    page.page.evaluate("""
        const form = document.querySelector("message-board form");
        form.requestSubmit();
        form.requestSubmit();
    """)
    expect(send).to_have_attribute("aria-disabled", "true")
    text.fill("And at line 4.")
    text.press("Tab")
    server.answers_teachers.set()
    expect(board.get_by_role("status")).to_contain_text("Sent.")
    expect(text).to_have_value("And at line 4.")
    assert [message["text"] for message in server.messages] == ["Look at line 3."]
    send.click()
    expect(board.locator("li")).to_have_count(2)
    assert len(set(server.message_ids)) == 2


def test_a_message_that_is_sent_again_is_one(server, open_page):
    server.publish(learner(1, "notebook_opened"), to_live=False)
    page = open_page(server.url, allowed_errors=("503",))
    page.wait_for_status("live")
    board = page.page.get_by_role("region", name="Messages")
    board.get_by_label("Your name").fill("Ms Ito")
    board.get_by_label("Message", exact=True).fill("Look at line 3.")
    server.lost_answers = 1
    send = board.get_by_role("button", name="Send")
    send.click()
    expect(board.get_by_role("status")).to_contain_text("Not done")
    send.click()
    expect(board.get_by_role("status")).to_contain_text("Sent.")
    first, second = server.message_ids
    assert first == second
    expect(board.locator("li")).to_have_count(1)


def test_a_draft_is_for_the_class_in_which_it_was_begun(page, server):
    server.publish(learner(9, "notebook_opened") | {"course_id": "python-2"}, to_live=False)
    board = page.page.get_by_role("region", name="Messages")
    board.get_by_role("combobox").focus()
    board.get_by_role("combobox").select_option(label="Learner 3")
    board.get_by_label("Message", exact=True).fill("Between us.")
    page.page.evaluate("""
        document.dispatchEvent(new CustomEvent("course-change", { detail: "python-2" }));
    """)
    page.wait_for_status("live")
    expect(board.get_by_label("Message", exact=True)).to_have_value("")
    expect(board.get_by_role("combobox")).to_have_value("class:")


def test_a_hand_that_is_not_taken_is_told_beside_it(server, open_page):
    server.publish(learner(2, "notebook_opened"), to_live=False)
    page = open_page(server.url, allowed_errors=("409",))
    page.wait_for_status("live")
    server.publish(learner(2, "help"))
    page.page.get_by_role("region", name="Messages").get_by_label("Your name").fill("Ms Ito")
    server.refuses_takes = True
    page.page.get_by_role("button", name="Take, Learner 2").click()
    expect(page.page.locator("help-queue")).to_contain_text("another teacher has taken the hand")
    expect(page.page.locator("message-board")).not_to_contain_text("another teacher")
    server.refuses_takes = False
    page.page.get_by_role("button", name="Take, Learner 2").click()
    expect(page.page.locator("help-queue li")).to_contain_text("Ms Ito has it")
    expect(page.page.locator("help-queue")).not_to_contain_text("another teacher")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_fits_a_phone(page, server, language):
    page.page.locator("#language").select_option(language)
    server.publish(learner(2, "help"), learner(2, "help"))
    page.page.set_viewport_size({"width": 320, "height": 640})
    expect(page.page.locator("help-queue .actions button").first).to_be_visible()
    assert page.page.evaluate(CLIPPED) == []
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert serious_findings(page.page) == []


def test_without_messages_there_is_no_board(server, open_page):
    server.messages = None
    server.publish(learner(2, "help"), to_live=False)
    page = open_page(server.url, allowed_errors=("404",))
    page.wait_for_status("live")
    expect(page.page.locator("help-queue li")).to_contain_text("Learner 2")
    expect(page.page.locator("message-board")).to_be_hidden()
    expect(page.page.locator("help-queue .actions")).to_be_hidden()
