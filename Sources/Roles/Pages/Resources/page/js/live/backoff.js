export const firstDelay = 250;
export const longestDelay = 10_000;
/** What has gone well for so long, in milliseconds, is quick to be tried again when it fails. */
export const quietTime = 20_000;

/**
 * Exponential backoff with full jitter, so that a hall of dashboards does not come back at once
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * @param {number} attempt from 0
 * @param {() => number} random in 0..<1
 * @returns {number} milliseconds, at least a fifth of the bound so that a retry is never at once
 */
export function retryDelay(attempt, random = Math.random) {
  const bound = Math.min(longestDelay, firstDelay * 2 ** Math.min(attempt, 16));
  return Math.round(bound * (0.2 + 0.8 * random()));
}

/**
 * The waits before the tries of one thing, such as reading the class anew.
 *
 * A success alone does not make the next wait short: what succeeds and fails again at once, over and
 * over, would never be waited for. It must have lasted.
 */
export class Backoff {
  /**
   * @param {{random?: () => number, clock?: () => number}} options `random` returns numbers in 0..<1,
   *   `clock` milliseconds that never go back
   */
  constructor({ random = Math.random, clock = () => performance.now() } = {}) {
    this.random = random;
    this.clock = clock;
    this.attempt = 0;
    /** When it last succeeded; null since it failed. */
    this.succeededAt = null;
  }

  succeeded() {
    this.succeededAt = this.clock();
  }

  /** @returns {number} how long to wait before the next try, in milliseconds */
  next() {
    if (this.succeededAt !== null && this.clock() - this.succeededAt >= quietTime) this.attempt = 0;
    this.succeededAt = null;
    const delay = retryDelay(this.attempt, this.random);
    this.attempt += 1;
    return delay;
  }
}
