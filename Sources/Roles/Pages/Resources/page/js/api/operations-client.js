import { ClassroomClient } from "./classroom-client.js";
import { Problem } from "./problem.js";

const deadLetters = "/api/v1/dead-letters";

/** What the operators' page asks of the server. Every method throws `Problem`. */
export class OperationsClient extends ClassroomClient {
  /** A replay or purge works for up to ten seconds before it answers. */
  deadline = 30_000;

  bus() {
    return this.get("/api/v1/bus", {});
  }

  async sinks() {
    return (await this.get("/api/v1/sinks", {})).sinks;
  }

  /** The oldest dead letters that the filter means, and where the next page begins. */
  deadLetters({ sink, reason }, limit) {
    return this.get(deadLetters, { sink: sink || null, reason: reason || null, limit });
  }

  deadLetter(id) {
    return this.get(`${deadLetters}/${encodeURIComponent(id)}`, {});
  }

  replayOne(id) {
    return this.send("POST", `${deadLetters}/${encodeURIComponent(id)}/replay`);
  }

  purgeOne(id) {
    return this.send("DELETE", `${deadLetters}/${encodeURIComponent(id)}`);
  }

  /** How many dead letters the filter means, and the word that keeps what comes later out of it. */
  async count({ sink, reason }) {
    const total = { count: 0, through: null };
    let cursor = null;
    do {
      const part = await this.get(`${deadLetters}/count`, { sink: sink || null, reason: reason || null, cursor });
      total.count += part.count;
      total.through = part.through;
      cursor = part.next_cursor;
    } while (cursor !== null);
    return total;
  }

  /**
   * Replays or purges what was counted, in as many requests as it takes.
   *
   * @param {"replay" | "purge"} action
   * @param {(answer: object) => void} onAnswer called with each answer
   */
  async order(action, { sink, reason }, through, onAnswer) {
    let cursor = null;
    do {
      const order = { all: true, through };
      if (sink) order.sink = sink;
      if (reason) order.reason = reason;
      if (cursor !== null) order.cursor = cursor;
      const answer = await this.send("POST", `${deadLetters}/${action}`, order);
      onAnswer(answer);
      cursor = answer.next_cursor;
    } while (cursor !== null);
  }

  mirrorStatus() {
    return this.get("/api/bq-sync/status", {});
  }

  /** An unhealthy mirror answers 503, and says why. */
  async mirrorHealth() {
    const response = await this.ask("/api/bq-sync/health");
    const body = await response.json().catch(() => null);
    if (Array.isArray(body?.problems)) return body;
    throw new Problem(response.status, body?.detail ?? response.statusText);
  }

  flushMirror() {
    return this.send("POST", "/api/bq-sync/flush");
  }

  retryMirror() {
    return this.send("POST", "/api/bq-sync/retry");
  }
}
