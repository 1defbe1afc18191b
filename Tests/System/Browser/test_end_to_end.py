"""The page on the real thing: POST, Redis, PostgreSQL, InfluxDB, WebSocket, Chromium."""

from __future__ import annotations

import os
import random
import time
import uuid
from datetime import datetime, timezone

import pytest
from playwright.sync_api import expect

from support.agreement import wait_for_same_as_api
from support.frame_meter import READ, START, TaskMeter, heap_megabytes
from support.other_origin import other_origin
from support.private_stack import freeze, thaw


@pytest.fixture
def course() -> str:
    return f"course-{uuid.uuid4()}"


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(course: str, number: int, event_type: str = "cell_executed", **fields) -> dict:
    return {
        "event_type": event_type, "course_id": course, "student_id": f"s{number}",
        "student_name": f"Learner {number}", "notebook_path": "a.ipynb", "occurred_at": now(), **fields,
    }


def execution(course: str, number: int, cell: int, failed: bool = False) -> dict:
    error = {"error_name": "NameError", "error_message": "name 'x' is not defined"} if failed else {}
    return event(
        course, number, cell_id=f"c{cell}", cell_index=cell, has_error=failed, duration_ms=12.5, **error)


@pytest.fixture
def page(stack, course, open_page):
    stack.post([execution(course, 1, 0)])
    page = open_page(f"{stack.url}?course={course}", allowed_errors=("503", "404", "WebSocket"))
    page.wait_for_status("live", timeout=20_000)
    page.expect_counter("all", 1, timeout=10_000)
    return page


def test_a_post_shows_within_two_seconds_and_after_a_reload_the_same(page, stack, course):
    stack.post([execution(course, 1, 1), execution(course, 2, 0), execution(course, 2, 1, failed=True)])
    page.expect_bar("Cell 2", 1)
    page.expect_counter("all", 2)
    waits = []
    for cell in range(2, 5):
        stack.post([execution(course, 2, cell)])
        posted_at = time.monotonic()
        page.expect_bar(f"Cell {cell + 1}", 1)
        waits.append(time.monotonic() - posted_at)
    # Other work on the machine may slow one of them.
    assert min(waits) < 2
    wait_for_same_as_api(page, stack, course)
    before = page.counters(), page.bars()
    page.page.reload()
    page.wait_for_status("live")
    page.expect_counter("all", 2)
    after = page.counters(), page.bars()
    assert after == before


def test_errors_and_help(page, stack, course):
    for _ in range(3):
        stack.post([execution(course, 1, 1, failed=True)])
    page.expect_counter("stuck", 1)
    stack.post([event(course, 1, "help")])
    expect(page.queue()).to_have_text(["Learner 1"])
    wait_for_same_as_api(page, stack, course)
    stack.post([event(course, 1, "help_stop")])
    expect(page.queue()).to_have_count(0)
    page.expect_counter("stuck", 1)
    page.page.locator("attention-list .learner-line").click()
    expect(page.page.locator("dialog .timeline li")).to_have_count(6, timeout=10_000)


def test_the_wire_format_of_cell_monitor_drives_the_page(browser, page, stack, course):
    """Sent as the JupyterLab extension sends it: by the browser, from another origin."""

    def wire(event_type, **fields):
        return {
            "eventId": str(uuid.uuid4()), "eventType": event_type, "eventTime": now(),
            "emailAddress": "hanako@example.org", "userName": "山田花子", "teamName": "A",
            "sessionId": "session", "notebookPath": "a.ipynb", "course_id": course, **fields,
        }

    def wire_run(failed):
        return wire(
            "cell_executed", cellId="c1", cellIndex=1, cellType="code", executionCount=3, hasError=failed,
            errorMessage="NameError: x" if failed else "", executionDurationMs=8.5)

    with other_origin(browser) as post:
        def send(*events):
            assert post(f"{stack.url}api/v1/events", events) == 202

        send(wire("notebook_opened"), wire_run(True))
        send(wire_run(True))
        send(wire_run(True))
        page.expect_counter("stuck", 1)
        send(wire("help"))
        expect(page.queue()).to_have_text(["山田花子"])
        # It repeats itself while the request stands.
        send(wire("help"))
        send(wire("help_stop"), wire_run(False))
        expect(page.queue()).to_have_count(0)
        page.expect_bar("Cell 2", 1)
    wait_for_same_as_api(page, stack, course)


def test_redis_away_shows_as_reconnecting_and_nothing_is_lost(page, stack, course):
    redis = stack.redis_process()
    freeze(redis)
    try:
        page.wait_for_status("reconnecting", timeout=20_000)
    finally:
        thaw(redis)
    stack.post([execution(course, number, cell) for number in range(2, 12) for cell in range(4)])
    page.expect_counter("all", 11, timeout=20_000)
    page.wait_for_status("live", "refreshed", timeout=20_000)
    wait_for_same_as_api(page, stack, course)


def test_redis_killed_and_started_again_loses_nothing(page, stack, course):
    os.kill(stack.redis_process(), 9)
    stack.post([execution(course, number, cell) for number in range(2, 12) for cell in range(4)])
    page.expect_counter("all", 11, timeout=30_000)
    wait_for_same_as_api(page, stack, course)


def test_five_hundred_events_a_second(page, stack, course, record_property):
    """The longest frame includes what the machine's other work takes from the browser; the longest task's
    processor time does not."""
    seconds = float(os.environ.get("PAGE_TEST_LOAD_SECONDS", "8"))
    learners = int(os.environ.get("PAGE_TEST_LEARNERS", "300"))
    chance = random.Random(1)
    for first in range(1, learners + 1, 50):
        stack.post([execution(course, number, 0) for number in range(first, min(first + 50, learners + 1))])
    page.expect_counter("all", f"{learners:,}", timeout=20_000)
    meter = TaskMeter(page.page)
    page.page.evaluate(START)
    heap_before = heap_megabytes(page.page)
    begin = time.monotonic()
    sent = 0
    while time.monotonic() - begin < seconds:
        batch = [
            execution(course, chance.randint(1, learners), chance.randint(0, 19), failed=chance.random() < 0.3)
            for _ in range(50)
        ]
        stack.post(batch)
        sent += len(batch)
        time.sleep(max(0, begin + sent / 500 - time.monotonic()))
    rate = sent / (time.monotonic() - begin)
    frames = page.page.evaluate(READ)
    tasks = meter.stop()
    wait_for_same_as_api(page, stack, course)
    heap_after = heap_megabytes(page.page)
    figures = {
        "events": sent, "events/s": round(rate), "frames": frames["count"],
        "longest frame, ms": round(frames["longest"]),
        "longest task, ms": round(max(frames["tasks"], default=0)),
        "tasks over 50 ms": len(frames["tasks"]),
        "longest tasks' processor time, ms": [round(task) for task in tasks[:3]],
        "heap before and after, MB": [round(heap_before, 1), round(heap_after, 1)],
    }
    print(f"\n500 events a second: {figures}")
    for name, value in figures.items():
        record_property(name, value)
    assert heap_after < heap_before + 60
