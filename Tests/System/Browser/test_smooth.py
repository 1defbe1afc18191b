"""However much happens, a frame's work stays the same; and what depends on time alone changes by itself.

Nothing here is measured in time: what is written is counted.
"""

from __future__ import annotations

import random
import time

from support.simulated_class import NOTEBOOK, fill, run

CLASS = 1_000
CELLS = 40

# One callback tells of all that was written since the last one: of one painting.
COUNT_WRITES = """
() => {
  window.paintings = [];
  const tiles = (records) => new Set(records.flatMap(({target, addedNodes, removedNodes}) =>
    [target, ...addedNodes, ...removedNodes].map((node) => (node.closest ? node : node.parentElement)?.closest("li"))
  ).filter((item) => item)).size;
  new MutationObserver((records) => window.paintings.push([records.length, tiles(records)]))
    .observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
}
"""
# The budget of the lists, the feed, and what stands for itself: counters, chart, titles.
MOST_ITEMS = 64 + 24
MOST_WRITES = 64 * 14 + 24 * 7 + 60 * 6 + 100


def most_written(page) -> tuple[int, int]:
    paintings = page.page.evaluate("window.paintings")
    assert paintings
    return max(writes for writes, _ in paintings), max(items for _, items in paintings)


def big_class(server) -> None:
    chance = random.Random(1)
    events = [
        {"course_id": "python-1", "student_id": f"s{number}", "student_name": f"Learner {number}",
         "notebook_path": NOTEBOOK} | run(cell, chance.random() < 0.3, chance)
        for number in range(CLASS) for cell in range(chance.randint(4, CELLS))
    ]
    server.publish(*events, to_live=False, at=time.time() - 60)


def wait_for_tiles(page, count: int) -> None:
    page.page.wait_for_function(
        f"document.querySelectorAll('.tile').length === {count}", timeout=120_000)


def wait_until_painted(page) -> None:
    """No painting for a while: what was left over is written."""
    page.page.evaluate("""async () => {
      let seen = -1;
      while (seen !== window.paintings.length) {
        seen = window.paintings.length;
        for (let frame = 0; frame < 10; frame += 1) await new Promise(requestAnimationFrame);
      }
    }""")


def test_a_frame_writes_a_bounded_part_of_a_class_of_a_thousand(server, open_page):
    big_class(server)
    # The page's policy would keep the test from waiting for a condition.
    page = open_page(server.url, bypass_csp=True)
    page.page.evaluate(COUNT_WRITES)
    page.wait_for_status("live", timeout=120_000)
    wait_for_tiles(page, CLASS)
    # Every name, state and number changes at once.
    page.page.select_option("#language", "ja")
    page.page.wait_for_function(
        "[...document.querySelectorAll('.tile')].every((tile) => /[ぁ-ん一-龠]/.test(tile.title))",
        timeout=120_000)
    page.page.click(".counter[data-state=stuck]")
    wait_for_tiles(page, page.counters()["stuck"])
    page.page.click(".counter[data-state=stuck]")
    wait_for_tiles(page, CLASS)
    writes, items = most_written(page)
    assert items <= MOST_ITEMS
    assert writes <= MOST_WRITES


def test_a_flood_of_events_writes_no_more_in_a_frame(server, open_page):
    big_class(server)
    # The page's policy would keep the test from waiting for a condition.
    page = open_page(server.url, bypass_csp=True)
    page.wait_for_status("live", timeout=120_000)
    wait_for_tiles(page, CLASS)
    page.page.evaluate(COUNT_WRITES)
    chance = random.Random(2)
    for _ in range(10):
        server.publish(*[
            {"course_id": "python-1", "student_id": f"s{number}", "student_name": f"Learner {number}",
             "notebook_path": NOTEBOOK} | run(chance.randrange(CELLS), chance.random() < 0.5, chance)
            for number in range(CLASS)
        ])
    progress = server.models["python-1"].progress(None, time.time())
    page.page.wait_for_function(
        "(count) => document.querySelector('.counter[data-state=stuck] .count').textContent === count",
        arg=f"{progress['states']['stuck']:,}", timeout=120_000)
    wait_until_painted(page)
    writes, items = most_written(page)
    assert items <= MOST_ITEMS
    assert writes <= MOST_WRITES
    assert page.bars()[0][1] == progress["cells"][0]["solved"]


def test_a_page_at_rest_writes_only_what_time_changes(server, open_page):
    fill(server, 300)
    page = open_page(server.url, bypass_csp=True)
    page.wait_for_status("live")
    wait_for_tiles(page, 300)
    page.page.evaluate(COUNT_WRITES)
    page.page.wait_for_timeout(3_000)
    # Waiting times and reasons; the roster and the bars stay.
    for writes, items in page.page.evaluate("window.paintings"):
        assert items <= 12 + len(page.queue().all()) + 5


def test_learners_become_idle_and_stuck_by_the_clock_alone(server, open_page):
    now = time.time()
    learner = {"course_id": "python-1", "notebook_path": NOTEBOOK}
    chance = random.Random(3)
    for name, at, cell, failed in [
        ("silent", now - 20, 0, False), ("trying", now - 20, 0, False), ("trying", now - 5, 1, True),
    ]:
        server.publish(
            learner | {"student_id": name, "student_name": name} | run(cell, failed, chance),
            to_live=False, at=at)
    page = open_page_with_clock(open_page, server)
    page.expect_counter("on_track", 2)
    # Nothing is heard any more, not even an answer that could tell.
    server.is_api_down = True
    page.page.clock.fast_forward(283_000)
    page.page.clock.run_for(2_000)
    page.expect_counter("idle", 1)
    # Heard of 4 min 50 s ago, and nothing solved for more than five minutes.
    page.expect_counter("stuck", 1)
    page.page.clock.fast_forward(15_000)
    page.page.clock.run_for(2_000)
    page.expect_counter("idle", 2)


def open_page_with_clock(open_page, server):
    page = open_page(server.url, allowed_errors=("503", "WebSocket"))
    page.page.clock.install(time=time.time())
    page.page.reload()
    page.page.clock.run_for(3_000)
    return page
