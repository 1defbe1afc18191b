"""Alerts on the class: what many fail at, told once, with a sound and a desktop notice for those who want them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from support.accessibility import CLIPPED, serious_findings
from support.simulated_class import NOTEBOOK

#: Notes what a teacher would hear and see beside the page.
SIGNALS = """
window.tones = [];
window.notices = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  window.tones.push(this.frequency.value);
  return start.apply(this, when);
};
window.Notification = class {
  static permission = "default";
  static async requestPermission() {
    return (this.permission = window.answer ?? "granted");
  }
  constructor(title, { body, tag }) { window.notices.push({ title, body, tag }); }
};
"""


def ran(number: int, cell: int = 6, error: str | None = None) -> dict:
    return {
        "course_id": "python-1", "student_id": f"s{number}", "student_name": f"Learner {number}",
        "notebook_path": NOTEBOOK, "event_type": "cell_executed", "cell_id": f"c{cell}", "cell_index": cell,
        "has_error": error is not None, "error_name": error, "duration_ms": 5,
    }


def fail(server, learners: range, cell: int = 6) -> None:
    server.publish(*[ran(n, cell, "NameError" if n % 4 else "TypeError") for n in learners])


@pytest.fixture
def page(server, open_page):
    server.publish(*[ran(number, 0) for number in range(1, 31)], to_live=False)
    page = open_page(server.url)
    page.page.add_init_script(SIGNALS)
    page.page.reload()
    page.wait_for_status("live")
    return page


def lines(page):
    return page.page.locator("class-alerts li")


def test_a_class_that_fails_is_told_once_while_it_does(page, server):
    panel = page.page.get_by_role("region", name="Alerts on the class")
    expect(panel).to_contain_text("No place where many fail.")
    fail(server, range(1, 9))
    expect(page.page.locator("class-alerts li")).to_have_count(0)
    fail(server, range(9, 13))
    expect(lines(page)).to_have_text(["12 of 30 fail at Cell 7, mostly NameError"])
    voice = panel.get_by_role("alert")
    expect(voice).to_have_text(re.compile(r"^(9|1[0-2]) of 30 fail at Cell 7, mostly NameError$"))
    server.publish(*[ran(n, 6) for n in range(1, 13)])
    expect(lines(page)).to_have_count(0)
    expect(panel).to_contain_text("No place where many fail.")
    expect(voice).to_have_text("")
    # The same cause again is no news; another one is.
    fail(server, range(1, 13))
    expect(lines(page)).to_have_count(1)
    expect(voice).to_have_text("")
    fail(server, range(13, 25), cell=8)
    expect(lines(page)).to_have_count(2)
    expect(voice).to_contain_text("fail at Cell 9")
    assert page.page.evaluate("[tones, notices]") == [[], []]
    assert serious_findings(page.page) == []


def test_sound_and_notice_are_for_those_who_want_them(page, server):
    panel = page.page.get_by_role("region", name="Alerts on the class")
    sound = panel.get_by_role("checkbox", name="Sound")
    # By keyboard alone.
    sound.focus()
    page.page.keyboard.press("Space")
    expect(sound).to_be_checked()
    assert page.page.evaluate("tones") == [660, 880]
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Space")
    expect(panel.get_by_role("checkbox", name="Desktop notice")).to_be_checked()
    fail(server, range(1, 13))
    expect(lines(page)).to_have_count(1)
    page.page.wait_for_function("notices.length === 1 && tones.length === 4")
    notice = page.page.evaluate("notices[0]")
    assert notice["title"] == "python-1"
    assert "fail at Cell 7, mostly NameError" in notice["body"]
    # The browser remembers both, and whoever opens the page anew is told of what stands.
    page.page.reload()
    page.wait_for_status("live")
    expect(sound).to_be_checked()
    page.page.wait_for_function("tones.length === 2")
    sound.uncheck()
    page.page.reload()
    page.wait_for_status("live")
    expect(lines(page)).to_have_count(1)
    assert page.page.evaluate("tones") == []


def test_a_teacher_who_looks_at_another_tab_hears_of_it(page, server):
    page.page.get_by_role("checkbox", name="Sound").check()
    # As browsers do with a tab that is not shown.
    page.page.evaluate("""
      Object.defineProperty(document, "hidden", { value: true });
      window.requestAnimationFrame = () => 1;
      document.dispatchEvent(new Event("visibilitychange"));
      tones.length = 0;
    """)
    fail(server, range(1, 13))
    # Playwright's own waiting goes by frames, or by what the page's policy forbids.
    heard = page.page.evaluate("""
      new Promise((resolve) => {
        setInterval(() => tones.length === 2 && resolve(true), 50);
        setTimeout(() => resolve(false), 30_000);
      })
    """)
    assert heard


def test_a_browser_that_refuses_notices_says_so(page):
    page.page.evaluate("window.answer = 'denied'")
    notice = page.page.get_by_role("checkbox", name="Desktop notice")
    notice.click()
    expect(page.page.locator("class-alerts")).to_contain_text("This browser allows no notices from here.")
    expect(notice).not_to_be_checked()


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_alerts_fit_every_screen(server, open_page, locale):
    server.publish(*[ran(n, 6, "E" * 120) for n in range(1, 13)], *[ran(n, 8, "NameError") for n in range(13, 31)])
    page = open_page(server.url, locale=locale)
    page.wait_for_status("live")
    expect(lines(page)).to_have_count(2)
    for width in [320, 390, 768, 900, 1024, 1440, 1920]:
        page.page.set_viewport_size({"width": width, "height": 900})
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.page.evaluate(CLIPPED) == [], width
        # Above all else of the class.
        boxes = [page.page.locator(name).bounding_box() for name in ["class-alerts", "state-counters", "progress-board"]]
        assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes), width
    assert serious_findings(page.page) == []
