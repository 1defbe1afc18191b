import { FrameBudget } from "./frame-budget.js";

/** A page that nobody sees has no frames, and is painted so often, in ms: an alert is to be heard. */
const hiddenInterval = 1_000;

/**
 * Paints at most once a frame, and under a flood of changes at most ten times a second: more than a
 * person can read, and the browser keeps time for everything else. What a frame's budget leaves over is
 * painted in the next one.
 */
export class Painter {
  /** @param {(budget: FrameBudget) => void} paint */
  constructor(paint, { minimumInterval = 100 } = {}) {
    this.paint = paint;
    this.minimumInterval = minimumInterval;
    this.lastPaint = -Infinity;
    /** The frame that was asked for. */
    this.frame = null;
    this.isRequested = false;
    document.addEventListener("visibilitychange", () => {
      // The frame that was asked for will not come.
      if (document.hidden && this.frame !== null) this.schedule();
    });
  }

  request() {
    if (this.isRequested) return;
    this.isRequested = true;
    const wait = this.lastPaint + this.minimumInterval - performance.now();
    if (wait <= 0) this.schedule();
    else setTimeout(() => this.schedule(), wait);
  }

  schedule() {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
    if (document.hidden) setTimeout(() => this.run(), hiddenInterval);
    else this.frame = requestAnimationFrame(() => this.run());
  }

  run() {
    this.frame = null;
    this.lastPaint = performance.now();
    const budget = new FrameBudget();
    this.paint(budget);
    this.isRequested = budget.isExceeded;
    if (budget.isExceeded) this.schedule();
  }
}
