from __future__ import annotations

import json
import os
import threading
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Callable

import pytest

import recording_server as faults
from conftest import wait_until
from progressbus.client import Client
from progressbus.limits import MAXIMUM_BODY_BYTES
from progressbus.status import describe
from recording_server import RecordingServer

MakeClient = Callable[..., Client]


def record(client: Client, count: int, **fields: Any) -> None:
    for number in range(count):
        client.record("cell_executed", {"execution_count": number, **fields})


def counts(server: RecordingServer) -> list[int]:
    return sorted(event["execution_count"] for event in server.of_type("cell_executed"))


def test_sends_what_is_documented(server: RecordingServer, make_client: MakeClient) -> None:
    client = make_client(server.url, token="t0ken", course="c1")
    record(client, 1)
    wait_until(lambda: server.events)
    request = server.record.requests[0]
    assert request.path == "/api/v1/events"
    assert request.headers["Authorization"] == "Bearer t0ken"
    assert request.headers["Content-Type"] == "application/json"
    sent = parsedate_to_datetime(request.headers["Date"])
    assert abs((sent - datetime.now(timezone.utc)).total_seconds()) < 60
    event = request.events[0]
    assert event["student_id"] == "ada"
    assert event["course_id"] == "c1"
    assert event["notebook_path"] == "lesson.ipynb"
    assert event["session_id"] == client.session_id


def test_one_connection_serves_many_requests(
    server: RecordingServer, make_client: MakeClient
) -> None:
    client = make_client(server.url)
    for number in range(5):
        record(client, 1)
        wait_until(lambda expected=number + 1: len(server.events) == expected)
    assert server.record.posts == 5
    assert server.record.connections == 1


def test_batches_keep_to_the_limits(server: RecordingServer, make_client: MakeClient) -> None:
    server.standing_fault = faults.status(503, {"Retry-After": "0"})
    client = make_client(server.url)
    record(client, 2_500, error_message="é" * 2_000)
    wait_until(lambda: client.recorder.waiting == 0)
    server.standing_fault = None
    wait_until(lambda: len(server.events) == 2_500)
    for request in server.record.requests:
        body = json.dumps(request.events, ensure_ascii=False, separators=(",", ":")).encode()
        assert len(body) <= MAXIMUM_BODY_BYTES
        assert len(request.events) <= 1_000
    assert any(
        request.headers.get("Content-Encoding") == "gzip" for request in server.record.requests
    )
    assert counts(server) == list(range(2_500))


