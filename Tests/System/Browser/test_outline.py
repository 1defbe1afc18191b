"""A notebook's outline on the page: rows with figures, titles in place of "Cell 3", uploaded by a teacher."""

from __future__ import annotations

import json
import random

import pytest
from playwright.sync_api import expect

from support.accessibility import CLIPPED, serious_findings
from support.class_server import outline
from support.simulated_class import NOTEBOOK, fill, run

HOSTILE = "<img src=x onerror=alert(1)> & " + "W" * 80


def markdown(text: str) -> dict:
    return {"cell_type": "markdown", "id": "m", "metadata": {}, "source": text}


def code(number: int, source: str) -> dict:
    return {
        "cell_type": "code", "id": f"cell-{number:02}", "metadata": {}, "source": [source], "execution_count": 1,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "secret"}],
    }


CELLS = [markdown("# Soup"), code(0, "# Boil water\nkettle()"), code(1, "# Add salt\nsalt()"), code(2, f"# {HOSTILE}")]


def ran(number: int, cell: int, failed: bool = False) -> dict:
    return run(cell, failed, random.Random(cell)) | {
        "course_id": "python-1", "student_id": f"s{number}", "student_name": f"Learner {number}",
        "notebook_path": NOTEBOOK, "cell_index": None,
        **({"error_name": "NameError"} if failed else {}),
    }


@pytest.fixture
def page(server, open_page):
    events = [ran(number, 0) for number in range(1, 11)] + [ran(number, 1, failed=True) for number in range(1, 7)]
    server.publish(*events, ran(1, 7), to_live=False)
    page = open_page(server.url)
    page.wait_for_status("live")
    return page


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "03-loops.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": CELLS}))
    return path


def row(page, title: str):
    return page.page.locator("progress-board .cell").filter(has=page.page.get_by_text(title, exact=True))


def test_a_teacher_uploads_a_notebook_and_reads_titles_everywhere(page, server, notebook):
    board = page.page.locator("progress-board")
    expect(board.get_by_role("button", name="Remove outline")).to_be_hidden()
    # By keyboard alone.
    upload = board.get_by_role("button", name="Upload outline")
    with page.page.expect_file_chooser() as chooser:
        upload.press("Enter")
    chooser.value.set_files(notebook)
    expect(board.get_by_role("status")).to_have_text("The outline is uploaded.")
    (sent,) = server.uploads
    assert sent["cells"][1] == {key: CELLS[1][key] for key in ("cell_type", "id", "metadata", "source")}
    assert "secret" not in json.dumps(sent)

    expect(board.locator("h3")).to_have_text(["Soup", "Cells that are not in the outline"])
    expect(board.locator(".cell-title")).to_have_text(["Boil water", "Add salt", HOSTILE, "Cell cell-07"])
    expect(row(page, "Boil water").get_by_role("img", name="10 solved, 10 reached it, of 10")).to_be_visible()
    expect(row(page, "Boil water")).to_contain_text("10 ran it · 4 are at it")
    expect(row(page, "Add salt")).to_contain_text("6 ran it · 6 fail now · 5 are at it")
    expect(page.page.locator("class-alerts li")).to_have_text("5 of 10 fail at “Add salt”, mostly NameError")

    server.publish(ran(2, 1, failed=True), ran(2, 1, failed=True), ran(3, 1) | {"event_type": "help"})
    expect(page.page.locator("help-queue li")).to_contain_text("“Add salt”")
    stuck = page.page.locator("attention-list .learner-line", has_text="Learner 2")
    expect(stuck).to_contain_text("3 × NameError in a row in “Add salt”")
    expect(page.page.locator("live-feed")).to_contain_text("NameError in “Add salt”")
    stuck.click()
    dialog = page.page.get_by_role("dialog", name="Learner 2")
    expect(dialog).to_contain_text("03-loops · “Add salt”")
    expect(dialog.locator(".timeline li").last).to_contain_text("ran “Boil water”")
    page.page.keyboard.press("Escape")
    assert serious_findings(page.page) == []

    remove = board.get_by_role("button", name="Remove outline")
    expect(board).to_contain_text("Outline, version 1")
    remove.press("Enter")
    expect(board.get_by_role("status")).to_have_text("The outline is removed.")
    expect(board.locator(".cell-title").first).to_have_text("Cell cell-00")
    expect(board.locator("h3")).to_have_count(0)
    assert server.outlines == {}


def test_what_is_no_notebook_is_told(page, server, tmp_path):
    board = page.page.locator("progress-board")
    for text, reason in (("{", "the notebook is no JSON"), ("{}", "cells is missing")):
        path = tmp_path / "bad.ipynb"
        path.write_text(text)
        page.allowed_errors = ("422",)
        board.locator("input[type=file]").set_input_files(path)
        expect(board.get_by_role("status")).to_have_text(f"Not done: {reason}")
    expect(board.locator(".cell-title").first).to_have_text("Cell cell-00")


def test_another_page_shows_it_when_it_is_opened(page, server, open_page):
    server.outlines["python-1"] = outline("03-loops.ipynb", CELLS, version=4)
    second = open_page(server.url)
    second.wait_for_status("live")
    expect(second.page.locator("progress-board .cell-title").first).to_have_text("Boil water")
    expect(second.page.locator("progress-board")).to_contain_text("Outline, version 4")


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_it_fits_every_screen(server, open_page, locale):
    fill(server, 30, japanese=locale == "ja-JP")
    cells = [markdown("# " + "W" * 80), code(0, "# " + "長い題名" * 19), code(1, "# " + "x" * 80)]
    server.outlines["python-1"] = outline("n.ipynb", cells)
    page = open_page(server.url, locale=locale)
    page.wait_for_status("live")
    expect(page.page.locator("progress-board .cells-heading").first).to_be_visible()
    for width in [320, 390, 768, 1024, 1440, 1920]:
        page.page.set_viewport_size({"width": width, "height": 900})
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.page.evaluate(CLIPPED) == [], width
        assert serious_findings(page.page) == []
