"""Joining a class by a code, in real kernels."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from conftest import wait_until
from kernel import environment, running_kernel
from progressbus.joined_file import kept
from recording_server import RecordingServer

LOAD = "%load_ext progressbus"
JOIN = '%progressbus join soup-river-42 "Ann B"'


@pytest.fixture
def lesson(server: RecordingServer) -> RecordingServer:
    server.codes["soup-river-42"] = "python-1"
    return server


def unnamed(server: RecordingServer, folder: Path) -> dict[str, str]:
    """The environment of a learner of whom nobody has told the kernel."""
    env = environment(server.url, folder)
    del env["PROGRESSBUS_STUDENT"], env["PROGRESSBUS_COURSE"]
    return env


def test_who_joins_is_one_learner_over_kernel_restarts(
    lesson: RecordingServer, tmp_path: Path
) -> None:
    env = unnamed(lesson, tmp_path)
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        assert "You have joined python-1 as Ann B." in kernel.output(JOIN)
        kernel.run("x = 1")
        wait_until(lambda: len(lesson.of_type("cell_executed")) >= 2)
    # What happened before the learner was known is the learner's, too.
    assert len(lesson.of_type("notebook_opened")) == 1
    for event in lesson.events:
        assert (event["course_id"], event["student_id"]) == ("python-1", "joined-1")
        assert event["student_name"] == "Ann B"
    assert lesson.record.requests[-1].headers["Authorization"] == "Bearer token-of-joined-1"
    file = tmp_path / "spool" / "joined.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        kernel.run("y = 2")
        wait_until(lambda: len(lesson.of_type("notebook_opened")) == 2)
        # The same again, under another name: no other learner.
        assert "as Ann." in kernel.output("%progressbus join soup-river-42 Ann")
        wait_until(lambda: len(lesson.of_type("notebook_opened")) == 3)
    assert {event["student_id"] for event in lesson.events} == {"joined-1"}
    assert lesson.joins[1]["token"] == "token-of-joined-1"
    assert lesson.of_type("notebook_opened")[2]["student_name"] == "Ann"


def test_when_the_lesson_has_ended_the_next_kernel_has_not_joined(
    lesson: RecordingServer, tmp_path: Path
) -> None:
    lesson.seconds_left = 0
    env = unnamed(lesson, tmp_path)
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        kernel.run(JOIN)
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        assert "%progressbus join" in kernel.output("%progressbus status")


def test_the_server_may_stand_behind_the_name(lesson: RecordingServer, tmp_path: Path) -> None:
    env = unnamed(lesson, tmp_path)
    del env["PROGRESSBUS_URL"]
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        assert "the server is not known" in kernel.output(JOIN)
        assert "as Ann B." in kernel.output(f"%progressbus join soup-river-42 Ann B {lesson.url}")
    # The next kernel knows it.
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: len(lesson.of_type("notebook_opened")) == 2)


def test_who_is_named_by_the_environment_stays_who_they_are(
    lesson: RecordingServer, tmp_path: Path
) -> None:
    env = unnamed(lesson, tmp_path)
    with running_kernel(env) as kernel:
        kernel.run(LOAD)
        kernel.run(JOIN)
    with running_kernel({**env, "PROGRESSBUS_STUDENT": "ada"}) as kernel:
        kernel.run(LOAD)
        wait_until(lambda: lesson.of_type("notebook_opened")[-1]["student_id"] == "ada")
        # Unless they join themselves.
        kernel.run(JOIN)
        wait_until(lambda: lesson.of_type("notebook_opened")[-1]["student_id"] == "joined-1")


def test_what_is_wrong_is_told_and_changes_nothing(lesson: RecordingServer, tmp_path: Path) -> None:
    with running_kernel(unnamed(lesson, tmp_path)) as kernel:
        kernel.run(LOAD)
        for line, told in {
            "": "Write the code and your name",
            "soup-river-42": "your name is missing",
            "soup-river-42 'Ann": "You have not joined",
            "soup-river-42 Ann ftp://nowhere": "You have not joined: an address such as",
            "soup-river-42 Ann http://127.0.0.1:9": "the server cannot be reached",
            "salt-river-42 Ann": "You have not joined: no lesson has this code now.",
        }.items():
            output = kernel.output(f"%progressbus join {line}")
            assert told in output, line
            assert "Traceback" not in output, line
    assert lesson.joins == []
    assert not (tmp_path / "spool" / "joined.json").exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"url": 7}', '{"course": "a"}', "x" * 20_000])
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "joined.json").write_text(content)
    assert kept(tmp_path) is None
