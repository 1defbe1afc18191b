"""Nothing that was accepted is lost, and nothing is stored twice."""

from __future__ import annotations

import time

from support.compose_stack import ROLES, SERVERS, ComposeStack
from support.dashboard import Dashboard
from support.http import post_json
from support.senders import Senders
from support.stores import postgres_ids, time_series_numbers
from support.waiting import eventually


def assert_all_is_stored(stack: ComposeStack, course: str, accepted: dict[str, int]) -> None:
    eventually(
        f"{len(accepted)} events in PostgreSQL",
        lambda: len(postgres_ids(stack, course)) >= len(accepted), seconds=120)
    stored = postgres_ids(stack, course)
    assert len(stored) == len(set(stored))
    assert set(stored) == set(accepted)
    numbers = set(accepted.values())
    eventually(
        f"{len(numbers)} points in the time series",
        lambda: set(time_series_numbers(stack, course)) == numbers, seconds=120)


def test_each_service_in_turn_is_restarted_under_load(
    stack: ComposeStack, dashboard: Dashboard, course: str, figures
):
    senders = Senders([stack.url("ingest"), stack.url("dashboard")], course, stack.authorization(course))
    for service in SERVERS + ROLES:
        before = stack.state(service)["StartedAt"]
        stack.run("restart", service)
        assert stack.state(service)["StartedAt"] != before
        eventually(f"{service} healthy again", lambda: stack.is_healthy(service), seconds=120)
    accepted = senders.finish()
    figures["each service restarted under load"] = (
        f"{len(accepted)} events accepted, {senders.tried_again} tries were answered otherwise")
    assert_all_is_stored(stack, course, accepted)
    eventually(
        "every event on the dashboard, or word of a gap",
        lambda: set(dashboard.events) == set(accepted) or dashboard.gaps)
    figures["the dashboard meanwhile"] = (
        f"{dashboard.connections} connections, {len(dashboard.events)} events, "
        f"{len(dashboard.gaps)} gaps")
    assert dashboard.gaps == []


def test_three_workers_share_the_work_and_one_may_die(stack: ComposeStack, course: str, figures):
    stack.up("--scale", "worker=3")
    for number in [1, 2, 3]:
        eventually(f"worker {number}", lambda: stack.is_healthy("worker", number))
    senders = Senders([stack.url("ingest")], course, stack.authorization(course))
    eventually("200 events", lambda: len(senders.accepted) >= 200)
    stack.stop_engine_process(stack.container("worker", 2))
    eventually("200 more", lambda: len(senders.accepted) >= 400)
    consumers = stack.execute(
        "redis", "redis-cli", "XINFO", "CONSUMERS", "progress-events:journal", "postgres")
    accepted = senders.finish()
    started = time.monotonic()
    assert_all_is_stored(stack, course, accepted)
    figures["three workers, one killed"] = (
        f"{len(accepted)} accepted, all stored {time.monotonic() - started:.1f} s after the last")
    assert consumers.count("name") >= 3
    # Not every compose command takes containers away when the scale falls.
    stack.run("down")
    stack.up()


def test_a_sink_is_left_out_and_taken_in_again(stack: ComposeStack, course: str):
    sinks = stack.settings["WORKER_SINKS"]
    stack.run("stop", "influxdb")
    stack.settings["WORKER_SINKS"] = "postgres"
    stack.run("up", "--detach", "--no-deps", "worker")
    eventually("the worker", lambda: stack.is_healthy("worker"))
    stack.execute("redis", "redis-cli", "XGROUP", "DESTROY", "progress-events:journal", "influxdb")
    event = {"event_type": "cell_executed", "student_id": "s-1", "course_id": course,
             "notebook_path": "a.ipynb", "cell_id": "c1"}
    post_json(stack.url("ingest") + "/student-progress", event | {"execution_count": 1}, stack.authorization(course))
    eventually("the row", lambda: len(postgres_ids(stack, course)) == 1)
    groups = stack.execute("redis", "redis-cli", "XINFO", "GROUPS", "progress-events:journal")
    assert "postgres" in groups and "influxdb" not in groups

    stack.settings["WORKER_SINKS"] = sinks
    stack.up()
    post_json(stack.url("ingest") + "/student-progress", event | {"execution_count": 2}, stack.authorization(course))
    eventually("the next point", lambda: 2 in time_series_numbers(stack, course))


def test_data_stays_over_down_and_up_and_processes_end_in_time(
    stack: ComposeStack, course: str, figures
):
    sent = [
        {"event_type": "cell_executed", "student_id": "s-1", "course_id": course,
         "notebook_path": "a.ipynb", "cell_id": "c1", "execution_count": number}
        for number in range(50)
    ]
    status, answer = post_json(stack.url("ingest") + "/student-progress", sent, stack.authorization(course))
    assert status == 202
    accepted = {item["event_id"]: item["index"] for item in answer["accepted"]}
    assert_all_is_stored(stack, course, accepted)
    journal = int(stack.execute("redis", "redis-cli", "XLEN", "progress-events:journal"))

    for role in ROLES:
        started = time.monotonic()
        stack.run("stop", role)
        seconds = time.monotonic() - started
        state = stack.state(role)
        assert state["ExitCode"] == 0, f"{role}: {state}"
        assert seconds < 12, f"{role} took {seconds:.1f} s"
    started = time.monotonic()
    stack.run("down")
    figures["down"] = f"{time.monotonic() - started:.0f} s"
    started = time.monotonic()
    stack.up()
    figures["up again"] = f"{time.monotonic() - started:.0f} s"

    assert_all_is_stored(stack, course, accepted)
    # Events that all sinks have stored may be trimmed meanwhile, but these are too young.
    assert int(stack.execute("redis", "redis-cli", "XLEN", "progress-events:journal")) >= min(journal, 50)
