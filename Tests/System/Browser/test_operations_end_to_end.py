"""The operators' page on the real thing."""

from __future__ import annotations

import subprocess
import uuid

import pytest
from playwright.sync_api import expect

from support.private_stack import freeze, thaw


def event(course: str, student: str) -> dict:
    return {"event_type": "cell_executed", "course_id": course, "student_id": student,
            "notebook_path": "a.ipynb", "cell_id": "c0", "has_error": False}


def stored(stack, course: str) -> int:
    return int(stack.rows(f"select count(*) from progress_events where course_id = '{course}'")[0][0])


@pytest.fixture
def forbidden(stack):
    """A course that PostgreSQL refuses, until the test, or its end, takes the rule away."""
    course = f"forbidden-{uuid.uuid4()}"
    stack.rows(f"alter table progress_events add constraint no_such_course check (course_id <> '{course}')")
    yield course
    stack.rows("alter table progress_events drop constraint if exists no_such_course")


@pytest.fixture
def page(stack, open_page):
    page = open_page(f"{stack.url}ops", allowed_errors=("503", "404"))
    page.wait_for_status("live", timeout=20_000)
    return page.page


def test_a_refused_event_is_found_looked_into_and_replayed(stack, page, forbidden):
    expect(page.locator("dead-letters-panel")).to_contain_text("Nothing has been refused.")
    stack.post([event(forbidden, "hanako"), event(f"fine-{forbidden}", "taro")])
    lines = page.locator(".dead-letter-line")
    expect(lines).to_have_count(1, timeout=15_000)
    expect(lines).to_contain_text("no_such_course")
    expect(page.locator("[data-sink=postgres]")).to_contain_text("Up")
    lines.click()
    expect(page.locator(".payload")).to_contain_text('"student_id": "hanako"')
    first = page.locator("dead-letter-drawer dd").last.inner_text()

    # While its cause stands it comes back, under another id.
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.locator("dead-letters-panel .result")).to_have_text("1 replayed.")
    expect(lines).to_have_count(1, timeout=15_000)
    lines.click()
    expect(page.locator("dead-letter-drawer dd").last).not_to_have_text(first)
    page.keyboard.press("Escape")

    stack.rows("alter table progress_events drop constraint no_such_course")
    assert stored(stack, forbidden) == 0
    page.get_by_role("button", name="Replay these…").click()
    page.get_by_role("alertdialog", name="Replay 1 dead letter?").get_by_role("button", name="Replay").click()
    expect(page.locator("dead-letters-panel")).to_contain_text("Nothing has been refused.", timeout=15_000)
    for _ in range(100):
        if stored(stack, forbidden) == 1:
            break
        page.wait_for_timeout(100)
    assert stored(stack, forbidden) == 1
    expect(lines).to_have_count(0)


def test_garbage_is_purged_by_the_operator_and_by_no_other_origin(stack, page, operations, browser):
    for text in ["garbage", "more garbage"]:
        subprocess.run(["redis-cli", "-p", str(stack.redis_port), "publish", "progress-events", text],
                       check=True, capture_output=True)
    lines = page.locator(".dead-letter-line")
    expect(lines).to_have_count(2, timeout=15_000)

    # A page of another origin sends what a form sends, which needs nobody's leave.
    foreign = browser.new_context().new_page()
    foreign.goto(operations.url.replace("/ops", "/foreign"))
    with foreign.expect_response(lambda response: "purge" in response.url) as answer:
        foreign.evaluate("""(url) => {
          const form = document.createElement("form");
          Object.assign(form, {method: "post", action: url, enctype: "text/plain"});
          const input = document.createElement("input");
          Object.assign(input, {name: '{"all":true,"reason":null,"sink":null}', value: ""});
          form.append(input);
          document.body.append(form);
          form.submit();
        }""", f"{stack.url}api/v1/dead-letters/purge")
    assert answer.value.status == 403
    foreign.context.close()
    assert stack.get("api/v1/dead-letters/count")["count"] == 2

    page.get_by_role("button", name="Purge these…").click()
    page.get_by_role("alertdialog", name="Purge 2 dead letters?").get_by_role("button", name="Purge").click()
    expect(page.locator("dead-letters-panel .result")).to_have_text("2 purged.")
    expect(lines).to_have_count(0)


def test_bus_sinks_and_mirror_are_those_of_the_stack(stack, page):
    stack.post([event(f"course-{uuid.uuid4()}", "s-1")])
    expect(page.locator("bus-panel")).to_contain_text("noeviction")
    expect(page.locator("bus-panel .state-mark").first).to_have_text("In order")
    for name in ["influxdb", "postgres"]:
        expect(page.locator(f"[data-sink={name}]")).to_contain_text("1 worker", timeout=15_000)
        expect(page.locator(f"[data-sink={name}] .state-mark")).to_have_text("Up", timeout=15_000)
    expect(page.locator("mirror-panel")).to_contain_text("The mirror is off")
    redis = stack.redis_process()
    freeze(redis)
    try:
        expect(page.locator("bus-panel .part-problem")).to_contain_text(
            "This could not be read: Redis cannot be reached", timeout=30_000)
    finally:
        thaw(redis)
    expect(page.locator("bus-panel .part-problem")).to_be_hidden(timeout=30_000)