FAULTS = {
    "hang": faults.hang,
    "500": faults.status(500),
    "502 html": faults.status(502, body="<html>" * 1_000),
    "503": faults.status(503, {"Retry-After": "0"}),
    "503 at a date": faults.status(503, {"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}),
    "429": faults.status(429, {"Retry-After": "nonsense"}),
    "200 html": faults.status(200, body="<html>Please sign in</html>"),
    "302": faults.status(302, {"Location": "http://127.0.0.1:9/"}),
    "401": faults.status(401),
    "404": faults.status(404),
    "garbage": faults.garbage,
    "garbage json": faults.garbage_json,
    "cut": faults.cut,
    "drip": faults.drip,
    "flood": faults.flood,
    "close": faults.close_at_once,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.usefixtures("fast_retries")
def test_no_fault_loses_an_event_or_stops_the_sender(
    server: RecordingServer, make_client: MakeClient, fault: faults.Fault
) -> None:
    server.faults.extend([fault] * 2)
    client = make_client(server.url)
    record(client, 10)
    wait_until(lambda: len(server.events) == 10)
    assert set(server.arrivals().values()) == {1}
    wait_until(lambda: client.state.sent == 10)
    assert client.state.trouble == ""
    assert client.state.set_aside == 0


def test_a_connection_closed_while_idle_is_no_failure(
    server: RecordingServer, make_client: MakeClient
) -> None:
    server.faults.append(faults.accept_but_close)
    client = make_client(server.url)
    record(client, 1)
    wait_until(lambda: len(server.events) == 1)
    record(client, 1)
    wait_until(lambda: len(server.events) == 2, 0.45)


def test_503_is_waited_out(server: RecordingServer, make_client: MakeClient) -> None:
    server.faults.append(faults.status(503, {"Retry-After": "1"}))
    client = make_client(server.url)
    started_at = time.monotonic()
    record(client, 1)
    wait_until(lambda: client.state.trouble)
    record(client, 5)  # News is no reason to ask early.
    wait_until(lambda: server.events)
    assert time.monotonic() - started_at >= 1.0
    assert server.record.posts == 2


@pytest.mark.usefixtures("fast_retries")
def test_refused_events_are_set_aside_and_the_others_go_on(
    server: RecordingServer, make_client: MakeClient, tmp_path: Path
) -> None:
    server.rejects = lambda event: "unlucky" if event["execution_count"] % 3 == 0 else None
    client = make_client(server.url)
    record(client, 30)
    wait_until(lambda: client.state.sent + client.state.set_aside == 30)
    assert (client.state.sent, client.state.set_aside) == (20, 10)
    assert all(count % 3 for count in counts(server))
    (path,) = tmp_path.rglob("set-aside.ndjson")
    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert [entry["event"]["execution_count"] for entry in kept] == list(range(0, 30, 3))
    assert kept[0]["reason"] == "/event_type: unlucky"
    assert "10, refused for good; the last: /event_type: unlucky" in describe(client)
    posts = server.record.posts
    record(client, 1)
    wait_until(lambda: client.state.set_aside == 11)
    assert server.record.posts == posts + 1


def test_413_splits(server: RecordingServer, make_client: MakeClient) -> None:
    server.maximum_events = 70
    server.standing_fault = faults.status(503, {"Retry-After": "0"})
    client = make_client(server.url)
    record(client, 1_000)
    wait_until(lambda: client.outbox.pending == 1_000)
    server.standing_fault = None
    wait_until(lambda: len(server.events) == 1_000)
    assert counts(server) == list(range(1_000))


@pytest.mark.usefixtures("fast_retries")
def test_one_bad_event_is_found_in_its_batch(
    server: RecordingServer, make_client: MakeClient
) -> None:
    def whole_or_nothing(handler: faults.Handler) -> None:
        if b'"execution_count":13,' in handler.body:
            handler.problem(400, "Bad Request")
        else:
            handler.ingest()

    server.standing_fault = whole_or_nothing
    client = make_client(server.url)
    record(client, 20, has_error=False)
    wait_until(lambda: client.state.set_aside == 1 and client.state.sent == 19)
    assert counts(server) == [count for count in range(20) if count != 13]


def test_a_server_without_gzip(server: RecordingServer, make_client: MakeClient) -> None:
    def plain_only(handler: faults.Handler) -> None:
        if handler.headers.get("Content-Encoding"):
            handler.answer(415, "")
        else:
            handler.ingest()

    server.standing_fault = plain_only
    client = make_client(server.url)
    record(client, 100)
    wait_until(lambda: len(server.events) == 100)


def test_a_refused_token_is_told_and_a_new_one_works_at_once(
    server: RecordingServer, make_client: MakeClient
) -> None:
    def guarded(handler: faults.Handler) -> None:
        if handler.headers.get("Authorization") == "Bearer right":
            handler.ingest()
        else:
            handler.problem(401, "Unauthorized")

    server.standing_fault = guarded
    client = make_client(server.url, token="wrong")
    record(client, 3)
    wait_until(lambda: client.state.is_held)
    assert "the server refuses (401" in describe(client)
    assert "wrong" not in describe(client).replace("missing, wrong or", "")
    client.configure({"token": "right"})
    wait_until(lambda: len(server.events) == 3)


def test_events_wait_in_memory_until_the_learner_is_known(
    server: RecordingServer, make_client: MakeClient, tmp_path: Path
) -> None:
    client = make_client(server.url, student=None)
    record(client, 3)
    client.recorder.wake()
    assert "not set: PROGRESSBUS_STUDENT" in describe(client)
    assert not (tmp_path / "spool").exists()
    client.configure({"student": "grace"})
    wait_until(lambda: len(server.events) == 3)
    assert {event["student_id"] for event in server.events} == {"grace"}


def test_a_mistyped_address_is_put_right(server: RecordingServer, make_client: MakeClient) -> None:
    client = make_client("http://127.0.0.1:9")
    record(client, 5)
    wait_until(lambda: client.outbox.pending == 5 and client.state.trouble)
    client.configure({"url": server.url})
    wait_until(lambda: len(server.events) == 5)


def test_each_learners_events_go_out_under_that_learner_alone(
    server: RecordingServer, make_client: MakeClient
) -> None:
    server.standing_fault = faults.status(503, {"Retry-After": "60"})
    client = make_client(server.url)
    record(client, 5)
    wait_until(lambda: client.state.trouble)
    client.configure({"student": "grace"})
    record(client, 5)
    wait_until(lambda: client.outbox.student == "grace" and client.outbox.pending == 5)
    server.standing_fault = None
    client.configure({})
    wait_until(lambda: len(server.events) == 5)
    assert {event["student_id"] for event in server.events} == {"grace"}
    client.configure({"student": "ada"})
    wait_until(lambda: len(server.events) == 10)
    assert sorted(event["student_id"] for event in server.events) == ["ada"] * 5 + ["grace"] * 5


def test_the_next_kernel_sends_what_the_last_one_could_not(
    server: RecordingServer, make_client: MakeClient
) -> None:
    server.standing_fault = faults.status(503, {"Retry-After": "60"})
    first = make_client(server.url)
    record(first, 50)
    first.finish_close(2.0)
    assert server.events == []
    server.standing_fault = None
    second = make_client(server.url)
    wait_until(lambda: len(server.events) == 51)
    assert set(server.arrivals().values()) == {1}
    assert len(server.of_type("notebook_closed")) == 1
    assert second.outbox.adopted == 51


def test_closing_is_bounded_and_keeps_everything_while_the_server_hangs(
    server: RecordingServer, make_client: MakeClient, tmp_path: Path
) -> None:
    server.standing_fault = faults.hang
    client = make_client(server.url, timeout=60.0)
    record(client, 3)
    wait_until(lambda: server.record.posts == 1)
    record(client, 4)
    started_at = time.monotonic()
    client.finish_close(0.5)
    assert time.monotonic() - started_at < 2.0
    (path,) = tmp_path.rglob("*.ndjson")
    kept = [json.loads(line)["event_type"] for line in path.read_text().splitlines()]
    assert kept == ["cell_executed"] * 7 + ["notebook_closed"]


def test_closing_sends_the_rest(server: RecordingServer, make_client: MakeClient) -> None:
    client = make_client(server.url, timeout=5.0)
    record(client, 2_500)
    client.finish_close(5.0)
    assert len(server.events) == 2_501


def test_a_forked_child_is_silent_and_the_parent_goes_on(
    server: RecordingServer, make_client: MakeClient
) -> None:
    client = make_client(server.url)
    record(client, 1)
    wait_until(lambda: len(server.events) == 1)
    if (child := os.fork()) == 0:
        record(client, 5)
        client.finish_close(1.0)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    record(client, 1)
    wait_until(lambda: len(server.events) == 2)
    assert server.record.connections == 1


def test_a_full_or_forbidden_disk_does_not_stop_delivery(
    server: RecordingServer, make_client: MakeClient, tmp_path: Path
) -> None:
    (tmp_path / "spool").write_text("a file, not a folder")
    client = make_client(server.url)
    record(client, 5)
    wait_until(lambda: len(server.events) == 5)
    assert "kept in memory only" in describe(client)


def test_ten_thousand_events_while_the_server_is_down_all_arrive_once(
    make_client: MakeClient,
) -> None:
    with RecordingServer() as reserved:
        port = reserved.port
    client = make_client(f"http://127.0.0.1:{port}", timeout=10.0)
    record(client, 10_000)
    wait_until(lambda: client.outbox.pending == 10_000 and client.state.trouble)
    with RecordingServer(port) as server:
        client.configure({})  # As a learner would: no need to wait for the backoff.
        wait_until(lambda: len(server.events) == 10_000)
        assert counts(server) == list(range(10_000))
        assert set(server.arrivals().values()) == {1}
        assert threading.active_count() < 100
    assert client.outbox.dropped == client.recorder.dropped == 0
