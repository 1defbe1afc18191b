from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from progressbus.delivery.endpoint import Endpoint
from progressbus.spool.file_spool import FileSpool
from progressbus.spool.folder import adopt_leftovers
from progressbus.spool.outbox import Outbox

LIMIT = 10_000
URL = Endpoint.parse("http://127.0.0.1:1")


def lines(count: int, start: int = 0) -> list[bytes]:
    return [json.dumps({"n": number}).encode() for number in range(start, start + count)]


def open_spool(folder: Path, name: str = "one", limit: int = LIMIT) -> FileSpool:
    spool = FileSpool.open(folder, name, limit)
    assert spool is not None
    return spool


def everything(spool: FileSpool) -> list[bytes]:
    return spool.peek(1_000_000, 10_000_000)


def test_gives_back_in_order_until_acknowledged(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.append(lines(10))
    assert spool.peek(3, 10_000) == lines(3)
    assert spool.peek(3, 10_000) == lines(3)
    spool.acknowledge(lines(3))
    assert spool.peek(100, 10_000) == lines(7, 3)
    assert spool.pending == 7


def test_keeps_to_the_size_of_a_batch_and_gives_one_line_at_least(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.append(lines(5))
    one = len(lines(1)[0]) + 1
    assert spool.peek(100, 2 * one) == lines(2)
    assert spool.peek(100, 2 * one + one - 1) == lines(2)
    assert spool.peek(100, 3) == lines(1)


def test_everything_sent_leaves_no_file(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.append(lines(5))
    spool.acknowledge(lines(5))
    assert spool.path.stat().st_size == 0
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_unsent_lines_survive(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.append(lines(5))
    spool.acknowledge(lines(2))
    spool.close()
    again = open_spool(tmp_path)
    assert everything(again) == lines(3, 2)
    assert again.pending == 3


def test_a_line_cut_by_a_crash_goes_and_the_others_stay(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.append(lines(3))
    spool.close()
    with spool.path.open("ab") as file:
        file.write(b'{"n": 3, "half')
    again = open_spool(tmp_path)
    assert everything(again) == lines(3)
    assert again.damaged == 1
    again.append(lines(1, 3))
    assert everything(again) == lines(4)


@pytest.mark.parametrize("number", [b"", b"garbage", b"3", b"999999", b"%020d" % 7])
def test_a_wrong_mark_repeats_lines_and_loses_none(tmp_path: Path, number: bytes) -> None:
    spool = open_spool(tmp_path)
    spool.append(lines(3))
    spool.close()
    (tmp_path / "one.lock").write_bytes(number)
    assert everything(open_spool(tmp_path)) == lines(3)


def test_the_file_stays_within_its_bound_and_the_oldest_go_first(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    for number in range(3_000):
        spool.append(lines(1, number))
        assert spool.path.stat().st_size <= LIMIT
    kept = everything(spool)
    assert kept == lines(len(kept), 3_000 - len(kept))
    assert spool.dropped == 3_000 - len(kept) > 0
    assert spool.pending_bytes > LIMIT * 3 // 4
    spool.append(lines(3_000))
    assert everything(spool)[-1] == lines(1, 2_999)[0]
    assert spool.path.stat().st_size <= LIMIT


def test_sent_lines_make_room_before_unsent_ones_are_dropped(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    for number in range(0, 30_000, 100):
        spool.append(lines(100, number))
        spool.acknowledge(spool.peek(99 if number == 0 else 100, 100_000))
    assert spool.dropped == 0
    assert everything(spool) == lines(1, 29_999)


def test_another_process_keeps_off_until_the_owner_is_dead(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys, pathlib
        from progressbus.spool.file_spool import FileSpool
        spool = FileSpool.open(pathlib.Path(sys.argv[1]), "dead", 10000)
        spool.append([b'{"n":1}', b'{"n":2}', b'{"n":3}'])
        spool.acknowledge([b'{"n":1}'])
        print("ready", flush=True)
        sys.stdin.read()
        """
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        own = open_spool(tmp_path, "own")
        assert FileSpool.open(tmp_path, "dead", LIMIT) is None
        assert adopt_leftovers(own, LIMIT) == 0
        process.kill()
        process.wait()
    assert adopt_leftovers(own, LIMIT) == 2
    assert everything(own) == [b'{"n":2}', b'{"n":3}']
    assert {path.name for path in tmp_path.iterdir()} == {"own.lock", "own.ndjson"}


def test_adoption_skips_what_a_power_cut_left_unreadable(tmp_path: Path) -> None:
    left = open_spool(tmp_path, "left")
    left.append([*lines(2), b"\x00\x00\x00", b"[1]", *lines(1, 2)])
    left.close()
    own = open_spool(tmp_path, "own")
    assert adopt_leftovers(own, LIMIT) == 3
    assert everything(own) == lines(3)
    assert own.damaged == 2


def test_adoption_waits_for_room(tmp_path: Path) -> None:
    left = open_spool(tmp_path, "left")
    left.append(lines(600))
    left.close()
    own = open_spool(tmp_path, "own")
    own.append(lines(600))
    assert adopt_leftovers(own, LIMIT) == 0
    own.acknowledge(lines(600))
    assert adopt_leftovers(own, LIMIT) == 600
    assert own.dropped == 0


def test_a_forked_child_does_not_free_the_lock(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    if (child := os.fork()) == 0:
        spool.abandon()
        os._exit(0)
    os.waitpid(child, 0)
    assert FileSpool.open(tmp_path, "one", LIMIT) is None


def test_without_a_folder_events_stay_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    outbox = Outbox("one")
    outbox.point_at(tmp_path / "file", URL, "ada", 1_000)
    outbox.append(lines(500))
    assert outbox.trouble
    assert outbox.pending_bytes <= 1_000
    assert outbox.dropped == 500 - outbox.pending
    newest = outbox.peek(1_000, 10_000)
    outbox.acknowledge(newest)
    assert newest[-1] == lines(1, 499)[0]
    assert outbox.pending == 0


def test_events_follow_their_learner_to_another_server(tmp_path: Path) -> None:
    outbox = Outbox("one")
    outbox.point_at(tmp_path, URL, "ada", LIMIT)
    outbox.append(lines(5))
    outbox.point_at(tmp_path, Endpoint.parse("http://127.0.0.1:2"), "ada", LIMIT)
    assert outbox.peek(100, LIMIT) == lines(5)


def test_events_do_not_follow_another_learner(tmp_path: Path) -> None:
    outbox = Outbox("one")
    outbox.point_at(tmp_path, URL, "ada", LIMIT)
    outbox.append(lines(5))
    outbox.point_at(tmp_path, URL, "grace", LIMIT)
    assert outbox.pending == 0
    outbox.point_at(tmp_path, URL, "ada", LIMIT)
    assert outbox.peek(100, LIMIT) == lines(5)


def test_a_file_emptied_by_somebody_else_stops_nothing(tmp_path: Path) -> None:
    outbox = Outbox("one")
    outbox.point_at(tmp_path, URL, "ada", LIMIT)
    outbox.append(lines(5))
    assert outbox.folder is not None
    os.truncate(outbox.folder / "one.ndjson", 0)
    assert outbox.peek(100, LIMIT) == []
    assert outbox.trouble
    outbox.append(lines(2))
    assert outbox.peek(100, LIMIT) == lines(2)


def test_files_are_the_learners_alone(tmp_path: Path) -> None:
    outbox = Outbox("one")
    outbox.point_at(tmp_path / "state", URL, "ada", LIMIT)
    outbox.append(lines(1))
    outbox.set_aside(b"{}", "why")
    assert outbox.folder is not None
    assert outbox.folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in outbox.folder.iterdir())


def test_what_is_set_aside_is_bounded(tmp_path: Path) -> None:
    outbox = Outbox("one")
    outbox.point_at(tmp_path, URL, "ada", LIMIT)
    for _ in range(100):
        outbox.set_aside(b'{"x":"%s"}' % (b"x" * 30_000), "too good")
    assert outbox.folder is not None
    kept = list(outbox.folder.glob("set-aside*"))
    assert sum(path.stat().st_size for path in kept) <= 2 * 600 * 1024
    assert json.loads(kept[0].read_text().splitlines()[0])["reason"] == "too good"
