"""The page in hand: keyboard, screen reader, languages, appearance, small and large screens."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.accessibility import CLIPPED, serious_findings
from support.simulated_class import NOTEBOOK, fill

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>"


@pytest.fixture
def page(server, open_page):
    fill(server, 30)
    page = open_page(server.url)
    page.wait_for_status("live")
    return page


@pytest.mark.parametrize(
    ("width", "locale", "scheme"),
    [(320, "en-GB", "light"), (320, "ja-JP", "dark"), (1440, "en-GB", "dark"), (1440, "ja-JP", "light")])
def test_accessibility_has_no_serious_finding(server, open_page, scheme, locale, width):
    fill(server, 60, cells=30, japanese=locale == "ja-JP")
    server.kept_days["python-1"] = 180
    page = open_page(
        server.url, locale=locale, color_scheme=scheme, reduced_motion="reduce",
        viewport={"width": width, "height": 900})
    page.wait_for_status("live")
    server.publish({"course_id": "python-1", "student_id": "student001@example.org",
                    "notebook_path": NOTEBOOK, "event_type": "notebook_saved"})
    page.page.wait_for_selector("live-feed li")
    expect(page.page.locator("learner-roster")).to_contain_text(
        "180 日後に削除" if locale == "ja-JP" else "is deleted after 180 days")
    assert serious_findings(page.page) == []
    page.page.locator("attention-list .learner-line").first.click()
    page.page.wait_for_selector("dialog .timeline li")
    assert serious_findings(page.page) == []


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_nothing_is_wider_than_the_screen(server, open_page, locale):
    fill(server, 30, japanese=locale == "ja-JP")
    server.publish({"course_id": "python-1", "student_id": "x" * 128, "student_name": "W" * 256,
                    "team": "T" * 128, "notebook_path": NOTEBOOK, "event_type": "help"}, to_live=False)
    page = open_page(server.url, locale=locale)
    page.wait_for_status("live")
    page.expect_counter("all", 31)
    for width in [320, 390, 768, 1024, 1440, 1920]:
        page.page.set_viewport_size({"width": width, "height": 900})
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.page.evaluate(CLIPPED) == [], width


def test_a_learner_opens_by_keyboard_and_the_focus_comes_back(page, server):
    line = page.page.locator("attention-list .learner-line").first
    name = line.locator(".name").inner_text()
    line.focus()
    page.page.keyboard.press("Enter")
    dialog = page.page.get_by_role("dialog", name=name)
    expect(dialog).to_be_visible()
    expect(dialog.locator(".timeline li").first).to_be_visible()
    assert page.page.evaluate("document.querySelector('dialog[open]').contains(document.activeElement)")
    shown = dialog.locator(".timeline li").count()
    student = dialog.locator("dd").last.inner_text()
    server.publish({"course_id": "python-1", "student_id": student, "notebook_path": NOTEBOOK,
                    "event_type": "notebook_saved"})
    expect(dialog.locator(".timeline li")).to_have_count(shown + 1)
    page.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.page.evaluate("document.activeElement.querySelector('.name')?.textContent") == name


def test_the_focus_stays_on_a_learner_who_moves_up(page, server):
    lines = page.page.locator("attention-list .learner-line")
    last = lines.last
    student = last.locator("xpath=..").get_attribute("data-learner")
    last.focus()
    first = lines.first.locator("xpath=..").get_attribute("data-learner")
    assert student != first
    error = {"course_id": "python-1", "student_id": student, "notebook_path": NOTEBOOK,
             "event_type": "cell_executed", "cell_id": "cell-00", "cell_index": 0, "has_error": True}
    server.publish(*[dict(error) for _ in range(9)])
    expect(page.page.locator("attention-list li").first).to_have_attribute("data-learner", student)
    assert page.page.evaluate("document.activeElement.parentElement.dataset.learner") == student


def test_a_counter_filters_the_learners(page):
    count = page.counters()["on_track"]
    counter = page.page.locator(".counter[data-state=on_track]")
    counter.focus()
    page.page.keyboard.press("Space")
    expect(page.page.locator(".tile")).to_have_count(count)
    expect(counter).to_have_attribute("aria-pressed", "true")
    page.page.keyboard.press("Space")
    expect(page.page.locator(".tile")).to_have_count(30)


def test_a_counter_pressed_twice_between_two_paintings_shows_everyone(page):
    tiles = page.page.locator(".tile")
    page.page.locator(".counter[data-state=on_track]").click()
    expect(tiles).to_have_count(page.counters()["on_track"])
    page.page.evaluate("""() => {
      const counter = document.querySelector(".counter[data-state=stuck]");
      counter.click();
      counter.click();
    }""")
    expect(tiles).to_have_count(30)


def test_a_learner_is_found_by_name(page):
    name = page.page.locator(".tile .name").nth(5).inner_text()
    page.page.get_by_role("searchbox").fill(name.upper())
    expect(page.page.locator(".tile .name").first).to_have_text(name)
    assert page.page.locator(".tile").count() < 30


def test_the_language_follows_the_browser_and_the_switch_is_remembered(server, open_page):
    fill(server, 3)
    page = open_page(server.url, locale="ja-JP")
    page.wait_for_status("live")
    expect(page.page.locator("help-queue h2")).to_have_text("ヘルプ待ち")
    expect(page.page.locator("html")).to_have_attribute("lang", "ja")
    page.page.select_option("#language", "en")
    expect(page.page.locator("help-queue h2")).to_have_text("Help queue")
    page.page.reload()
    expect(page.page.locator("help-queue h2")).to_have_text("Help queue")
    expect(page.page.locator("html")).to_have_attribute("lang", "en")


def test_the_appearance_follows_the_system_and_the_switch_is_remembered(server, open_page):
    fill(server, 3)
    page = open_page(server.url, color_scheme="dark")
    page.wait_for_status("live")
    dark = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    body = page.page.locator("body")
    page.page.select_option("#theme", "light")
    expect(body).not_to_have_css("background-color", dark)
    page.page.reload()
    expect(body).not_to_have_css("background-color", dark)


def test_what_learners_write_is_shown_and_never_run(server, open_page):
    fields = {"course_id": "python-1", "student_id": HOSTILE[:128], "student_name": HOSTILE,
              "team": HOSTILE[:128], "notebook_path": f"{HOSTILE}.ipynb"}
    run = {"event_type": "cell_executed", "cell_id": HOSTILE[:128], "has_error": True,
           "error_name": HOSTILE, "error_message": HOSTILE}
    server.publish(fields | run, to_live=False)
    page = open_page(server.url)
    page.wait_for_status("live")
    server.publish(fields | run, fields | run, fields | {"event_type": "help"})
    expect(page.queue()).to_have_text([HOSTILE])
    page.page.locator("help-queue .learner-line").click()
    expect(page.page.locator("dialog h2")).to_have_text(HOSTILE)
    expect(page.page.locator("dialog .timeline li")).to_have_count(4)
    assert page.page.locator("img[src=x], script:not([src])").count() == 0
    assert "owned" not in page.page.title()


def test_the_feed_can_be_paused(page, server):
    def save(number):
        server.publish({"course_id": "python-1", "student_id": f"student{number:03}@example.org",
                        "notebook_path": NOTEBOOK, "event_type": "notebook_saved"})

    lines = page.page.locator("live-feed li")
    save(1)
    expect(lines).to_have_count(1)
    page.page.get_by_role("button", name="Pause").click()
    save(2)
    save(3)
    expect(page.page.locator("live-feed")).to_contain_text("2 events held")
    expect(lines).to_have_count(1)
    page.page.get_by_role("button", name="Resume").click()
    expect(lines).to_have_count(3)
