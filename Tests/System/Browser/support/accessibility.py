"""What axe finds on a page."""

from __future__ import annotations

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

#: A tile of the roster shortens a name by an ellipsis: the learner's drawer has all of it.
CLIPPED = """
  [...document.querySelectorAll(
    ".counter *, .figures, .learner-line *, h2, .legend *, button.small, .card *, .facts *, .tag, "
    + ".mirror-table .name, :not(.tile) > .name")]
    .filter((node) => node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1
      && getComputedStyle(node).display !== "inline" && !node.closest("svg"))
    .map((node) => node.outerHTML.slice(0, 120))
"""


def serious_findings(page: Page) -> list[str]:
    results = Axe().run(page)
    return [
        f"{finding['id']}: {finding['help']}: {node['html'][:160]}"
        for finding in results["violations"] if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]
