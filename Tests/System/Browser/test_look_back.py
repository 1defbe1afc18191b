"""Earlier moments of a class on the page: clearly not live, by keyboard, and untouched by what happens meanwhile."""

from __future__ import annotations

import random
import time

import pytest
from playwright.sync_api import expect

from support.accessibility import CLIPPED, serious_findings
from support.layout import layout_faults
from support.simulated_class import NOTEBOOK, fill, run


def learner(number: int) -> dict:
    return {"course_id": "python-1", "student_id": f"s{number}", "student_name": f"Learner {number}", "notebook_path": NOTEBOOK}


@pytest.fixture
def begin(server):
    """A lesson of half an hour: one learner each ten minutes, of whom the first asks for help in between."""
    begin = int(time.time()) - 1_800
    for minute, event in [
        (0, learner(1) | run(0, False, random.Random(1))),
        (9, learner(1) | {"event_type": "help"}),
        (11, learner(2) | run(0, True, random.Random(2))),
        (19, learner(1) | {"event_type": "help_stop"}),
        (21, learner(3) | run(0, False, random.Random(3))),
        (29, learner(3) | run(1, False, random.Random(3))),
    ]:
        server.publish(event, to_live=False, at=begin + 60 * minute)
    return begin


FRAME = "() => new Promise((resolve) => requestAnimationFrame(resolve))"


def heard_frames(page) -> list[str]:
    """What the page's WebSocket receives from now on."""
    frames = []
    session = page.context.new_cdp_session(page)
    session.on("Network.webSocketFrameReceived", lambda event: frames.append(event["response"]["payloadData"]))
    session.send("Network.enable")
    return frames


def test_an_earlier_moment_is_shown_and_nothing_live_gets_in(server, begin, open_page):
    page = open_page(server.url)
    page.wait_for_status("live")
    page.expect_counter("all", 3)
    panel = page.page.get_by_role("region", name="Earlier in the class")
    toggle = panel.get_by_role("button", name="Look back")
    toggle.press("Enter")
    page.wait_for_status("lookingBack")
    expect(panel.get_by_role("status")).to_contain_text("Not live: the class as it was at")
    slider = panel.get_by_label("Moment of the lesson")
    slider.press("Home")
    page.expect_counter("all", 1)
    # Ten minutes on, in steps of a minute.
    for _ in range(10):
        panel.get_by_role("button", name="+ 1 min").press("Enter")
    page.expect_counter("help", 1)
    page.expect_counter("all", 1)
    slider.press("ArrowRight")
    waiting = page.page.locator("help-queue")
    expect(waiting).to_contain_text("1 min")
    # Nobody can be helped at an earlier moment.
    expect(waiting.get_by_role("button", name="Take")).to_be_hidden()
    expect(page.page.locator("live-feed")).to_be_hidden()
    expect(page.page.get_by_role("button", name="Upload outline")).to_be_hidden()
    assert serious_findings(page.page) == []

    before = page.page.locator("main").inner_text()
    frames = heard_frames(page.page)
    server.publish(*[learner(number) | run(0, False, random.Random(number)) for number in range(4, 9)])
    server.publish(learner(1) | {"event_type": "help"})
    while not any("help" in frame for frame in frames):
        page.page.evaluate(FRAME)
    # Painted at most ten times a second.
    for _ in range(30):
        page.page.evaluate(FRAME)
    assert page.page.locator("main").inner_text() == before

    panel.get_by_role("button", name="Back to live").press("Enter")
    page.wait_for_status("live")
    page.expect_counter("all", 8)
    page.expect_counter("help", 1)
    expect(panel.get_by_role("status")).to_be_hidden()
    expect(toggle).to_be_focused()


def test_a_moment_that_cannot_be_read_is_told(server, begin, open_page):
    page = open_page(server.url, allowed_errors=("503",))
    page.wait_for_status("live")
    panel = page.page.get_by_role("region", name="Earlier in the class")
    panel.get_by_role("button", name="Look back").click()
    page.expect_counter("all", 3)
    told = panel.get_by_role("status")
    expect(told).to_contain_text("Not live")
    server.is_api_down = True
    panel.get_by_label("Moment of the lesson").press("Home")
    expect(told).to_have_text("This moment could not be read: PostgreSQL is away")
    server.is_api_down = False
    panel.get_by_role("button", name="+ 1 min").click()
    page.expect_counter("all", 1)
    expect(told).to_contain_text("Not live")


@pytest.mark.parametrize("width", [320, 1920])
@pytest.mark.parametrize("locale, region, button", [("en-GB", "Earlier in the class", "Look back"), ("ja-JP", "これまでのクラス", "振り返る")])
def test_it_fits_a_phone_and_a_projector(server, open_page, width, locale, region, button):
    fill(server, 20)
    page = open_page(server.url, locale=locale, viewport={"width": width, "height": 900})
    page.wait_for_status("live")
    panel = page.page.get_by_role("region", name=region)
    panel.get_by_role("button", name=button).click()
    page.expect_counter("all", 20)
    page.wait_for_status("lookingBack")
    assert layout_faults(page.page) == []
    assert page.page.evaluate(CLIPPED) == []
    assert serious_findings(page.page) == []
