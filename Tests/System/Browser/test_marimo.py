"""From a marimo notebook in its editor to the teacher's screen."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

from kernel import environment
from playwright.sync_api import expect

from support.private_stack import DIES_WITH_US, free_ports

NOTEBOOK = '''\
import marimo

app = marimo.App()


@app.cell
def start():
    x = 6
    return (x,)


@app.cell
def divide(x):
    1 / (x - 6)
    return


if __name__ == "__main__":
    app.run()
'''


def test_what_runs_in_marimos_editor_is_on_the_page(stack, browser, open_page, tmp_path: Path):
    course = f"course-{uuid.uuid4()}"
    (tmp_path / "lesson.py").write_text(NOTEBOOK, "utf-8")
    (port,) = free_ports(1)
    env = environment(
        stack.url, tmp_path, PROGRESSBUS_STUDENT="mari", PROGRESSBUS_COURSE=course, PROGRESSBUS_ROOT=str(tmp_path),
        MARIMO_SKIP_UPDATE_CHECK="1", HOME=str(tmp_path))
    with (tmp_path / "marimo.log").open("wb") as log:
        editor = subprocess.Popen(
            [*DIES_WITH_US, sys.executable, "-m", "marimo", "edit", "lesson.py", "--headless", "--no-token", f"--port={port}"],
            env=env, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    context = browser.new_context()
    try:
        learner = context.new_page()
        expect_reachable(learner, f"http://127.0.0.1:{port}/")
        # The editor takes keys once it has its kernel.
        for _ in range(60):
            learner.keyboard.press("ControlOrMeta+Shift+r")
            learner.wait_for_timeout(500)
            if learner.get_by_text("division by zero").first.is_visible():
                break
        teacher = open_page(f"{stack.url}?course={course}", allowed_errors=("404", "503", "WebSocket"))
        teacher.wait_for_status("live", timeout=60_000)
        teacher.expect_counter("all", 1, timeout=60_000)
        bars = teacher.page.locator(".cells > li")
        expect(bars).to_have_count(2)
        expect(bars.nth(1)).to_contain_text("ZeroDivisionError")
        feed = teacher.page.locator("live-feed li")
        # marimo ends its kernels by a signal.
        editor.terminate()
        expect(feed.first).to_contain_text("closed lesson", timeout=30_000)
        editor.wait(30)
    finally:
        context.close()
        editor.kill()
        editor.wait()


def expect_reachable(page, url: str) -> None:
    for _ in range(100):
        try:
            page.goto(url)
            return
        except Exception as error:
            if "ERR_CONNECTION_REFUSED" not in str(error):
                raise
            page.wait_for_timeout(300)
    raise AssertionError(f"{url} cannot be reached")
