from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from progressbus.recording.cell_identity import is_injected
from progressbus.recording.cell_watcher import CellWatcher


class Info:
    cell_id = None
    silent = False

    def __init__(self, raw_cell: str = "x = 1", store_history: bool = True) -> None:
        self.raw_cell = raw_cell
        self.store_history = store_history


class Result:
    def __init__(
        self, info: Info, error: BaseException | None = None, execution_count: int | None = 1
    ) -> None:
        self.info = info
        self.execution_count = execution_count
        self.error_before_exec = None
        self.error_in_exec = error


class Watched:
    def __init__(self, **switches: bool) -> None:
        self.events: list[dict[str, Any]] = []
        self.watcher = CellWatcher(
            record=self.events.append,
            parent=dict,
            next_execution_count=lambda: 8,
            keeps_code=lambda: switches.get("code", False),
            keeps_error_messages=lambda: switches.get("messages", True),
            loading_since=time.perf_counter() - 1.0,
        )

    def run(self, info: Info, error: BaseException | None = None) -> None:
        self.watcher.pre_run_cell(info)
        self.watcher.post_run_cell(Result(info, error))


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_the_loading_cell_is_timed_from_the_import(watched: Watched) -> None:
    watched.watcher.post_run_cell(Result(Info()))
    assert 1_000 <= watched.events[0]["duration_ms"] < 60_000
    watched.watcher.post_run_cell(Result(Info()))
    assert len(watched.events) == 1


def test_a_cell_without_errors_has_no_error_fields(watched: Watched) -> None:
    watched.run(Info())
    (event,) = watched.events
    assert event.keys() == {
        "cell_type", "cell_id", "execution_count", "duration_ms", "has_error",
    }  # fmt: skip


def test_cells_within_a_cell_belong_to_it(watched: Watched) -> None:
    outer = Info("outer")
    watched.watcher.pre_run_cell(outer)
    watched.run(Info("inner", store_history=False))
    watched.run(Info("counted inner"))
    watched.watcher.post_run_cell(Result(Info("")))
    watched.watcher.post_run_cell(Result(outer, ValueError("no")))
    assert [event["error_name"] for event in watched.events] == ["ValueError"]


def test_blank_cells_and_queries_of_the_front_end_are_none(watched: Watched) -> None:
    watched.watcher.post_run_cell(Result(Info(" \n"), execution_count=None))
    watched.run(Info(store_history=False), ValueError("hidden"))
    assert watched.events == []


def test_a_cell_that_ipython_gives_up_is_an_error(watched: Watched) -> None:
    watched.watcher.pre_run_cell(Info())
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        watched.watcher.post_run_cell(None)
    (event,) = watched.events
    assert (event["error_name"], event["execution_count"]) == ("KeyboardInterrupt", 7)
    watched.run(Info())
    assert len(watched.events) == 2


def test_a_result_of_another_info_ends_the_innermost_cell(watched: Watched) -> None:
    watched.watcher.pre_run_cell(Info())
    watched.watcher.post_run_cell(Result(Info(), SystemError("odd"), execution_count=None))
    assert watched.events[0]["error_name"] == "SystemError"


def test_errors_with_rude_methods(watched: Watched) -> None:
    class Rude(Exception):
        def __str__(self) -> str:
            raise SystemExit

        def __bool__(self) -> bool:
            raise KeyboardInterrupt

    watched.run(Info(), Rude())
    (event,) = watched.events
    assert event["error_name"] == "Rude"
    assert "error_message" not in event


def test_code_and_messages_by_wish_alone() -> None:
    watched = Watched(code=True, messages=False)
    watched.run(Info("secret"), ValueError("secret, too"))
    (event,) = watched.events
    assert event["code"] == "secret"
    assert "error_message" not in event


def test_threads_run_cells_of_their_own(watched: Watched) -> None:
    main = Info()
    watched.watcher.pre_run_cell(main)
    thread = threading.Thread(target=watched.run, args=(Info(),))
    thread.start()
    thread.join()
    watched.watcher.post_run_cell(Result(main))
    assert len(watched.events) == 2


@pytest.mark.parametrize("nonsense", [object(), 7, "x"])
def test_hooks_never_raise(watched: Watched, nonsense: Any) -> None:
    watched.watcher.pre_run_cell(nonsense)
    watched.watcher.post_run_cell(nonsense)
    watched.watcher.post_run_cell(None)


def test_a_cell_that_papermill_put_in_moves_no_number() -> None:
    assert is_injected("# Parameters\nalpha = 0.5\nnames = [\"a\", -1]\nnothing = float('nan')\n")
    assert not is_injected("# Parameters\nalpha = load()[0]\n")
    assert not is_injected("# Parameters\nimport os\n")
    assert not is_injected("alpha = 0.5\n")
    assert not is_injected("# Parameters\nalpha = (\n")
