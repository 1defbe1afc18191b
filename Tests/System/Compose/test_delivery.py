"""One event by each way in, and where it must arrive."""

from __future__ import annotations

import json

from support.compose_stack import ComposeStack
from support.dashboard import Dashboard
from support.http import post_json, request
from support.stores import bigquery_ids, postgres_ids, time_series_numbers
from support.waiting import eventually


def event(course: str, **fields) -> dict:
    return {
        "event_type": "cell_executed", "student_id": "s-1", "course_id": course,
        "notebook_path": "week1/hello.ipynb", "cell_id": "c1", "has_error": False,
    } | fields


def test_posts_and_published_messages_reach_everything(
    stack: ComposeStack, dashboard: Dashboard, course: str
):
    ids = set()
    for number, service in enumerate(["dashboard", "ingest"], start=1):
        status, answer = post_json(
            stack.url(service) + "/student-progress", event(course, execution_count=number),
            stack.authorization(course))
        assert status == 202
        ids.add(answer["accepted"][0]["event_id"])
    stack.execute(
        "redis", "redis-cli", "PUBLISH", "progress-events",
        json.dumps(event(course, execution_count=3)))

    eventually("three events on the WebSocket", lambda: len(dashboard.events) == 3)
    stored = eventually(
        "three in PostgreSQL", lambda: len(found := postgres_ids(stack, course)) == 3 and found)
    assert set(stored) == set(dashboard.events) >= ids
    eventually(
        "three points", lambda: sorted(time_series_numbers(stack, course)) == [1, 2, 3])


def test_the_mirror_brings_rows_to_bigquery(stack: ComposeStack, course: str):
    made = stack.execute("worker", "progressbus", "bigquery", "create-tables", seconds=120)
    assert "progress_events" in made
    status, answer = post_json(
        stack.url("ingest") + "/student-progress",
        [event(course, execution_count=number) for number in range(20)],
        stack.authorization(course))
    assert status == 202
    ids = {item["event_id"] for item in answer["accepted"]}
    eventually("20 rows in BigQuery", lambda: set(bigquery_ids(stack, course)) == ids, seconds=120)
    status, body = request(
        stack.url("dashboard") + "/api/bq-sync/status", headers=stack.authorization(course))
    assert status == 200 and json.loads(body)


def test_the_page_and_its_api_answer(stack: ComposeStack, course: str):
    status, page = request(stack.url("dashboard") + "/")
    assert status == 200 and b"<!doctype html>" in page[:100].lower()
    post_json(stack.url("dashboard") + "/student-progress", event(course), stack.authorization(course))

    def learners() -> bool:
        status, body = request(
            f"{stack.url('dashboard')}/api/v1/courses/{course}/progress", headers=stack.authorization(course))
        return status == 200 and json.loads(body)["learners"] == 1

    eventually("the learner in the read API", learners)
    status, metrics = request(stack.url("ingest") + "/metrics", headers=stack.authorization(course))
    assert status == 200 and b"progressbus_events_accepted_total" in metrics
