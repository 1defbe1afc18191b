from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from progressbus.delivery.endpoint import Endpoint
from progressbus.recording.cell_identity import cell_id
from progressbus.setting_values import SettingError
from progressbus.settings import Settings, changed, from_environment


def test_the_environment() -> None:
    settings, problems = from_environment(
        {
            "PROGRESSBUS_URL": "https://bus.example/class/",
            "PROGRESSBUS_TOKEN": "abc",
            "PROGRESSBUS_STUDENT": "ada",
            "PROGRESSBUS_STUDENT_NAME": "Ada Lovelace",
            "PROGRESSBUS_COURSE": "python-1",
            "PROGRESSBUS_TEAM": "",
            "PROGRESSBUS_CODE": "1",
            "PROGRESSBUS_SPOOL_LIMIT": "2MiB",
            "PROGRESSBUS_SPOOL_DIR": "/tmp/spool",
            "JUPYTERHUB_USER": "hub-user",
        }
    )
    assert problems == []
    assert str(settings.url) == "https://bus.example:443/class/api/v1/events"
    assert (settings.student, settings.student_name) == ("ada", "Ada Lovelace")
    assert (settings.course, settings.team, settings.code) == ("python-1", None, True)
    assert (settings.spool_limit, settings.spool_dir) == (2 * 1024**2, Path("/tmp/spool"))
    assert settings.is_complete
    assert "abc" not in repr(settings)


def test_the_hubs_user_is_the_learner_unless_told_otherwise() -> None:
    assert from_environment({"JUPYTERHUB_USER": "hub-user"})[0].student == "hub-user"
    assert not from_environment({})[0].is_complete


def test_code_stays_home_unless_asked_for() -> None:
    assert from_environment({})[0].code is False


def test_wrong_values_are_named_and_count_as_absent() -> None:
    settings, problems = from_environment(
        {"PROGRESSBUS_URL": "ftp://x", "PROGRESSBUS_CODE": "maybe", "PROGRESSBUS_TOKEN": "a b"}
    )
    assert (settings.url, settings.code, settings.token) == (None, False, None)
    assert [problem.split(":")[0] for problem in problems] == [
        "PROGRESSBUS_URL",
        "PROGRESSBUS_TOKEN",
        "PROGRESSBUS_CODE",
    ]
    assert "a b" not in "".join(problems)


@pytest.mark.parametrize(
    "url",
    ["x", "ftp://h", "http://", "http://u:p@h", "http://h/?a", "http://h:99999", "http://h/a b"],
)
def test_addresses_that_cannot_be(url: str) -> None:
    with pytest.raises(SettingError, match=r"^url: "):
        changed(Settings(), {"url": url})


def test_an_address_with_the_route_is_taken_as_it_is() -> None:
    assert Endpoint.parse("http://h:1/student-progress").path == "/student-progress"
    assert str(Endpoint.parse("http://[::1]:8080")) == "http://[::1]:8080/api/v1/events"


def test_one_wrong_assignment_changes_nothing() -> None:
    with pytest.raises(SettingError, match=r"^studnet: no such setting"):
        changed(Settings(), {"student": "ada", "studnet": "x"})


def test_an_empty_value_brings_the_default_back() -> None:
    settings = changed(Settings(student="ada", timeout=3.0), {"student": "", "timeout": ""})
    assert (settings.student, settings.timeout) == (None, 10.0)


class Info:
    def __init__(self, cell_id: Any = None) -> None:
        self.cell_id = cell_id


@pytest.mark.parametrize(
    ("info", "metadata", "expected"),
    [
        (Info("from-ipython"), {}, "from-ipython"),
        (Info(), {"cellId": "lab"}, "lab"),
        (Info(), {"cell_id": "other"}, "other"),
        (object(), {"cellId": "old-ipython"}, "old-ipython"),
        (
            Info(),
            {"cellId": "vscode-notebook-cell:/home/ada/a.ipynb#W2sZmlsZQ%3D%3D"},
            "W2sZmlsZQ==",
        ),
        (Info(), {}, "execution-3"),
        (Info(), {"cellId": 7}, "execution-3"),
        (Info(""), None, "execution-3"),
    ],
)
def test_cell_ids(info: Any, metadata: Any, expected: str) -> None:
    assert cell_id(info, {"metadata": metadata}, 3) == expected
