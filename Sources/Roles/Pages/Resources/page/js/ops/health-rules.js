/**
 * What an operator should make of the figures. A verdict has a `tone`, which is a colour and a shape, and
 * a `code`, which the page has words for.
 */

/** Half full is the alert rule ProgressBusJournalFilling. */
const filling = 0.5;
const nearlyFull = 0.8;

/**
 * @returns {{tone: string, code: string, reason?: string}[]} what is wrong with the bus; all is well when it is
 *   empty. `reason`: in the server's words, which its log and the senders have too
 */
export function busFaults({ faults: standing, redis, journal }) {
  const faults = standing.map(({ reason }) => ({ tone: "stuck", code: "refuses", reason }));
  if (redis.memory_policy !== null && redis.memory_policy !== "noeviction") {
    faults.push({ tone: "stuck", code: "policy" });
  }
  if (redis.append_only === false) faults.push({ tone: "behind", code: "appendOnly" });
  const full = share(journal.entries, journal.capacity);
  if (full >= nearlyFull) faults.push({ tone: "stuck", code: "nearlyFull" });
  else if (full >= filling) faults.push({ tone: "behind", code: "filling" });
  if (share(redis.used_memory_bytes, redis.memory_limit_bytes) >= nearlyFull) {
    faults.push({ tone: "stuck", code: "memory" });
  }
  return faults;
}

/** A part of a whole, from 0 to 1; 0 where there is no whole. */
export function share(part, whole) {
  return part === null || !(whole > 0) ? 0 : Math.min(1, part / whole);
}

const sinkTones = { up: "done", down: "stuck", untried: "on_track", unserved: "behind" };

/** @param {object} sink as the API tells it */
export function sinkTone(sink) {
  if (sink.state === "up" && sink.limit !== null) return "behind";
  return sinkTones[sink.state] ?? "idle";
}

/** How long a lag is watched before it is said to rise or fall. */
const trendWindow = 15_000;

/** Remembers each sink's lag for a little while, and says where it goes. */
export class LagTrend {
  constructor() {
    this.samples = new Map();
  }

  add(sinks, now) {
    for (const { sink, lag } of sinks) {
      if (lag === null) continue;
      const samples = this.samples.get(sink) ?? [];
      samples.push({ lag, now });
      while (samples.length > 1 && samples[0].now < now - trendWindow) samples.shift();
      this.samples.set(sink, samples);
    }
  }

  /** @returns {{direction: "none" | "steady" | "rising" | "falling", left: number | null}} `left`: milliseconds
   *   until the lag is gone, if it goes on falling so */
  of(sink) {
    const samples = this.samples.get(sink) ?? [];
    const first = samples[0];
    const last = samples.at(-1);
    if (last === undefined || last.lag === 0) return { direction: "none", left: null };
    const change = last.lag - first.lag;
    if (change === 0 || last.now === first.now) return { direction: "steady", left: null };
    if (change > 0) return { direction: "rising", left: null };
    return { direction: "falling", left: (last.lag * (last.now - first.now)) / -change };
  }
}

const mirrorTones = { disabled: "idle", healthy: "done", warning: "behind", unhealthy: "stuck" };

export function mirrorTone(health) {
  return mirrorTones[health.status] ?? "idle";
}

/** What a dead letter holds, as an operator reads it: JSON with line breaks, anything else as it is. */
export function readable(payload) {
  if (payload === null) return "";
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload;
  }
}
