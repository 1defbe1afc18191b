"""Every picture of the documentation can be taken, and nothing in it overlaps or is cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.layout import layout_faults
from support.pictures import OPERATIONS_PICTURES, PICTURES, SCHOOL_PICTURES, posed, posed_operations

SPOILED = """
  .cell-title { width: 2px; white-space: nowrap; }
  .counter .count { margin-bottom: -1.5rem; }
  .tile .name { max-width: 1rem; }
  #course { width: 3rem; }
"""
PUBLISHED = Path(__file__).parents[3] / "docs/screenshots"


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_overlaps_or_is_cut_off(browser, name):
    with posed(browser, **PICTURES[name]) as page:
        assert layout_faults(page) == []


@pytest.mark.parametrize("name", OPERATIONS_PICTURES)
def test_nothing_overlaps_or_is_cut_off_on_the_operators_page(browser, name):
    with posed_operations(browser, **OPERATIONS_PICTURES[name]) as page:
        assert layout_faults(page) == []


def test_the_layout_check_finds_what_is_wrong(browser):
    with posed(browser, **PICTURES["class-of-30"]) as page:
        page.evaluate("(rules) => { document.adoptedStyleSheets = [new CSSStyleSheet()]; "
                      "document.adoptedStyleSheets[0].replaceSync(rules); }", SPOILED)
        faults = "\n".join(layout_faults(page))
    for expected in ["overlap: cell-title", "overlap: count", "cut off: name", "cut off: select"]:
        assert expected in faults, faults


def test_every_picture_is_in_the_documentation():
    assert {path.stem for path in PUBLISHED.glob("*.png")} == {*PICTURES, *SCHOOL_PICTURES, *OPERATIONS_PICTURES}
