import { nextTask } from "./slices.js";

/** So many events are applied in one task, however many come at once: a replay can bring 100,000. */
export const eventsATask = 250;

/** Hands on what comes, in order, a bounded number a task. */
export class Inbox {
  /** @param {(events: object[]) => void} take */
  constructor(take, { pause = nextTask } = {}) {
    this.take = take;
    this.pause = pause;
    this.batches = [];
    this.isDraining = false;
  }

  add(events) {
    for (let place = 0; place < events.length; place += eventsATask) {
      this.batches.push(events.slice(place, place + eventsATask));
    }
    if (!this.isDraining) this.drain();
  }

  clear() {
    this.batches = [];
  }

  async drain() {
    this.isDraining = true;
    try {
      // The first goes on at once: what comes alone waits for nothing.
      while (this.batches.length > 0) {
        this.take(this.batches.shift());
        if (this.batches.length > 0) await this.pause();
      }
    } finally {
      this.isDraining = false;
    }
  }
}
