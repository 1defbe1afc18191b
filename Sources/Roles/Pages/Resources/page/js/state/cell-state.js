/**
 * What a learner did with a cell, as the API writes it: `.` not run yet, `e` run but never without
 * error, `s` solved and the last run had no error, `x` solved earlier but the last run failed.
 */

export const isReached = (cellState) => cellState !== ".";
export const isSolved = (cellState) => cellState === "s" || cellState === "x";
export const isFailing = (cellState) => cellState === "e" || cellState === "x";

/**
 * @param {string} cellState
 * @param {boolean} failed how the run ended
 * @param {boolean} isLatest whether no later run of the cell is known
 */
export function cellStateAfterRun(cellState, failed, isLatest) {
  if (cellState === ".") return failed ? "e" : "s";
  if (isLatest) {
    if (!failed) return "s";
    return isSolved(cellState) ? "x" : "e";
  }
  return cellState === "e" && !failed ? "x" : cellState;
}
