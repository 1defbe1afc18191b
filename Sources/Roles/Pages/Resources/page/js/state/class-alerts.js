/**
 * What many learners fail at, now: the rule of the API (`ClassAlertRules` in `ClassAlerts.swift`).
 *
 * @param {object[]} learners
 * @param {string | null} notebook
 * @param {{alert_learners?: number, alert_share?: number, alert_seconds?: number}} rules
 * @param {number} now microseconds since 1970
 * @returns {{cause: string, exercise: string | null, cell: string | null, index: number | null, failing: number,
 *   atWork: number, error: string | null, errorLearners: number}[]} one a cause, the greatest first
 */
export function classAlerts(learners, notebook, rules, now) {
  const { alert_learners: least = 0, alert_share: share = 1, alert_seconds: seconds = 0 } = rules;
  if (least === 0 || notebook === null) return [];
  const isRecent = (moment) => moment !== null && (now - moment) / 1e6 < seconds;
  let atWork = 0;
  const causes = new Map();
  for (const learner of learners) {
    if (!isRecent(learner.lastSeenAt)) continue;
    const isHere = learner.notebook === notebook && learner.cell !== null;
    const work = learner.currentExercise !== null && isRecent(learner.currentExercise.lastCheckedAt)
      ? learner.currentExercise : null;
    if (!isHere && work === null) continue;
    atWork += 1;
    if (work !== null && work.failuresInARow > 0) {
      count(causes, `exercise ${work.id}`, { exercise: work.id, cell: work.cell, index: null }, null);
      // One cause: who fails the check of a cell is not counted for the cell as well.
      if (isHere && work.cell !== null && work.cell === learner.cell) continue;
    }
    if (!isHere || learner.errorsInARow === 0) continue;
    if (!isRecent(learner.lastExecutedAt)) continue;
    const place = { exercise: null, cell: learner.cell, index: learner.cellIndex };
    count(causes, `cell ${learner.cell}`, place, learner.lastError);
  }
  // In whole percents: 0.55 of 100 learners is a little more than 55 in binary.
  const threshold = Math.max(least, Math.ceil((Math.round(share * 100) * atWork) / 100));
  return [...causes.values()]
    .filter(({ failing }) => failing >= threshold)
    .map(({ errors, ...alert }) => ({ ...alert, atWork, ...mostCommon(errors) }))
    .sort((a, b) => b.failing - a.failing || (a.cause < b.cause ? -1 : 1));
}

/** A cause that comes back within so long is the same, in ms. */
const quietAfterwards = 300_000;

/** Which alerts are news: a cause is told once while it stands, and again only when it was gone for a while. */
export class AlertMemory {
  /** When a cause stood last, by class; of those that are not quite forgotten. */
  stoodAt = new Map();

  /**
   * @param {string} place the class
   * @param {number} now in ms
   * @returns {object[]} those of `alerts` that are to be told
   */
  news(place, alerts, now) {
    for (const [key, stoodAt] of this.stoodAt) if (now - stoodAt > quietAfterwards) this.stoodAt.delete(key);
    return alerts.filter(({ cause }) => {
      const key = `${place}\0${cause}`;
      const isNews = !this.stoodAt.has(key);
      this.stoodAt.set(key, now);
      return isNews;
    });
  }
}

function count(causes, cause, place, error) {
  let alert = causes.get(cause);
  if (alert === undefined) {
    alert = { cause, ...place, failing: 0, errors: new Map() };
    causes.set(cause, alert);
  }
  alert.failing += 1;
  if (error !== null) alert.errors.set(error, (alert.errors.get(error) ?? 0) + 1);
}

/** Of equally many the first by name. */
function mostCommon(errors) {
  let error = null;
  let errorLearners = 0;
  for (const [name, learners] of errors) {
    if (learners < errorLearners || (learners === errorLearners && name > error)) continue;
    error = name;
    errorLearners = learners;
  }
  return { error, errorLearners };
}
