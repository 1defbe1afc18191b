import { comparePositions } from "../live/stream-position.js";

/** The newest events in the order in which they came, between one and two times `capacity` of them. */
export class EventLog {
  constructor(capacity) {
    this.capacity = capacity;
    this.clear();
  }

  clear() {
    this.events = [];
    /** How many are forgotten. */
    this.forgotten = 0;
  }

  add(event) {
    this.events.push(event);
    if (this.events.length < 2 * this.capacity) return;
    this.events = this.events.slice(this.capacity);
    this.forgotten += this.capacity;
  }

  /** Whether every event behind `position` that came is still here. */
  reachesBackTo(position) {
    return this.forgotten === 0 || comparePositions(this.events[0].stream_id, position) <= 0;
  }

  /**
   * Hands on the events behind `position`, in steps of `count`, until there is none left: those too
   * that come between the steps.
   *
   * @returns {Generator<void, boolean>} whether these were all: some are forgotten when more come between
   *   two steps than are remembered
   */
  *replaying(position, count, take) {
    let next = this.events.length;
    while (next > 0 && comparePositions(this.events[next - 1].stream_id, position) > 0) next -= 1;
    next += this.forgotten;
    for (;;) {
      const end = Math.min(next + count, this.forgotten + this.events.length);
      if (next < this.forgotten) return false;
      for (; next < end; next += 1) take(this.events[next - this.forgotten]);
      if (next === this.forgotten + this.events.length) return true;
      yield;
    }
  }
}
