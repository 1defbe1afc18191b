"""This lesson beside the last one, on the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.accessibility import CLIPPED, serious_findings
from support.layout import layout_faults
from support.simulated_class import fill


def figures(learners: int, solved: int, seconds: float) -> dict:
    return {
        "started_at": "2026-11-21T09:00:00.000000Z", "until": "2026-11-21T09:20:00.000000Z", "learners": learners,
        "solved_cells": solved, "stuck": 3, "waiting_for_help": 1, "hands": 5, "executions": 1234, "errors": 160,
        "median_seconds_to_solve": seconds,
    }


COMPARISON = {
    "elapsed_seconds": 1_200, "lesson": figures(20, 140, 95.5), "previous_lesson": figures(28, 90, 240),
    "cells": [
        {"cell": f"cell-{number:02}", "cell_index": number,
         "lesson": {"reached": 20, "solved": 18 - number, "errors": 9, "median_seconds_to_solve": 60.0 * number},
         "previous_lesson": None if number == 2 else
         {"reached": 28, "solved": 11, "errors": 40, "median_seconds_to_solve": None}}
        for number in range(3)
    ],
}


def asked(server) -> int:
    return sum(request.endswith("/comparison") for request in server.requests)


@pytest.mark.parametrize("width", [320, 1920])
@pytest.mark.parametrize("locale, button", [("en-GB", "Compare"), ("ja-JP", "比較する")])
def test_both_lessons_stand_side_by_side(server, open_page, width, locale, button):
    server.comparison = COMPARISON
    fill(server, 20)
    page = open_page(server.url, locale=locale, viewport={"width": width, "height": 900})
    page.wait_for_status("live")
    # Nobody asks for what nobody looks at.
    assert asked(server) == 0
    board = page.page.locator("comparison-board")
    board.get_by_role("button", name=button).press("Enter")
    rows = board.locator("tbody tr")
    expect(rows).to_have_count(8 + 3)
    expect(rows.nth(0).locator("td")).to_have_text(["20", "28"])
    expect(rows.nth(5).locator("td")).to_have_text(["1,234", "1,234"])
    expect(rows.nth(10).locator("td").nth(1)).to_have_text("–")
    if locale == "en-GB":
        expect(board.get_by_role("status")).to_contain_text("Both after 20 mins. The last lesson began")
        expect(rows.nth(7)).to_contain_text("First cell solved after (median)")
        expect(rows.nth(8).locator("td").nth(0)).to_have_text("18 of 20 · 9 × error · 0 secs")
    assert serious_findings(page.page) == []
    assert layout_faults(page.page) == []
    assert page.page.evaluate(CLIPPED) == []
    assert asked(server) == 1


def test_what_cannot_be_compared_is_told(server, open_page):
    fill(server, 3)
    page = open_page(server.url, allowed_errors=("404",))
    page.wait_for_status("live")
    board = page.page.get_by_role("region", name="Beside the last lesson")
    board.get_by_role("button", name="Compare").click()
    expect(board.get_by_role("status")).to_have_text("The lessons could not be compared: nothing at comparison")
    board.get_by_role("button", name="Hide").click()
    server.comparison = COMPARISON | {"previous_lesson": None, "cells": []}
    board.get_by_role("button", name="Compare").click()
    expect(board.get_by_role("status")).to_have_text("After 20 mins. There is no lesson before this one.")
    # An earlier moment has its own comparison.
    before = asked(server)
    page.page.get_by_role("button", name="Look back").click()
    page.wait_for_status("lookingBack")
    page.page.get_by_label("Moment of the lesson").press("Home")
    expect(board.get_by_role("status")).to_have_text("After 20 mins. There is no lesson before this one.")
    page.page.wait_for_function("() => performance.getEntriesByType('resource').some(({ name }) => /comparison.*at=/.test(name))")
    assert asked(server) > before
