from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from progressbus.recording.followed_file import FollowedFile
from progressbus.recording.notebook_path import TERMINAL, UNNAMED_NOTEBOOK, NotebookPath
from progressbus.settings import changed, from_environment

#: `é` in one character, and in two.
NFC, NFD = "caf\u00e9", "cafe\u0301"


class Front:
    """What a front end tells."""

    def __init__(self, environment: dict[str, str] | None = None, is_kernel: bool = True) -> None:
        self.variables: dict[str, Any] = {}
        self.request: dict[str, Any] = {}
        self._path = NotebookPath(
            environment or {}, lambda: self.variables, lambda: self.request, is_kernel
        )

    def path(self, root: str = "/home/ada") -> str:
        return self._path.below(root)

    def run_cell(self, address: str) -> None:
        self.request = {"metadata": {"cellId": f"vscode-notebook-cell:{address}#W0sZmlsZQ%3D%3D"}}


@pytest.mark.parametrize(
    ("session", "variable", "expected"),
    [
        ("/home/ada/course/one.ipynb", None, "course/one.ipynb"),
        ("course/one.ipynb", None, "course/one.ipynb"),
        ("/home/ada/RTC:one.ipynb", None, "one.ipynb"),
        ("/srv/one.ipynb", None, "/srv/one.ipynb"),
        ("/srv/one-jvsc-1234.ipynb", "/home/ada/one.ipynb", "one.ipynb"),
        # As Jupyter Server makes it for a session without a name.
        ("/home/ada/course/", None, UNNAMED_NOTEBOOK),
        ("", "/home/ada/two.ipynb", "two.ipynb"),
        ("", 7, UNNAMED_NOTEBOOK),
        ("", "", UNNAMED_NOTEBOOK),
        ("", None, UNNAMED_NOTEBOOK),
    ],
)
def test_what_front_ends_tell(session: str, variable: Any, expected: str) -> None:
    front = Front({"JPY_SESSION_NAME": session})
    front.variables["__vsc_ipynb_file__"] = variable
    assert front.path() == expected


def test_a_terminal_is_no_notebook() -> None:
    assert Front(is_kernel=False).path() == TERMINAL


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/home/ada/week1/a.ipynb", "week1/a.ipynb"),
        ("//ssh-remote%2Bhost/home/ada/week1/a.ipynb", "week1/a.ipynb"),
        ("/home/ada/week%201/caf%C3%A9.ipynb", "week 1/café.ipynb"),
        ("/home/ada/100%25%23.ipynb", "100%#.ipynb"),
        ("Untitled-1.ipynb?jupyter-notebook", "Untitled-1.ipynb"),
        ("/c%3A/Users/ada/a.ipynb", "c:/Users/ada/a.ipynb"),
        # An interactive window belongs to no notebook.
        ("/home/ada/Interactive-1.interactive", UNNAMED_NOTEBOOK),
    ],
)
def test_addresses_of_vs_code(address: str, expected: str) -> None:
    front = Front()
    front.run_cell(address)
    assert front.path() == expected


def test_vs_code_renames_with_the_next_cell_and_nothing_else_does() -> None:
    front = Front()
    front.variables["__vsc_ipynb_file__"] = "/home/ada/week1/a.ipynb"
    assert front.path() == "week1/a.ipynb"
    # `%reset -f`, then a learner's variable of that name, then one whose methods are a learner's.
    for changed_to in ({}, {"__vsc_ipynb_file__": "/home/ada/x.ipynb"}, {"__vsc_ipynb_file__": 1}):
        front.variables = dict(changed_to)
        assert front.path() == "week1/a.ipynb"
    front.run_cell("/home/ada/week1/b.ipynb")
    assert front.path() == "week1/b.ipynb"
    # The end of the kernel is nobody's cell.
    front.request = {"header": {"msg_type": "shutdown_request"}}
    assert front.path() == "week1/b.ipynb"


def test_one_path_has_one_form() -> None:
    paths = set()
    for name in (NFC, NFD):
        for home in (NFC, NFD):
            for root in (NFC, NFD):
                path = f"/home/{home}/{name}/1.ipynb"
                paths.add(Front({"JPY_SESSION_NAME": path}).path(f"/home/{root}"))
                front = Front()
                front.run_cell(path)
                paths.add(front.path(f"/home/{root}"))
                front = Front()
                front.variables["__vsc_ipynb_file__"] = path
                paths.add(front.path(f"/home/{root}"))
    assert paths == {f"{NFC}/1.ipynb"}


