from __future__ import annotations

import gzip
import json
import uuid
from datetime import datetime, timezone
from typing import Any

import pytest

from progressbus.delivery.batch import array_overhead, make_body
from progressbus.delivery.endpoint import Endpoint
from progressbus.limits import MAXIMUM_EVENT_BYTES, TEXT_BYTES, TEXT_LENGTHS
from progressbus.recording.event import RecordedEvent, encode
from progressbus.recording.identifier import http_date, timestamp, uuid7
from progressbus.recording.recorder import Recorder
from progressbus.settings import Settings

COMPLETE = Settings(url=Endpoint.parse("http://h"), student="ada", token="s3cret-token")


def encoded(fields: dict[str, Any], settings: Settings = COMPLETE) -> dict[str, Any]:
    line = encode(RecordedEvent(fields, settings))
    assert len(line) <= MAXIMUM_EVENT_BYTES
    assert b"\n" not in line
    event: dict[str, Any] = json.loads(line)
    return event


def test_uuid7_is_one_and_holds_the_time() -> None:
    now = 1_700_000_000_123_456_789
    identifier = uuid.UUID(uuid7(now))
    assert (identifier.version, identifier.variant) == (7, uuid.RFC_4122)
    assert identifier.int >> 80 == 1_700_000_000_123


def test_uuid7_keeps_the_order_and_is_unique() -> None:
    start = 1_700_000_000_123_000_000
    identifiers = [uuid7(start + microsecond * 1_000) for microsecond in range(5_000)]
    assert identifiers == sorted(identifiers)
    assert len({uuid7(start) for _ in range(10_000)}) == 10_000


def test_timestamps_are_rfc_3339_in_utc_to_the_microsecond() -> None:
    assert http_date(1_700_000_000_000_001_999) == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT"
    assert timestamp(1_700_000_000_000_001_999) == "2023-11-14T22:13:20.000001Z"
    parsed = datetime.strptime(timestamp(10**18), "%Y-%m-%dT%H:%M:%S.%fZ")
    assert parsed.replace(tzinfo=timezone.utc).timestamp() == 10**9


def test_identity_comes_from_the_settings() -> None:
    settings = Settings(
        url=COMPLETE.url, student="ada", student_name="Ada L.", course="c1", team="t1"
    )
    event = encoded({"event_type": "help"}, settings)
    assert event == {
        "event_type": "help",
        "student_id": "ada",
        "student_name": "Ada L.",
        "course_id": "c1",
        "team": "t1",
    }


def test_an_event_of_an_unnamed_learner_gets_its_identity_later() -> None:
    early = RecordedEvent({"event_type": "help"}, Settings(course="early"))
    assert json.loads(encode(early.bound(COMPLETE)))["student_id"] == "ada"
    own = RecordedEvent({"event_type": "help"}, COMPLETE)
    other = Settings(url=COMPLETE.url, student="grace")
    assert json.loads(encode(own.bound(other)))["student_id"] == "ada"


def test_text_is_cut_to_the_servers_limits() -> None:
    event = encoded({name: "é" * 200_000 for name in TEXT_LENGTHS if name != "code"})
    for name, length in TEXT_LENGTHS.items():
        assert len(event.get(name, "")) <= length
        assert len(event.get(name, "").encode()) <= TEXT_BYTES.get(name, 4 * length)
    assert event["error_message"].endswith("…")


@pytest.mark.parametrize("character", ["x", "é", "日", "🙂", '"', "\n", "\x01"])
def test_a_large_event_fits(character: str) -> None:
    event = encoded({"code": character * 100_000, "error_message": character * 8_000})
    assert event["error_message"]
    assert len(event["code"].encode()) > 5_000


def test_what_postgresql_cannot_hold_is_replaced() -> None:
    event = encoded({"error_message": "a\x00b\ud800c"})
    assert event["error_message"] == "a\ufffdb\ufffdc"


def test_the_token_never_travels_in_an_event() -> None:
    text = "x" * (4096 - 5) + "s3cret-token"
    event = encoded({"code": "token='s3cret-token'", "error_message": text})
    assert event["code"] == "token='***'"
    assert "s3c" not in event["error_message"]


def test_a_body_is_compressed_when_it_pays() -> None:
    small = make_body([b'{"a":1}', b'{"b":2}'], may_compress=True)
    assert (small.content, small.is_compressed) == (b'[{"a":1},{"b":2}]', False)
    lines = [b'{"event_type":"cell_executed"}'] * 1_000
    large = make_body(lines, may_compress=True)
    assert large.is_compressed
    assert json.loads(gzip.decompress(large.content)) == [{"event_type": "cell_executed"}] * 1_000
    plain = make_body(lines, may_compress=False)
    assert not plain.is_compressed
    assert len(plain.content) == sum(map(len, lines)) + array_overhead(1_000)


def test_the_recorder_is_bounded_and_counts_what_it_drops() -> None:
    recorder = Recorder(capacity=10)
    for number in range(25):
        recorder.record("help", {"n": number}, COMPLETE)
    assert (recorder.waiting, recorder.dropped) == (10, 15)
    first = recorder.take()
    assert first is not None
    assert first.fields["n"] == 15
    assert recorder.dropped == 15
    assert recorder.wait(0)
    assert not recorder.wait(0)


@pytest.mark.parametrize("character", ["x", "é", "日", "🙂", "\x00"])
def test_a_path_is_cut_to_the_servers_bytes_between_characters(character: str) -> None:
    path = encoded({"notebook_path": character * 1_025})["notebook_path"]
    assert path.endswith("…")
    assert 1_020 < len(path.encode()) <= 1_024 or len(path) == 1_024
    assert set(path[:-1]) == {character.replace("\x00", "\ufffd")}
