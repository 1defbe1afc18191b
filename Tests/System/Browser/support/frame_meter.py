"""Measures how long the browser could not paint: by the clock inside the page, and in processor time."""

from __future__ import annotations

import base64
import gzip
import json
import time

START = """
() => {
  window.frames_ = {longest: 0, count: 0, tasks: []};
  let last = performance.now();
  const note = (time) => {
    const now = performance.now();
    window.frames_.longest = Math.max(window.frames_.longest, now - last);
    window.frames_.count += 1;
    last = now;
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.frames_.tasks.push(entry.duration);
  }).observe({entryTypes: ["longtask"]});
}
"""

READ = "() => window.frames_"


def heap_megabytes(page) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used / 1e6


class TaskMeter:
    """The processor time of the page's main thread, task by task: other programs do not count."""

    def __init__(self, page):
        self.page = page
        self.session = page.context.new_cdp_session(page)
        self.stream: str | None = None
        self.session.on("Tracing.tracingComplete", self._complete)
        categories = ["disabled-by-default-devtools.timeline"]
        self.session.send("Tracing.start", {
            "traceConfig": {"includedCategories": categories},
            "transferMode": "ReturnAsStream", "streamCompression": "gzip"})

    def _complete(self, result: dict) -> None:
        self.stream = result["stream"]

    def stop(self) -> list[float]:
        """Milliseconds, the longest first."""
        self.session.send("Tracing.end")
        deadline = time.monotonic() + 120
        while self.stream is None:
            assert time.monotonic() < deadline, "the browser's trace does not end"
            self.page.wait_for_timeout(50)
        events = self._read()
        self.session.detach()
        threads = {
            (event["pid"], event["tid"]) for event in events
            if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
        }
        return sorted((
            event.get("tdur", 0) / 1e3 for event in events
            if event["name"] == "RunTask" and (event["pid"], event["tid"]) in threads
        ), reverse=True)

    def _read(self) -> list[dict]:
        chunks = []
        while True:
            part = self.session.send("IO.read", {"handle": self.stream, "size": 1 << 20})
            chunks.append(base64.b64decode(part["data"]) if part.get("base64Encoded") else part["data"].encode())
            if part["eof"]:
                break
        self.session.send("IO.close", {"handle": self.stream})
        return json.loads(gzip.decompress(b"".join(chunks)))["traceEvents"]
