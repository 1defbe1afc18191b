"""Takes the pictures of the documentation: usage: take_screenshots.py FOLDER"""

from __future__ import annotations

import os
import random
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from support.class_server import ClassServer
from support.simulated_class import fill, run

ENGLISH, JAPANESE = "en-GB", "ja-JP"
PICTURES = {
    "class-of-30": {"learners": 30, "size": (1440, 1000)},
    "class-of-30-dark": {"learners": 30, "size": (1440, 1000), "scheme": "dark"},
    "class-of-300-projector": {"learners": 300, "size": (1920, 1080)},
    "class-of-300-dark-japanese": {"learners": 300, "size": (1920, 1080), "scheme": "dark", "locale": JAPANESE},
    "class-of-30-japanese": {"learners": 30, "size": (1440, 1000), "locale": JAPANESE},
    "phone": {"learners": 30, "size": (390, 844), "whole": True},
    "phone-small-japanese-dark": {
        "learners": 30, "size": (320, 640), "scheme": "dark", "locale": JAPANESE, "whole": True},
    "learner": {"learners": 30, "size": (1440, 1000), "drawer": True},
    "learner-phone-japanese": {"learners": 30, "size": (390, 844), "locale": JAPANESE, "drawer": True},
}


def take(
    browser: Browser, file: Path, *, learners, size, scheme="light", locale=ENGLISH, whole=False, drawer=False,
) -> None:
    server = ClassServer()
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale,
        timezone_id="Asia/Tokyo", reduced_motion="reduce")
    try:
        japanese = locale == JAPANESE
        fill(server, learners, japanese=japanese)
        page = context.new_page()
        page.goto(server.url)
        page.wait_for_selector("connection-status[data-status=live]")
        chance = random.Random(1)
        students = [event for event in server.journal if event["event_type"] == "notebook_opened"]
        for opened in chance.sample(students, 18):
            event = {key: opened[key] for key in ("course_id", "student_id", "student_name", "notebook_path")}
            server.publish(event | run(chance.randint(4, 8), chance.random() < 0.3, chance))
        page.wait_for_function("() => document.querySelectorAll('live-feed li').length >= 18")
        if drawer:
            page.locator("attention-list .learner-line").first.click()
            page.wait_for_selector("dialog .timeline li")
        if whole:
            # Rather than a full-page picture: what is out of view is not laid out.
            page.set_viewport_size({"width": width, "height": page.evaluate("document.body.scrollHeight")})
        page.screenshot(path=file)
    finally:
        context.close()
        server.stop()


def main(folder: Path) -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        sys.exit("no chromium in PATH: install the Debian package chromium, or set CHROMIUM")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, picture in PICTURES.items():
            take(browser, folder / f"{name}.png", **picture)
            print(folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
