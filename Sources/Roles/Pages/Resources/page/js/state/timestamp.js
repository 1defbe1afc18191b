const shape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})(\d{3})Z$/;

/**
 * Reads an RFC 3339 time to the microsecond, which `Date` alone does not keep.
 *
 * @param {string | null | undefined} text
 * @returns {number | null} microseconds since 1970; null when there is no time
 */
export function microseconds(text) {
  if (typeof text !== "string") return null;
  const parts = shape.exec(text);
  if (parts !== null) return Date.parse(`${parts[1]}.${parts[2]}Z`) * 1_000 + Number(parts[3]);
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? null : milliseconds * 1_000;
}

/** A time in microseconds since 1970, as RFC 3339. */
export function timestamp(time) {
  const seconds = new Date(Math.floor(time / 1_000)).toISOString().slice(0, -1);
  return `${seconds}${String(Math.floor(time) % 1_000).padStart(3, "0")}Z`;
}

/**
 * When an event happened by the server's clock. The server says it where the learner's clock was wrong; `occurred_at` is
 * what that clock said.
 *
 * @param {object} event as on the channel or in a timeline
 * @returns {string | null | undefined} RFC 3339
 */
export function eventMoment(event) {
  return event.corrected_at ?? event.occurred_at;
}

/** The later of two times, of which either may be null. */
export function later(a, b) {
  if (a === null) return b;
  return b === null || a >= b ? a : b;
}
