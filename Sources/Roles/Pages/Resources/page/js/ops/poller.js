export const interval = 3_000;
/** While the server does not answer, it is asked less often. */
export const longestWait = 15_000;

/**
 * Calls `poll` every few seconds while the page can be seen, never twice at a time, and at once when it
 * is looked at again or something was done.
 */
export class Poller {
  /**
   * @param {() => Promise<boolean>} poll tells whether the server answered
   * @param {{setTimeout: Function, clearTimeout: Function}} timers
   */
  constructor(poll, timers = globalThis) {
    this.poll = poll;
    this.timers = timers;
    this.isVisible = false;
    this.isBusy = false;
    this.isWanted = false;
    this.failures = 0;
    this.timer = null;
  }

  setVisible(isVisible) {
    if (isVisible === this.isVisible) return;
    this.isVisible = isVisible;
    if (isVisible) this.now();
    else this.cancel();
  }

  /** Polls now, or once more after the poll that is under way: it may have missed what was just done. */
  async now() {
    this.cancel();
    if (this.isBusy) {
      this.isWanted = true;
      return;
    }
    this.isBusy = true;
    this.isWanted = false;
    const isAnswered = await this.poll();
    this.isBusy = false;
    this.failures = isAnswered ? 0 : this.failures + 1;
    if (this.isWanted && this.isVisible) return this.now();
    if (this.isVisible) this.timer = this.timers.setTimeout(() => this.now(), this.wait);
  }

  get wait() {
    return Math.min(longestWait, interval * 2 ** Math.min(this.failures, 8));
  }

  cancel() {
    if (this.timer !== null) this.timers.clearTimeout(this.timer);
    this.timer = null;
  }
}
