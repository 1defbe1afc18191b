/**
 * Paints at most once a frame, and under a flood of changes at most ten times a second: more than a
 * person can read, and the browser keeps time for everything else.
 */
export class Painter {
  /** @param {() => void} paint */
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
    if (wait <= 0) requestAnimationFrame((time) => this.run(time));
    else setTimeout(() => requestAnimationFrame((time) => this.run(time)), wait);
  }

  run() {
    this.isRequested = false;
    this.lastPaint = performance.now();
    this.paint();
  }
}
