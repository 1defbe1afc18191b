"""Measures, inside the page, how long the browser could not paint."""

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
