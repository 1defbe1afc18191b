/** The states in the order in which they need the teacher. */
export const states = ["help", "stuck", "behind", "idle", "on_track", "done"];

/**
 * The rule of the API (`LearnerStateRules.swift`), first match first.
 *
 * @param {object} learner
 * @param {{rules: object, medianSolved: number, requiredCells: number, remaining: number}} standing
 *   what the learner is measured by; `remaining` required cells are not solved yet
 * @param {number} now microseconds since 1970
 * @returns {{state: string, reason: string, since: number | null, count: number | null}}
 */
export function learnerState(learner, { rules, medianSolved, requiredCells, remaining }, now) {
  const heard = learner.lastSeenAt ?? now;
  const silence = (now - heard) / 1e6;
  // Of a kernel that went away in the middle of a run nobody tells; after a while it is not believed any more.
  const runningFor =
    learner.running && !learner.isNotebookClosed ? (now - learner.running.since) / 1e6 : Infinity;
  const isRunning = runningFor < rules.stuck_fades_seconds;
  const isSilent = silence >= rules.idle_seconds && !isRunning;
  const hasSolvedAll = requiredCells > 0 && remaining === 0;
  const exercise = learner.currentExercise ?? null;
  const failedChecks = exercise?.failuresInARow ?? 0;
  const isFailing = learner.errorsInARow > 0 || failedChecks > 0;
  const solvedAt = learner.lastSuccessAt ?? learner.firstSeenAt ?? heard;
  if (learner.helpSince !== null) return found("help", "asked_for_help", learner.helpSince);
  if (hasSolvedAll && !isFailing && (learner.isNotebookClosed || isSilent)) {
    return found("done", "all_solved", learner.lastSuccessAt, learner.solved);
  }
  if (learner.errorsInARow >= rules.stuck_errors && silence < rules.stuck_fades_seconds) {
    return found("stuck", "errors_in_a_row", solvedAt, learner.errorsInARow);
  }
  // Between two checks a learner works in other cells, so these runs say nothing about the exercise.
  if (failedChecks >= rules.stuck_errors && (now - exercise.lastCheckedAt) / 1e6 < rules.stuck_fades_seconds) {
    return found("stuck", "checks_failed", exercise.failingSince, failedChecks);
  }
  if (isRunning && runningFor >= rules.stuck_seconds) return found("stuck", "running", learner.running.since);
  if (isSilent) return found("idle", "no_activity", heard);
  if ((!hasSolvedAll || isFailing) && (now - solvedAt) / 1e6 >= rules.stuck_seconds) {
    return found("stuck", "nothing_solved", solvedAt);
  }
  if (
    medianSolved >= rules.behind_minimum_median &&
    learner.solved < rules.behind_ratio * medianSolved
  ) {
    return found("behind", "few_solved", null, learner.solved);
  }
  return found("on_track", "on_track", null);
}

function found(state, reason, since, count = null) {
  return { state, reason, since, count };
}
