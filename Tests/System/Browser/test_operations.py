"""The operators' page in hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.accessibility import CLIPPED, serious_findings
from support.layout import layout_faults
from support.operations_server import in_trouble, letter, sink, worker

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>"


@pytest.fixture
def page(operations, open_page):
    return opened(operations, open_page)


def opened(operations, open_page, **options):
    page = open_page(operations.url, **options)
    page.wait_for_status("live")
    return page.page


@pytest.mark.parametrize(
    ("width", "locale", "scheme"),
    [(320, "en-GB", "light"), (320, "ja-JP", "dark"), (1440, "en-GB", "dark"), (1440, "ja-JP", "light")])
def test_accessibility_has_no_serious_finding(operations, open_page, scheme, locale, width):
    in_trouble(operations)
    page = opened(operations, open_page, locale=locale, color_scheme=scheme, reduced_motion="reduce",
                  viewport={"width": width, "height": 900}, allowed_errors=("503",))
    page.locator("sinks-panel summary").first.click()
    assert serious_findings(page) == []
    page.locator(".dead-letter-line").first.click()
    expect(page.locator(".payload")).to_contain_text("s-0")
    assert serious_findings(page) == []
    page.locator("dead-letter-drawer button.danger").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert serious_findings(page) == []


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_nothing_is_wider_than_the_screen(operations, open_page, locale):
    in_trouble(operations)
    operations.letters.insert(0, letter(200, reason="W" * 2000, event_type="x" * 128))
    page = opened(operations, open_page, locale=locale, allowed_errors=("503",))
    page.locator("sinks-panel summary").first.click()
    for width in [320, 390, 768, 1024, 1440, 1920]:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CLIPPED) == [], width
        assert layout_faults(page) == [], width
    page.locator(".dead-letter-line").first.click()
    expect(page.locator(".payload")).to_contain_text("s-200")
    for width in [320, 1440]:
        page.set_viewport_size({"width": width, "height": 900})
        assert layout_faults(page) == [], width


def test_every_state_is_said_in_words(operations, open_page):
    in_trouble(operations)
    page = opened(operations, open_page, allowed_errors=("503",))
    bus = page.locator("bus-panel")
    expect(bus).to_contain_text("In danger")
    expect(bus).to_contain_text("set maxmemory-policy to noeviction")
    expect(bus).to_contain_text("set appendonly to yes")
    expect(bus).to_contain_text("The journal is nearly full")
    expect(bus.get_by_role("meter")).to_have_attribute("aria-valuenow", "82")
    influx = page.locator("[data-sink=influxdb]")
    expect(influx).to_contain_text("Down, trying again")
    expect(influx).to_contain_text("connection refused")
    expect(influx.locator("dd").first).to_contain_text("1,204")
    postgres = page.locator("[data-sink=postgres]")
    expect(postgres).to_contain_text("No worker")
    expect(postgres.locator("dd").first).to_have_text("Unknown")
    postgres.locator("summary").click()
    expect(postgres).to_contain_text("host-2-b · silent for 1 min")
    mirror = page.locator("mirror-panel")
    expect(mirror).to_contain_text("Unhealthy")
    expect(mirror).to_contain_text("7 rows were given up")
    # Each has a shape of its own as well.
    shapes = page.locator("[data-sink] .state-mark svg").evaluate_all("nodes => nodes.map((n) => n.dataset.icon)")
    assert len(set(shapes)) == 2


def test_what_changes_shows_by_itself(operations, page):
    lag = page.locator("[data-sink=postgres] dd").first
    expect(lag).to_have_text("0")
    operations.sinks = [sink("postgres", lag=500)]
    expect(lag).to_have_text("500 (rising)", timeout=8_000)
    operations.sinks = [sink("postgres", lag=100)]
    expect(lag).to_contain_text("100", timeout=8_000)
    expect(page.locator("[data-sink=influxdb]")).to_have_count(0)


def test_a_letter_is_looked_into_by_keyboard_and_forgotten_again(operations, page):
    operations.letters = [letter(1), letter(2)]
    line = page.locator(".dead-letter-line").nth(1)
    expect(line).to_be_visible(timeout=8_000)
    expect(line).to_contain_text("01890f3e-7b1c-7cc3-98c4-000000000002")
    assert "s-2" not in page.content()
    line.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="Dead letter")
    expect(drawer.locator(".payload")).to_have_text('{\n  "student_id": "s-2"\n}')
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(line).to_be_focused()
    # The dialog's `close` is told in a task of its own, after it is hidden.
    expect(page.locator("dead-letter-drawer .payload")).to_have_text("")
    assert "s-2" not in page.content()


def test_one_letter_is_replayed_and_another_stays_invalid(operations, page):
    operations.letters = [letter(1), letter(2, "bus", "no JSON", event_type=None, event_id=None, payload="garbage")]
    lines = page.locator(".dead-letter-line")
    expect(lines).to_have_count(2, timeout=8_000)
    lines.first.click()
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.locator("dead-letters-panel .result")).to_have_text("1 replayed.")
    expect(lines).to_have_count(1)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(lines.first).to_be_focused()
    lines.first.click()
    expect(page.locator(".payload")).to_have_text("garbage")
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("1 is still no valid event, and stays.")


def test_a_purge_says_how_many_and_leaves_alone_what_comes_later(operations, page):
    operations.letters = [letter(number) for number in range(1, 131)] + [letter(500, "influxdb", "type conflict")]
    panel = page.locator("dead-letters-panel")
    expect(panel).to_contain_text("The oldest 50 of 131", timeout=8_000)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".dead-letter-line")).to_have_count(100)
    page.get_by_label("Reason holds").fill("COURSE")
    expect(panel).to_contain_text("The oldest 50; there are more")
    page.get_by_role("button", name="Purge these…").click()
    dialog = page.get_by_role("alertdialog", name="Purge 130 dead letters?")
    expect(dialog).to_contain_text("Those whose reason holds “COURSE”. What is purged cannot be brought back.")
    operations.letters.append(letter(900))
    # No is the answer that Enter, Escape and chance give.
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert len(operations.letters) == 132
    operations.letters.pop()
    page.get_by_role("button", name="Purge these…").click()
    expect(dialog).to_be_visible()
    operations.letters.append(letter(900))
    dialog.get_by_role("button", name="Purge").click()
    expect(panel.locator(".result")).to_have_text("130 purged.")
    expect(page.locator(".dead-letter-line")).to_have_count(1)
    assert [each["id"] for each in operations.letters] == [letter(500)["id"], letter(900)["id"]]
    page.get_by_label("Reason holds").fill("nothing like it")
    expect(panel).to_contain_text("No dead letter matches.")


def test_a_refusal_of_the_server_is_shown(operations, open_page):
    operations.letters = [letter(1)]
    page = opened(operations, open_page, allowed_errors=("503",))
    expect(page.locator(".dead-letter-line")).to_have_count(1)
    operations.problem = "the event bus is unavailable: connection refused"
    page.get_by_role("button", name="Replay these…").click()
    expect(page.locator("dead-letters-panel .result")).to_contain_text("connection refused")
    expect(page.locator("bus-panel")).to_contain_text("This could not be read: the event bus is unavailable")
    operations.problem = None
    expect(page.locator("bus-panel .part-problem")).to_be_hidden(timeout=8_000)


def test_the_mirror_is_flushed_and_its_failures_are_sent_again(operations, page):
    operations.failed = {"progress_events": 7}
    operations.letters = [letter(1), letter(2, "bigquery", "invalid", event_type=None,
                                            source_table="progress_events", source_key="e-2")]
    mirror = page.locator("mirror-panel")
    page.get_by_role("button", name="Send now").click()
    expect(mirror).to_contain_text("12 sent, 3 to be tried again, 0 given up, 3 waiting.")
    page.get_by_role("button", name="Show failed rows").click()
    expect(page.get_by_role("combobox", name="Sink")).to_be_focused()
    expect(page.get_by_role("combobox", name="Sink")).to_have_value("bigquery")
    expect(page.locator(".dead-letter-line")).to_have_count(1)
    expect(page.locator(".dead-letter-line")).to_contain_text("progress_events")
    page.get_by_role("button", name="Retry 7 failed rows").click()
    expect(mirror).to_contain_text("7 rows are on their way again.")
    expect(page.get_by_role("button", name="Retry 0 failed rows")).to_be_disabled()


def test_a_mirror_that_is_off_is_said_to_be_off(operations, open_page):
    operations.is_mirror_on = False
    page = opened(operations, open_page)
    mirror = page.locator("mirror-panel")
    expect(mirror).to_contain_text("The mirror is off: nothing is sent to BigQuery.")
    expect(mirror.locator(".state-mark")).to_have_text("Off")
    expect(page.get_by_role("button", name="Send now")).to_be_hidden()


def test_a_server_that_does_not_answer_is_said_to_be_unreachable(operations, open_page):
    operations.letters = [letter(1)]
    page = open_page(operations.url, allowed_errors=("ERR_CONNECTION",))
    page.wait_for_status("live")
    expect(page.page.locator(".dead-letter-line")).to_have_count(1)
    operations.disconnect()
    page.wait_for_status("unreachable", timeout=15_000)
    expect(page.page.get_by_role("alert")).to_contain_text("The server cannot be reached. What is shown is from")
    # What is known stays, and nothing can be ordered.
    expect(page.page.locator(".dead-letter-line")).to_have_count(1)
    expect(page.page.get_by_role("button", name="Purge these…")).to_be_disabled()
    operations.reconnect()
    page.wait_for_status("live", timeout=30_000)
    expect(page.page.get_by_role("alert")).to_be_hidden()


def test_nothing_is_asked_while_nobody_looks(operations, page):
    def see(state: str) -> None:
        page.evaluate("""(state) => {
          Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
          document.dispatchEvent(new Event("visibilitychange"));
        }""", state)

    see("hidden")
    page.wait_for_load_state("networkidle")
    asked = len(operations.requests)
    # Longer than two rounds take.
    page.wait_for_timeout(7_000)
    assert len(operations.requests) == asked
    with page.expect_response("**/api/v1/bus*"):
        see("visible")


def test_what_letters_hold_is_shown_and_never_run(operations, open_page):
    operations.letters = [letter(1, HOSTILE[:64], HOSTILE, event_type=HOSTILE, payload=HOSTILE, full_reason=HOSTILE)]
    operations.sinks = [sink(HOSTILE, worker(HOSTILE), last_error=HOSTILE,
                             last_error_at="2026-04-01T09:00:00.000000Z")]
    page = opened(operations, open_page)
    page.locator(".dead-letter-line").click()
    expect(page.locator(".payload")).to_have_text(HOSTILE)
    assert page.locator("img[src=x], script:not([src])").count() == 0
    assert "owned" not in page.title()


def test_both_pages_lead_to_each_other_and_share_their_settings(operations, open_page):
    page = opened(operations, open_page, locale="ja-JP")
    expect(page.locator("bus-panel h2")).to_have_text("イベントバス")
    page.select_option("#language", "en")
    expect(page.locator("bus-panel h2")).to_have_text("Event bus")
    expect(page.get_by_role("link", name="Operations")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="Classroom")).to_have_attribute("href", "/")
    page.reload()
    expect(page.locator("bus-panel h2")).to_have_text("Event bus")


def test_the_teachers_page_leads_to_the_operators_page(server, open_page):
    page = open_page(server.url).page
    link = page.get_by_role("link", name="Operations")
    expect(link).to_have_attribute("href", "/ops")
    expect(page.get_by_role("link", name="Classroom")).to_have_attribute("aria-current", "page")
