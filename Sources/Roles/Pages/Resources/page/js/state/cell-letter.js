/**
 * What a learner did with a cell, as the API writes it: `.` not run yet, `e` run but never without
 * error, `s` solved and the last run had no error, `x` solved earlier but the last run failed.
 */

export const isReached = (letter) => letter !== ".";
export const isSolved = (letter) => letter === "s" || letter === "x";
export const isFailing = (letter) => letter === "e" || letter === "x";

/**
 * @param {string} letter
 * @param {boolean} failed how the run ended
 * @param {boolean} isLatest whether no later run of the cell is known
 */
export function letterAfterRun(letter, failed, isLatest) {
  if (letter === ".") return failed ? "e" : "s";
  if (isLatest) {
    if (!failed) return "s";
    return isSolved(letter) ? "x" : "e";
  }
  return letter === "e" && !failed ? "x" : letter;
}
