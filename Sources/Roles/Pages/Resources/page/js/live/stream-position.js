/**
 * Positions in the journal: `<milliseconds>-<sequence>`, as Redis numbers the entries of a stream.
 *
 * Both numbers take all of 64 bits, more than a `Number` holds without loss. What is a position, and how
 * it is written, is what the server holds to in `StreamID.swift`; the tests of both run one table,
 * `Tests/Support/Fixtures/stream-positions.json`.
 */

/** 20 digits are enough for every 64-bit number. */
const shape = /^([0-9]{1,20})-([0-9]{1,20})$/;
const greatest = 2n ** 64n - 1n;

/** @returns {[bigint, bigint] | null} milliseconds and sequence; null when it is no position */
function numbers(value) {
  const found = typeof value === "string" ? shape.exec(value) : null;
  if (found === null) return null;
  const milliseconds = BigInt(found[1]);
  const sequence = BigInt(found[2]);
  return milliseconds > greatest || sequence > greatest ? null : [milliseconds, sequence];
}

/** @returns {string | null} the position as the server writes it; null when it is none */
export function canonicalPosition(value) {
  return numbers(value)?.join("-") ?? null;
}

/**
 * @returns {number} -1 when `a` stands before `b`, 1 when behind it, 0 when they are the same; `NaN`, which
 *   compares false with everything, when one of them is no position
 */
export function comparePositions(a, b) {
  const left = numbers(a);
  const right = numbers(b);
  if (left === null || right === null) return NaN;
  const place = left[0] === right[0] ? 1 : 0;
  if (left[place] === right[place]) return 0;
  return left[place] < right[place] ? -1 : 1;
}

/** @returns {string | null} the earliest; null when one of them is unknown */
export function earliestPosition(positions) {
  const known = positions.map(canonicalPosition);
  if (known.length === 0 || known.includes(null)) return null;
  return known.reduce((a, b) => (comparePositions(a, b) <= 0 ? a : b));
}
