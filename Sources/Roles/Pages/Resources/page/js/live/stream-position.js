/**
 * Positions in the journal: `<milliseconds>-<sequence>`, as Redis numbers the entries of a stream.
 *
 * Both numbers take all of 64 bits, more than a `Number` holds without loss. What is a position, and how
 * it is written, is what the server holds to in `StreamID.swift`; the tests of both run one table,
 * `Tests/Support/Fixtures/stream-positions.json`.
 *
 * Where the journal has several partitions, an event's place says which, `3:<milliseconds>-<sequence>`, and a position
 * is a cursor: the places of all partitions in their order, joined by `_`.
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

/** The cursor that was read last: one is compared with many events. */
let known = { text: "", places: null };

/** @returns {[bigint, bigint][] | null} the place in each partition; null when it is no cursor */
function places(value) {
  if (typeof value !== "string" || !value.includes("_")) return null;
  if (known.text !== value) {
    const parts = value.split("_").map(numbers);
    known = { text: value, places: parts.includes(null) ? null : parts };
  }
  return known.places;
}

function compareNumbers(left, right) {
  const place = left[0] === right[0] ? 1 : 0;
  if (left[place] === right[place]) return 0;
  return left[place] < right[place] ? -1 : 1;
}

const partitionShape = /^([1-9][0-9]{0,4}):(.*)$/;

/** @returns {number} of an event's place; 0 where the journal is one stream */
export function partitionOf(place) {
  const found = typeof place === "string" ? partitionShape.exec(place) : null;
  return found === null ? 0 : Number(found[1]);
}

/** @returns {boolean} whether the position is one of a journal that has several partitions */
export function isCursor(position) {
  return places(position) !== null;
}

/** @returns {string | null} the position as the server writes it; null when it is none */
export function canonicalPosition(value) {
  return numbers(value)?.join("-") ?? places(value)?.map((place) => place.join("-")).join("_") ?? null;
}

/**
 * Of an event's place, too, with a cursor.
 *
 * @returns {number} -1 when `a` stands before `b`, 1 when behind it, 0 when they are the same; `NaN`, which
 *   compares false with everything, when one of them is no position
 */
export function comparePositions(a, b) {
  const partition = partitionOf(a);
  const left = numbers(partition === 0 ? a : a.slice(a.indexOf(":") + 1));
  const right = partition === 0 ? numbers(b) : (places(b)?.[partition - 1] ?? null);
  if (left === null || right === null) return NaN;
  return compareNumbers(left, right);
}

/** @returns {string | null} the earliest; null when one of them is unknown */
export function earliestPosition(positions) {
  const canonical = positions.map(canonicalPosition);
  if (canonical.length === 0 || canonical.includes(null)) return null;
  if (!canonical.some(isCursor)) return canonical.reduce((a, b) => (comparePositions(a, b) <= 0 ? a : b));
  const cursors = canonical.map(places);
  if (cursors.some((cursor) => cursor?.length !== cursors[0]?.length)) return null;
  const earliest = cursors.reduce((a, b) => a.map((place, index) =>
    (compareNumbers(place, b[index]) <= 0 ? place : b[index])));
  return earliest.map((place) => place.join("-")).join("_");
}
