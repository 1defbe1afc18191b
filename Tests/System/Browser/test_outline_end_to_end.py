"""An outline from a notebook's file to the screen: made by nbformat, uploaded by the command, run in real kernels."""

from __future__ import annotations

import os
import subprocess
import threading
import uuid

import nbformat
import pytest
from kernel import environment, run_notebook, running_kernel
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import expect

from support.jupyter_server import PYTHON, JupyterServer

LOAD = "%load_ext progressbus"


@pytest.fixture
def course() -> str:
    return f"course-{uuid.uuid4()}"


@pytest.fixture
def learner(stack, course, tmp_path):
    """The environment of a learner's kernel."""

    def learner(student: str, **settings: str) -> dict[str, str]:
        return environment(
            stack.url, tmp_path / student, PROGRESSBUS_STUDENT=student, PROGRESSBUS_COURSE=course, **settings)

    return learner


@pytest.fixture
def upload(stack, binary, course, tmp_path):
    def upload(notebook: nbformat.NotebookNode, name: str) -> str:
        path = tmp_path / name
        nbformat.write(notebook, path)
        return subprocess.run(
            [binary, "outline", "upload", path, "--course", course], env=os.environ | stack.urls(), check=True,
            capture_output=True, text=True, timeout=60).stdout

    return upload


def test_titles_of_a_real_notebook_are_those_of_its_copies(stack, course, learner, upload, open_page):
    notebook = new_notebook(cells=[
        new_code_cell(LOAD), new_markdown_cell("# Loops\nRead this."), new_code_cell("# Sum up\ntotal = sum(range(10))"),
        new_code_cell(""), new_markdown_cell("## Division"), new_code_cell("total / 0"),
    ])
    nbformat.validate(notebook)
    assert upload(notebook, "loops.ipynb") == "loops.ipynb: version 1, 4 cells, 2 headings\n"
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source]

    # Whose front end sends ids, and has the cells in another order and one of their own.
    with running_kernel(learner("ada", PROGRESSBUS_NOTEBOOK="home/ada/loops.ipynb")) as kernel:
        kernel.run(LOAD, {"cellId": code[0].id})
        page = open_page(f"{stack.url}?course={course}", allowed_errors=("503", "404", "WebSocket"))
        page.wait_for_status("live")
        kernel.run("mine = 1", {"cellId": "mine"})
        for _ in range(3):
            kernel.run(code[2].source, {"cellId": code[2].id})
        board = page.page.locator("progress-board")
        expect(board.locator("h3")).to_have_text(["Loops", "Division", "Cells that are not in the outline"])
        expect(board.locator(".cell-title")).to_have_text(["%load_ext progressbus", "Sum up", "total / 0", "Cell mine"])
        row = board.locator(".cell").filter(has=page.page.get_by_text("total / 0", exact=True))
        expect(row).to_contain_text("1 ran it · 1 fails now · 1 is at it")
        expect(page.page.locator("attention-list")).to_contain_text(
            "3 × NameError in a row in “total / 0”")

    # To whom nbclient names no cells.
    arguments = [cell.source for cell in code], learner("taro", PROGRESSBUS_NOTEBOOK="home/ada/loops.ipynb")
    thread = threading.Thread(target=run_notebook, args=arguments, daemon=True)
    thread.start()
    page.expect_counter("all", 2, timeout=60_000)
    expect(row).to_contain_text("2 ran it · 2 fail now", timeout=30_000)
    thread.join(60)
    page.expect_bar("Sum up", 1)
    page.expect_bar("%load_ext progressbus", 2)
    expect(board.locator(".cell-title")).to_have_text(["%load_ext progressbus", "Sum up", "total / 0", "Cell mine"])


def test_a_cell_without_an_id_is_found_by_its_tag(browser, stack, course, learner, upload, open_page, tmp_path):
    """JupyterLab makes up new ids for a notebook of an older format, other ones for each learner."""
    notebook = new_notebook(metadata=PYTHON, cells=[
        new_code_cell(LOAD), new_code_cell("# The answer\nanswer = 41", metadata={"tags": ["exercise:answer"]})])
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]
    nbformat.validate(notebook)
    assert "version 1" in upload(notebook, "lesson.ipynb")
    jupyter = JupyterServer("lab", tmp_path / "jupyter", learner("ada"))
    context = browser.new_context()
    try:
        nbformat.write(notebook, jupyter.lessons / "lesson.ipynb")
        jupyter.run_all(context.new_page(), "lesson.ipynb")
        page = open_page(f"{stack.url}?course={course}", allowed_errors=("503", "404", "WebSocket"))
        board = page.page.locator("progress-board")
        page.expect_bar("The answer", 1, timeout=60_000)
        row = board.locator(".cell").filter(has=page.page.get_by_text("The answer", exact=True))
        expect(row).to_contain_text("1 ran it")
        expect(page.page.locator("exercise-board .cell")).to_contain_text("“The answer”")
    finally:
        context.close()
        jupyter.stop()
