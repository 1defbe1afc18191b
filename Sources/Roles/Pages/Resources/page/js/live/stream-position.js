/** Positions in the journal: `<milliseconds>-<number>`, as Redis numbers the entries of a stream. */

const shape = /^(\d{1,16})-(\d{1,16})$/;

/** @returns {number} negative when `a` stands before `b`, 0 when they are the same */
export function comparePositions(a, b) {
  const [, aTime, aNumber] = shape.exec(a) ?? [];
  const [, bTime, bNumber] = shape.exec(b) ?? [];
  return Number(aTime) - Number(bTime) || Number(aNumber) - Number(bNumber);
}

export function isPosition(value) {
  return typeof value === "string" && shape.test(value);
}

/** @returns {string | null} the earliest; null when one of them is unknown */
export function earliestPosition(positions) {
  if (positions.length === 0 || !positions.every(isPosition)) return null;
  return positions.reduce((a, b) => (comparePositions(a, b) <= 0 ? a : b));
}
