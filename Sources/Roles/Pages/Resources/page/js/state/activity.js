import { comparePositions } from "../live/stream-position.js";
import { microseconds } from "./timestamp.js";

export const bucketMilliseconds = 60_000;
export const bucketCount = 60;

/** Executions a minute over the last hour. */
export class Activity {
  constructor() {
    /** @type {Map<number, {executions: number, errors: number}>} by the bucket's beginning, Unix ms */
    this.buckets = new Map();
    this.position = null;
  }

  /** @param {object} answer of `/activity?minutes=60&bucket=1m` */
  static fromAnswer(answer) {
    const activity = new Activity();
    activity.position = answer.stream_id;
    for (const { at, executions, errors } of answer.buckets) {
      activity.buckets.set(Date.parse(at), { executions, errors });
    }
    return activity;
  }

  add(event) {
    if (event.event_type !== "cell_executed" || this.holds(event.stream_id)) return;
    const milliseconds = microseconds(event.occurred_at) / 1_000;
    const start = Math.floor(milliseconds / bucketMilliseconds) * bucketMilliseconds;
    const bucket = this.buckets.get(start) ?? { executions: 0, errors: 0 };
    bucket.executions += 1;
    if (event.has_error === true) bucket.errors += 1;
    this.buckets.set(start, bucket);
  }

  holds(position) {
    return comparePositions(position, this.position) <= 0;
  }

  /** The last hour's buckets, oldest first; forgets what is older. */
  window(now) {
    const last = Math.floor(now / bucketMilliseconds) * bucketMilliseconds;
    const first = last - (bucketCount - 1) * bucketMilliseconds;
    for (const start of this.buckets.keys()) if (start < first) this.buckets.delete(start);
    return Array.from({ length: bucketCount }, (_, place) => {
      const start = first + place * bucketMilliseconds;
      const { executions, errors } = this.buckets.get(start) ?? { executions: 0, errors: 0 };
      return { start, ok: executions - errors, errors };
    });
  }
}
