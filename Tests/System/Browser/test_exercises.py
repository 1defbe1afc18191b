"""Exercises, running cells and dead kernels on the page, and the class as a file."""

from __future__ import annotations

import csv
import io
import random
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.accessibility import CLIPPED, serious_findings
from support.simulated_class import NOTEBOOK, fill, run

HOSTILE = "=HYPERLINK(\"http://evil.example\";\"Ada\")"


def learner(number: int = 1, **fields) -> dict:
    return {
        "course_id": "python-1", "student_id": f"s{number}", "student_name": f"Learner {number}",
        "notebook_path": NOTEBOOK, **fields,
    }


def check(number: int, exercise: str, passed: bool, **fields) -> dict:
    return learner(
        number, event_type="exercise_checked", exercise_id=exercise, passed=passed,
        cell_id=f"check-{exercise}", **fields)


def ran(number: int, cell: int, failed: bool = False) -> dict:
    return learner(number) | run(cell, failed, random.Random(cell))


@pytest.fixture
def page(server, open_page):
    server.publish(*[ran(number, 0) for number in range(1, 13)], to_live=False)
    page = open_page(server.url)
    page.wait_for_status("live")
    return page


def test_exercises_show_who_solved_them_and_who_is_stuck(page, server):
    panel = page.page.locator("exercise-board")
    expect(panel).to_be_hidden()
    server.publish(
        *[check(1, "q1", False, label="Square", points=0, points_possible=2) for _ in range(6)],
        check(2, "q1", False, label="Square"), check(2, "q1", True, label="Square", points_possible=2),
        check(3, "q2", True))
    expect(panel.get_by_role("img", name="1 solved, 2 tried it, of 12")).to_be_visible()
    expect(panel).to_contain_text("Square")
    expect(panel).to_contain_text("1 not right now")
    expect(panel).to_contain_text("right at attempt 2")
    stuck = page.page.locator("attention-list .learner-line").first
    expect(stuck).to_contain_text("Learner 1")
    expect(stuck).to_contain_text("6 × not right in a row: Square")
    stuck.click()
    dialog = page.page.get_by_role("dialog", name="Learner 1")
    expect(dialog).to_contain_text("Square: not right, 6 attempts, 0 of 2")
    expect(dialog.locator(".timeline li").first).to_contain_text("not right: Square")
    assert serious_findings(page.page) == []


def test_an_endless_loop_is_running_and_a_dead_kernel_is_told(page, server):
    begin = time.time() - 420
    server.publish(learner(20, event_type="notebook_opened"), at=begin - 5)
    server.publish(learner(20, event_type="cell_started", cell_id="c7", cell_index=6), at=begin)
    line = page.page.locator("attention-list .learner-line", has_text="Learner 20")
    expect(line).to_contain_text("Cell 7 has been running for 7")
    server.publish(learner(20, event_type="kernel_died"))
    expect(line).to_contain_text("no cell solved for 7")
    expect(page.page.locator("live-feed li").first).to_contain_text("lost the kernel")


def test_the_class_is_saved_without_a_formula(page, server, tmp_path: Path):
    server.publish(learner(30, student_name=HOSTILE, event_type="notebook_opened"), check(1, "q1", True))
    page.expect_counter("all", 13)
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename.startswith("python-1-")
    path = tmp_path / "class.csv"
    download.value.save_as(path)
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert len(rows) == 13
    by_id = {row["student_id"]: row for row in rows}
    assert by_id["s30"]["student_name"] == "'" + HOSTILE
    assert by_id["s1"]["exercise: q1"] == "1"
    assert not any(value.lstrip()[:1] in "=+-@" for row in rows for value in row.values() if value)


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_all_of_it_fits_every_screen(server, open_page, locale):
    fill(server, 30, japanese=locale == "ja-JP")
    page = open_page(server.url, locale=locale)
    page.wait_for_status("live")
    notebook = server.models["python-1"].events[-1]["notebook_path"]
    server.publish(
        *[check(n, "q" * 128, n % 5 == 0, label="W" * 200) | {"notebook_path": notebook} for n in range(1, 31)])
    expect(page.page.locator("exercise-board li")).to_have_count(1)
    for width in [320, 390, 768, 1024, 1440, 1920]:
        page.page.set_viewport_size({"width": width, "height": 900})
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.page.evaluate(CLIPPED) == [], width
    assert serious_findings(page.page) == []
