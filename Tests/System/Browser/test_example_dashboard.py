"""The page of Examples/Dashboard, served by another server, on the real stream."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def course() -> str:
    return f"course-{uuid.uuid4()}"


@pytest.fixture
def page(browser: Browser):
    context = browser.new_context()
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message) or dialog.dismiss())
    yield page
    context.close()
    assert faults == []


def open_dashboard(page: Page, origin: str, stack, course: str) -> None:
    page.goto(f"{origin}/?server={stack.url.replace('http', 'ws')}&course_id={course}")
    expect(page.get_by_role("status")).to_have_text("live")


def execution(course: str, learner: str, cell: str, **fields) -> dict:
    return {"event_type": "cell_executed", "course_id": course, "student_id": learner,
            "notebook_path": "a.ipynb", "cell_id": cell, "has_error": False, **fields}


def test_each_learner_has_one_line_and_errors_stand_out(page, example_origin, stack, course):
    open_dashboard(page, example_origin, stack, course)
    stack.post([execution(course, "s-1", "c1"), execution("another", "s-9", "c1"),
                execution(course, "s-2", "c1", has_error=True, error_name=HOSTILE)])
    rows = page.get_by_role("row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_have_class("error")
    expect(rows.nth(1)).to_contain_text(HOSTILE)
    stack.post([execution(course, "s-2", "c2")])
    expect(rows.nth(1)).not_to_have_class("error")
    expect(rows.nth(1)).to_contain_text("c2")
    expect(rows).to_have_count(2)


def test_a_page_of_an_origin_that_nobody_named_hears_nothing(page, example_origin, stack, course):
    other = example_origin.replace("127.0.0.1", "localhost")
    page.goto(f"{other}/?server={stack.url.replace('http', 'ws')}&course_id={course}")
    outcome = page.evaluate("""
      (url) => new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve("open");
        socket.onclose = () => resolve("refused");
      })
      """, f"{stack.url.replace('http', 'ws')}ws/dashboard")
    assert outcome == "refused"


def test_a_lost_connection_comes_back_and_brings_what_was_missed(page, example_origin, stack, course):
    connections: list[WebSocketRoute] = []

    def relay(connection: WebSocketRoute) -> None:
        connection.connect_to_server()
        connections.append(connection)

    page.route_web_socket("**/ws/dashboard*", relay)
    open_dashboard(page, example_origin, stack, course)
    stack.post([execution(course, "s-1", "c1")])
    expect(page.get_by_role("row")).to_have_count(1)
    connections[0].close(code=1012)
    stack.post([execution(course, "s-2", "c1")])
    expect(page.get_by_role("row")).to_have_count(2)
    assert len(connections) == 2
    assert "after=" in connections[1].url
