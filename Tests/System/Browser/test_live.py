"""What happens in class shows on the page, and nothing is lost on the way."""

from __future__ import annotations

import json
import random
import time

import pytest
from playwright.sync_api import expect

from support.class_model import STATES_OF_MODEL
from support.simulated_class import NOTEBOOK, fill, run


def learner(number: int = 1, **fields) -> dict:
    return {
        "course_id": "python-1", "student_id": f"s{number}", "student_name": f"Learner {number}",
        "notebook_path": NOTEBOOK, **fields,
    }


def execution(number: int, cell: int, failed: bool = False) -> dict:
    return learner(number) | run(cell, failed, random.Random(cell))


@pytest.fixture
def page(server, open_page):
    server.publish(execution(1, 0), to_live=False)
    page = open_page(server.url, allowed_errors=("503", "WebSocket"))
    page.wait_for_status("live")
    return page


def expect_same_as_api(page, server) -> None:
    progress = server.models["python-1"].progress(None, time.time())
    assert page.counters() == {state: progress["states"][state] for state in STATES_OF_MODEL}
    bars = [(solved, text) for _, solved, text in page.bars()]
    total = progress["learners"]
    assert bars == [
        (cell["solved"], f"{cell['solved']} solved, {cell['reached']} reached it, of {total}")
        for cell in progress["cells"]
    ]


def test_an_event_shows_within_two_seconds_without_another_request(page, server):
    server.requests.clear()
    server.publish(execution(1, 1), execution(2, 0), execution(2, 1, failed=True))
    page.expect_bar("Cell 2", 1)
    page.expect_counter("all", 2)
    assert server.requests == []
    expect_same_as_api(page, server)


def test_a_reload_shows_the_same(page, server):
    chance = random.Random(7)
    for _ in range(300):
        number, cell = chance.randint(1, 40), chance.randint(0, 9)
        server.publish(execution(number, cell, failed=chance.random() < 0.4))
    server.publish(execution(41, 0))
    page.expect_counter("all", 41, timeout=5_000)
    expect_same_as_api(page, server)
    before = page.counters(), page.bars()
    page.page.reload()
    page.wait_for_status("live")
    page.expect_counter("all", 41)
    assert (page.counters(), page.bars()) == before


def test_an_error_streak_makes_a_learner_stuck(page, server):
    server.publish(*[execution(1, 1, failed=True) for _ in range(3)])
    page.expect_counter("stuck", 1)
    line = page.page.locator("attention-list .learner-line")
    expect(line).to_contain_text("Learner 1")
    expect(line).to_contain_text("in a row in Cell 2")
    server.publish(execution(1, 1))
    page.expect_counter("stuck", 0)
    expect(line).to_have_count(0)


def test_errors_that_go_on_in_another_notebook_are_asked_for(server, open_page):
    """The page does not know what was there before it was loaded, and the class works elsewhere."""
    failure = execution(1, 1, failed=True) | {"notebook_path": "b.ipynb"}
    server.publish(failure, failure, execution(1, 0), execution(2, 0), to_live=False)
    page = open_page(f"{server.url}?course=python-1&notebook={NOTEBOOK}")
    page.wait_for_status("live")
    page.expect_counter("on_track", 2)
    server.publish(dict(failure))
    page.expect_counter("stuck", 1, timeout=15_000)
    expect(page.page.locator("attention-list .learner-line")).to_contain_text("3 ×")


def test_help_joins_the_queue_and_help_stop_leaves_it(page, server):
    server.publish(learner(2, event_type="help"))
    expect(page.queue()).to_have_text(["Learner 2"])
    server.publish(learner(1, event_type="help"))
    expect(page.queue()).to_have_text(["Learner 2", "Learner 1"])
    expect(page.page.locator("help-queue [aria-live=polite]")).to_contain_text("Learner 1 asks for help")
    assert page.page.title().startswith("(2) ")
    server.publish(learner(2, event_type="help_stop"))
    expect(page.queue()).to_have_text(["Learner 1"])


def test_a_dropped_connection_resumes_and_loses_nothing(page, server):
    server.drop_connections()
    server.publish(*[execution(number, cell) for number in range(2, 12) for cell in range(3)])
    page.expect_counter("all", 11, timeout=5_000)
    page.wait_for_status("live")
    assert "reconnecting" in page.statuses
    assert "refreshing" not in page.statuses
    expect_same_as_api(page, server)
    assert "after=" in server.requests[-1]


def test_a_bus_that_is_away_shows_as_reconnecting_and_loses_nothing(page, server):
    server.is_bus_down = True
    page.wait_for_status("reconnecting")
    server.publish(execution(2, 0), to_live=False)
    server.is_bus_down = False
    page.wait_for_status("live", timeout=20_000)
    page.expect_counter("all", 2)
    expect_same_as_api(page, server)


def test_missed_events_are_told_and_the_class_is_read_anew(page, server):
    server.is_bus_down = True
    server.drop_connections()
    server.publish(execution(2, 0), to_live=False)
    server.trim_journal()
    server.is_bus_down = False
    page.wait_for_status("refreshed", timeout=20_000)
    expect(page.page.locator("connection-status")).to_have_text("Missed events, refreshed")
    page.expect_counter("all", 2)
    expect_same_as_api(page, server)
    server.publish(execution(3, 0))
    page.expect_counter("all", 3)


def test_repeated_and_broken_lines_do_no_harm(page, server):
    server.publish(*[execution(1, 1, failed=True) for _ in range(2)])
    page.expect_counter("all", 1)
    events = server.models["python-1"].events
    repeated = "\n".join(json.dumps(event) for event in events)
    server.send_raw(f"nonsense\n{repeated}\n[]\n{{\"event_type\":\"constructor\"}}\n{repeated}")
    server.publish(execution(2, 0))
    page.expect_counter("all", 2)
    expect_same_as_api(page, server)


def test_events_that_the_database_had_already_count_once(server, open_page):
    """The database is ahead of the position that the API tells."""
    server.publish(execution(1, 0), to_live=False)
    server.stored_position = server.journal[-1]["stream_id"]
    server.publish(*[execution(1, 1, failed=True) for _ in range(2)], to_live=False)
    page = open_page(server.url)
    page.wait_for_status("live")
    expect(page.page.locator("live-feed li")).to_have_count(2)
    page.page.wait_for_timeout(300)
    page.expect_counter("stuck", 0)
    expect_same_as_api(page, server)


def test_an_api_that_is_away_is_told_and_tried_again(server, open_page):
    fill(server, 5)
    server.is_api_down = True
    page = open_page(server.url, allowed_errors=("503",))
    expect(page.page.locator("#notice")).to_contain_text("PostgreSQL is away")
    server.is_api_down = False
    page.wait_for_status("live")
    expect(page.page.locator("#notice")).to_be_hidden()
    page.expect_counter("all", 5)


def test_before_the_first_event_the_page_says_so_and_then_comes_alive(server, open_page):
    page = open_page(server.url)
    expect(page.page.locator("#welcome h2")).to_have_text("No class has sent anything yet")
    server.publish(execution(1, 0))
    page.expect_counter("all", 1, timeout=6_000)


def test_another_class_can_be_chosen(page, server):
    fill(server, 12, course="python-2")
    page.page.reload()
    page.wait_for_status("live")
    page.page.select_option("#course", "python-2")
    page.expect_counter("all", 12)
    page.page.go_back()
    page.expect_counter("all", 1)
    server.publish(execution(5, 0) | {"course_id": "python-2"}, execution(6, 0))
    page.expect_counter("all", 2)
