import { comparePositions, isCursor, partitionOf } from "../live/stream-position.js";

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
    /** The place of the last of them in each partition; none where the journal is one stream. */
    this.lastForgotten = new Map();
  }

  add(event) {
    this.events.push(event);
    if (this.events.length < 2 * this.capacity) return;
    for (const { stream_id: place } of this.events.slice(0, this.capacity)) {
      const partition = partitionOf(place);
      if (partition > 0) this.lastForgotten.set(partition, place);
    }
    this.events = this.events.slice(this.capacity);
    this.forgotten += this.capacity;
  }

  /** Whether every event behind `position` that came is still here. */
  reachesBackTo(position) {
    if (this.forgotten === 0) return true;
    if (!isCursor(position)) return comparePositions(this.events[0].stream_id, position) <= 0;
    return [...this.lastForgotten.values()].every((place) => comparePositions(place, position) <= 0);
  }

  /**
   * Hands on the events behind `position`, in steps of `count`, until there is none left: those too
   * that come between the steps. Where the journal has several partitions, some of those in front too.
   *
   * @returns {Generator<void, boolean>} whether these were all: some are forgotten when more come between
   *   two steps than are remembered
   */
  *replaying(position, count, take) {
    let next = this.events.length;
    if (isCursor(position)) {
      const first = this.events.findIndex(({ stream_id: place }) => comparePositions(place, position) > 0);
      if (first >= 0) next = first;
    }
    while (!isCursor(position) && next > 0 && comparePositions(this.events[next - 1].stream_id, position) > 0) next -= 1;
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
