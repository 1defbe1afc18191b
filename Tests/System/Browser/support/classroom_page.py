"""The page as a teacher sees it."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

STATES = ["help", "stuck", "behind", "idle", "on_track", "done"]

#: Chromium breaks off every request when some program of the machine (a container engine, say) adds or
#: removes a network interface. The page tries again; its own files only the browser's user can ask for.
NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"

RECORD_STATUSES = """
window.statuses = [];
addEventListener("DOMContentLoaded", () => {
  const status = document.querySelector("connection-status");
  new MutationObserver(() => window.statuses.push(status.dataset.status))
    .observe(status, {attributes: true, attributeFilter: ["data-status"]});
});
"""


class ClassroomPage:
    def __init__(self, page: Page, url: str, allowed_errors: tuple[str, ...] = ()):
        self.page = page
        self.url = url
        self.faults: list[str] = []
        self.allowed_errors = allowed_errors
        self.was_cut_off = False
        host = urlsplit(url).netloc
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", lambda message: self._console(message))
        page.on("request", lambda request: self._request(request.url, host))
        page.add_init_script(RECORD_STATUSES)

    def _console(self, message) -> None:
        if message.type != "error":
            return
        if NETWORK_CHANGED in message.text:
            self.was_cut_off = True
        elif not any(x in message.text for x in self.allowed_errors):
            self.faults.append(f"console: {message.text}")

    def _request(self, url: str, host: str) -> None:
        if urlsplit(url).netloc != host:
            self.faults.append(f"asked another host: {url}")

    def open(self) -> None:
        """Opens the page, and again when its files were broken off."""
        for _ in range(3):
            self.was_cut_off = False
            self.page.goto(self.url)
            if not self.was_cut_off:
                return

    def wait_for_status(self, *statuses: str, timeout: float = 20_000) -> None:
        selector = ", ".join(f"connection-status[data-status={status}]" for status in statuses)
        self.page.wait_for_selector(selector, timeout=timeout)

    @property
    def statuses(self) -> list[str]:
        return self.page.evaluate("window.statuses")

    def counters(self) -> dict[str, int]:
        return {
            state: int(self.page.inner_text(f".counter[data-state={state}] .count").replace(",", ""))
            for state in STATES
        }

    def bars(self) -> list[tuple[str, int, str]]:
        """Title, solved, and the description with solved, reached and total."""
        return [
            (
                bar.query_selector(".cell-title").inner_text(),
                int(bar.query_selector(".count").inner_text().replace(",", "")),
                bar.query_selector(".meter").get_attribute("aria-label"),
            )
            for bar in self.page.query_selector_all(".cells > li")
        ]

    def expect_counter(self, state: str, count: int, timeout: float = 15_000) -> None:
        counter = self.page.locator(f".counter[data-state={state}] .count")
        expect(counter).to_have_text(str(count), timeout=timeout)

    def expect_bar(self, title: str, solved: int, timeout: float = 15_000) -> None:
        bar = self.page.locator(".cells > li").filter(
            has=self.page.get_by_text(title, exact=True))
        expect(bar.locator(".count")).to_have_text(str(solved), timeout=timeout)

    def queue(self):
        return self.page.locator("help-queue .name")