@pytest.mark.parametrize("name", ["student", "student_name", "course", "team", "notebook"])
def test_one_name_has_one_form(name: str) -> None:
    settings, problems = from_environment({f"PROGRESSBUS_{name.upper()}": NFD})
    assert not problems
    assert getattr(settings, name) == NFC
    assert getattr(changed(settings, {name: f"x{NFD}"}), name) == f"x{NFC}"


def test_the_hubs_user_has_one_form() -> None:
    assert from_environment({"JUPYTERHUB_USER": NFD})[0].student == NFC
    assert from_environment({"JUPYTERHUB_USER": "a\udcff"})[0].student == "a\ufffd"


linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@linux
def test_a_renamed_and_a_moved_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "week2").mkdir()
    path = tmp_path / "one.ipynb"
    path.write_text("{}")
    front = Front({"JPY_SESSION_NAME": str(path)})
    assert front.path(str(tmp_path)) == "one.ipynb"
    path = path.rename(tmp_path / "two.ipynb")
    assert front.path(str(tmp_path)) == "two.ipynb"
    path.rename(tmp_path / "week2" / f"{NFD}.ipynb")
    assert front.path(str(tmp_path)) == f"week2/{NFC}.ipynb"


@linux
def test_a_renamed_folder_and_a_save_in_place(tmp_path: Path) -> None:
    folder = tmp_path / "week1"
    folder.mkdir()
    (folder / "a.ipynb").write_text("{}")
    file = FollowedFile(str(folder / "a.ipynb"))
    (folder / "a.ipynb").write_text("{ }")
    assert file.path == str(folder / "a.ipynb")
    folder.rename(tmp_path / "week 1")
    assert file.path == str(tmp_path / "week 1" / "a.ipynb")


@linux
def test_a_file_that_is_replaced_is_followed_on(tmp_path: Path) -> None:
    """As `git` and some editors save."""
    path = tmp_path / "a.ipynb"
    path.write_text("{}")
    file = FollowedFile(str(path))
    (tmp_path / "new").write_text("{ }")
    (tmp_path / "new").replace(path)
    assert file.path == str(path)
    path.rename(tmp_path / "b.ipynb")
    assert file.path == str(tmp_path / "b.ipynb")


@linux
def test_a_deleted_file_keeps_its_last_name(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text("{}")
    file = FollowedFile(str(path))
    path = path.rename(tmp_path / "b.ipynb")
    assert file.path == str(path)
    path.unlink()
    assert [file.path, file.path] == [str(path)] * 2
    path.write_text("{}")
    path.rename(tmp_path / "c.ipynb")
    # Nobody looked between the new file and its new name.
    assert file.path == str(path)


@linux
def test_a_path_keeps_the_form_in_which_it_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a symbolic link, and from the server's folder."""
    (tmp_path / "disk" / "week1").mkdir(parents=True)
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "week1" / "a.ipynb").write_text("{}")
    linked = FollowedFile(str(tmp_path / "home" / "week1" / "a.ipynb"))
    monkeypatch.chdir(tmp_path / "disk" / "week1")
    relative = FollowedFile("week1/a.ipynb")
    assert (linked.path, relative.path) == (str(tmp_path / "home/week1/a.ipynb"), "week1/a.ipynb")
    (tmp_path / "disk" / "week1" / "a.ipynb").rename(tmp_path / "disk" / "b.ipynb")
    assert (linked.path, relative.path) == (str(tmp_path / "home/b.ipynb"), "b.ipynb")


@linux
def test_another_file_under_the_same_number_is_not_followed(tmp_path: Path) -> None:
    """After a cell has closed all files, the numbers are given again."""
    (tmp_path / "a.ipynb").write_text("{}")
    (tmp_path / "data.csv").write_text("1")
    file = FollowedFile(str(tmp_path / "a.ipynb"))
    number = file._descriptor
    os.close(number)
    # The lowest number that is free.
    assert os.open(tmp_path / "data.csv", os.O_RDONLY) == number
    assert file.path == str(tmp_path / "a.ipynb")
    file.close()
    os.close(number)


def test_a_file_that_is_not_there_keeps_its_name() -> None:
    for path in ("/absent/a.ipynb", "absent/a.ipynb", "a\0b.ipynb"):
        file = FollowedFile(path)
        assert file.path == path
        file.close()
