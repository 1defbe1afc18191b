"""The pictures of the documentation, and the page as it is when they are taken."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from playwright.sync_api import Browser, Page

from .class_server import ClassServer, outline
from .classroom_page import ClassroomPage
from .operations_server import OperationsServer, in_trouble, letter
from .school import LEARNERS, School
from .simulated_class import LESSON, fill, run

ENGLISH, JAPANESE = "en-GB", "ja-JP"
PICTURES = {
    "class-of-30": {"learners": 30, "size": (1440, 1000)},
    "class-of-30-dark": {"learners": 30, "size": (1440, 1000), "scheme": "dark"},
    "class-alert": {"learners": 30, "size": (1440, 640), "failing": 12},
    "class-by-outline": {"learners": 30, "size": (1440, 1000), "outlined": True},
    "class-of-30-japanese": {"learners": 30, "size": (1440, 1000), "locale": JAPANESE},
    "phone": {"learners": 30, "size": (390, 844), "whole": True},
    "phone-small-japanese-dark": {
        "learners": 30, "size": (320, 640), "scheme": "dark", "locale": JAPANESE, "whole": True},
    "learner": {"learners": 30, "size": (1440, 1000), "drawer": True},
    "learner-phone-japanese": {"learners": 30, "size": (390, 844), "locale": JAPANESE, "drawer": True},
}

#: Of the simulated class of `progressbus up --demo`.
SCHOOL_PICTURES = {
    "class-of-300-projector": {},
    "class-of-300-dark-japanese": {"scheme": "dark", "locale": JAPANESE},
}

OPERATIONS_PICTURES = {
    "operations": {"size": (1440, 1000)},
    "operations-phone-japanese-dark": {
        "size": (390, 844), "scheme": "dark", "locale": JAPANESE, "whole": True},
    "operations-dead-letter": {"size": (1440, 1000), "drawer": True},
}


def class_time() -> str:
    """A time zone in which it is past ten in the morning now."""
    offset = 10 - datetime.now(timezone.utc).hour
    if offset < -12:
        offset += 24
    # The sign is what POSIX makes of it: west counts.
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


@contextmanager
def posed(
    browser: Browser, *, learners, size, scheme="light", locale=ENGLISH, whole=False, drawer=False, failing=0,
    outlined=False,
) -> Iterator[Page]:
    """The page with a class at work; `failing` of its learners fail at one cell, `outlined` with titles of cells."""
    server = ClassServer()
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale,
        timezone_id=class_time(), reduced_motion="reduce")
    try:
        fill(server, learners, japanese=locale == JAPANESE)
        if outlined:
            server.outlines["python-1"] = outline("03-loops.ipynb", LESSON)
        classroom = ClassroomPage(context.new_page(), server.url)
        classroom.open()
        classroom.wait_for_status("live", timeout=30_000)
        page = classroom.page
        chance = random.Random(1)
        students = [event for event in server.journal if event["event_type"] == "notebook_opened"]
        for opened in chance.sample(students, 18):
            event = {key: opened[key] for key in ("course_id", "student_id", "student_name", "notebook_path")}
            server.publish(event | run(chance.randint(4, 8), chance.random() < 0.3, chance))
        page.wait_for_function("() => document.querySelectorAll('live-feed li').length >= 18")
        for opened in chance.sample(students, failing):
            event = {key: opened[key] for key in ("course_id", "student_id", "student_name", "notebook_path")}
            server.publish(event | run(6, True, chance))
        if failing:
            page.wait_for_selector("class-alerts li")
        if drawer:
            page.locator("attention-list .learner-line").first.click()
            page.wait_for_selector("dialog .timeline li")
        if whole:
            # Rather than a full-page picture: what is out of view is not laid out.
            page.set_viewport_size({"width": width, "height": page.evaluate("document.body.scrollHeight")})
        yield page
    finally:
        context.close()
        server.stop()


@contextmanager
def posed_school(browser: Browser, school: School, *, scheme="light", locale=ENGLISH) -> Iterator[Page]:
    """A class of 300 at work, while much of it fails at one cell."""
    context = browser.new_context(
        viewport={"width": 1920, "height": 1080}, color_scheme=scheme, locale=locale, timezone_id=class_time(),
        reduced_motion="reduce")
    try:
        school.fail_together("comprehension", 8)
        classroom = ClassroomPage(context.new_page(), school.page_url)
        classroom.open()
        classroom.wait_for_status("live", timeout=60_000)
        page = classroom.page
        page.wait_for_selector("class-alerts li", timeout=60_000)
        page.wait_for_selector("exercise-board li")
        # The tiles are painted in parts.
        page.wait_for_function("(count) => document.querySelectorAll('.tile').length >= count", arg=LEARNERS, timeout=60_000)
        yield page
    finally:
        context.close()


@contextmanager
def posed_operations(
    browser: Browser, *, size, scheme="light", locale=ENGLISH, whole=False, drawer=False,
) -> Iterator[Page]:
    """The operators' page on a bad day."""
    server = OperationsServer()
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale, timezone_id="Etc/GMT",
        reduced_motion="reduce")
    try:
        in_trouble(server)
        reason = 'new row for relation "progress_events" violates check constraint "no_such_course" (23514)'
        server.letters = [letter(number, reason=reason) for number in (1, 2)] + server.letters[-2:]
        page = context.new_page()
        ClassroomPage(page, server.url).open()
        page.wait_for_selector(".dead-letter-line")
        page.wait_for_selector("mirror-panel tbody tr")
        if drawer:
            page.locator(".dead-letter-line").first.click()
            page.wait_for_function("() => document.querySelector('.payload').textContent !== ''")
        if whole:
            page.set_viewport_size({"width": width, "height": page.evaluate("document.body.scrollHeight")})
        yield page
    finally:
        context.close()
        server.stop()
