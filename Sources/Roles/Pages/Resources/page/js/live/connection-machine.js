import { Backoff } from "./backoff.js";
import { canonicalPosition, comparePositions } from "./stream-position.js";

/**
 * The life of the live connection, without its effects: `handle` takes what happened and returns
 * what is to be done.
 *
 * Phases: `stopped`, `connecting`, `open` (hello was received), `waiting` (for the next try), `lost`
 * (events are gone: the owner waits, reads everything anew and starts again).
 *
 * Actions: `{do: "connect", after}`, `{do: "disconnect"}`, `{do: "wait", delay}`,
 * `{do: "apply", events}`, `{do: "reload"}`.
 */
export class ConnectionMachine {
  /** @param {{backoff?: Backoff}} options */
  constructor({ backoff = new Backoff() } = {}) {
    this.backoff = backoff;
    this.phase = "stopped";
    /** The last event that was received; the next connection asks for what stands behind it. */
    this.position = null;
  }

  /**
   * @param {object} input `{on: "start" | "objects" | "closed" | "waited" | "busLost" | "stop"}`;
   *   `start` brings `after`, the position of what the page was loaded with, or null when the bus was
   *   away then; `objects` brings the frame's `objects`
   * @returns {object[]} actions, to be carried out in order
   */
  handle(input) {
    const isConnected = this.phase === "connecting" || this.phase === "open";
    switch (input.on) {
      case "start":
        this.position = canonicalPosition(input.after);
        return [{ do: "disconnect" }, ...this.connect()];
      case "stop":
        this.phase = "stopped";
        return [{ do: "disconnect" }];
      case "objects":
        return isConnected ? this.receive(input.objects) : [];
      case "busLost":
        return this.phase === "open" ? [{ do: "disconnect" }, ...this.retry()] : [];
      case "closed":
        return isConnected ? this.retry() : [];
      case "waited":
        return this.phase === "waiting" ? this.connect() : [];
      default:
        throw new TypeError(`unknown input ${input.on}`);
    }
  }

  connect() {
    this.phase = "connecting";
    return [{ do: "connect", after: this.position }];
  }

  retry() {
    this.phase = "waiting";
    return [{ do: "wait", delay: this.backoff.next() }];
  }

  receive(objects) {
    const actions = [];
    let events = [];
    const flush = () => {
      if (events.length > 0) actions.push({ do: "apply", events });
      events = [];
    };
    for (const object of objects) {
      if (object.control === "cursor") {
        // Behind the events that it is about: those of several partitions do not say it themselves.
        this.position = canonicalPosition(object.cursor) ?? this.position;
        continue;
      }
      if (typeof object.control !== "string") {
        events.push(object);
        this.advance(object.stream_id);
        continue;
      }
      flush();
      actions.push(...this.obey(object.control));
      if (this.phase === "lost") return actions;
    }
    flush();
    return actions;
  }

  obey(control) {
    if (control === "hello" && this.position !== null) {
      this.phase = "open";
      this.backoff.succeeded();
      return [];
    }
    // A greeting without a position to go on from is a gap too: nobody knows what went before.
    if (control !== "gap" && control !== "hello") return [];
    this.phase = "lost";
    return [{ do: "disconnect" }, { do: "reload" }];
  }

  advance(told) {
    const position = canonicalPosition(told);
    if (position === null) return;
    if (this.position === null || comparePositions(position, this.position) > 0) {
      this.position = position;
    }
  }
}
