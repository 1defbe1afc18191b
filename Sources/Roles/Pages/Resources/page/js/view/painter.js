import { FrameBudget } from "./frame-budget.js";

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
    this.isRequested = false;
  }

  request() {
    if (this.isRequested) return;
    this.isRequested = true;
    const wait = this.lastPaint + this.minimumInterval - performance.now();
    if (wait <= 0) requestAnimationFrame(() => this.run());
    else setTimeout(() => requestAnimationFrame(() => this.run()), wait);
  }

  run() {
    this.lastPaint = performance.now();
    const budget = new FrameBudget();
    this.paint(budget);
    this.isRequested = budget.isExceeded;
    if (budget.isExceeded) requestAnimationFrame(() => this.run());
  }
}
