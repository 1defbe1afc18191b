import { later, microseconds } from "./timestamp.js";

/** How far a class is with the exercises of its notebook: what is known of each, and counts that are kept in step. */
export class Exercises {
  constructor() {
    /** @type {Map<string, object>} by id */
    this.known = new Map();
    this.inOrder = null;
    /** How often learners' work has changed. */
    this.changes = 0;
  }

  /** @returns {object} the exercise, made when unknown */
  exercise(id) {
    let exercise = this.known.get(id);
    if (exercise === undefined) {
      exercise = {
        id,
        label: null,
        cellIndex: null,
        pointsPossible: null,
        firstAt: Infinity,
        /** When the label, the index and the points were said last. */
        saidAt: {},
        tried: 0,
        solved: 0,
        failing: 0,
        /** Learners by the attempt that was their first right one. */
        passed: new Map(),
        wrongAnswers: [],
      };
      this.known.set(id, exercise);
      this.inOrder = null;
    }
    return exercise;
  }

  /** What only the API knows: an answer of `/exercises`. */
  describe({ exercises }) {
    for (const told of exercises) {
      const exercise = this.exercise(told.exercise_id);
      exercise.label = told.label;
      exercise.cellIndex = told.cell_index;
      exercise.pointsPossible = told.points_possible;
      exercise.wrongAnswers = told.common_wrong_answers ?? [];
    }
  }

  /** Counts what a learner's work has become. */
  count(id, before, after) {
    const exercise = this.exercise(id);
    this.changes += 1;
    exercise.tried += Number(after.attempts > 0) - Number(before.attempts > 0);
    exercise.solved += Number(isExerciseSolved(after)) - Number(isExerciseSolved(before));
    exercise.failing += Number(after.failuresInARow > 0) - Number(before.failuresInARow > 0);
    if (before.firstPassedAttempt === after.firstPassedAttempt) return;
    for (const [attempt, change] of [[before.firstPassedAttempt, -1], [after.firstPassedAttempt, 1]]) {
      if (attempt !== null) exercise.passed.set(attempt, (exercise.passed.get(attempt) ?? 0) + change);
    }
  }

  /** Notes when it was checked, and what the newest check that says something says of the exercise itself. */
  note(id, at, said) {
    const exercise = this.exercise(id);
    if (at < exercise.firstAt) {
      exercise.firstAt = at;
      this.inOrder = null;
    }
    for (const name of ["label", "cellIndex", "pointsPossible"]) {
      const value = said[name] ?? null;
      if (value === null || at < exercise.saidAt[name]) continue;
      exercise.saidAt[name] = at;
      if (name === "cellIndex" && value !== exercise.cellIndex) this.inOrder = null;
      exercise[name] = value;
    }
  }

  /** @returns {object[]} in the notebook's order as far as it is known, else as they were checked first */
  list() {
    this.inOrder ??= [...this.known.values()].sort(
      (a, b) => (a.cellIndex ?? Infinity) - (b.cellIndex ?? Infinity) || a.firstAt - b.firstAt || (a.id < b.id ? -1 : 1),
    );
    return this.inOrder;
  }
}

/** The exercise as a teacher names it. @param {{id: string, label?: string | null}} exercise */
export const exerciseTitle = ({ id, label }) => label || id;

export const isExerciseSolved = (work) => work.firstPassedAttempt !== null;

/** A learner's work on an exercise before the first check. */
const untried = {
  id: null,
  cell: null,
  attempts: 0,
  failuresInARow: 0,
  failingSince: null,
  firstPassedAttempt: null,
  points: null,
  pointsPossible: null,
  lastCheckedAt: null,
  /** Ids of the checks at `lastCheckedAt`; null while only the API's answer tells of them. */
  latest: null,
};

/** Adds what the API tells of a learner's exercises. */
export function addToldExercises(classroom, learner, told) {
  for (const each of told) {
    const work = {
      id: each.exercise_id,
      cell: each.cell,
      attempts: each.attempts,
      failuresInARow: each.failures_in_a_row,
      failingSince: microseconds(each.failing_since),
      firstPassedAttempt: each.first_passed_attempt,
      points: each.points,
      pointsPossible: each.points_possible,
      lastCheckedAt: microseconds(each.last_checked_at),
      latest: null,
    };
    classroom.exercises.count(work.id, untried, work);
    classroom.exercises.note(work.id, work.lastCheckedAt, { pointsPossible: work.pointsPossible });
    keep(learner, work);
  }
}

/** Brings a learner's exercise up to date with one check. @returns {string | null} the cell that it is of */
export function applyCheck(classroom, learner, event, at, cell) {
  if (typeof event.exercise_id !== "string" || event.notebook_path !== classroom.notebook) return null;
  const id = event.exercise_id;
  const before = learner.exercises.get(id) ?? untried;
  const passed = event.passed === true;
  const isNews = before.lastCheckedAt === null || at > before.lastCheckedAt;
  if (!isNews) {
    if (at === before.lastCheckedAt && before.latest !== null && !before.latest.includes(event.event_id)) {
      return change(before.latest.concat(event.event_id));
    }
    // A check that was delayed on its way: that it passed still counts.
    if (!passed || isExerciseSolved(before)) return null;
    const after = { ...before, firstPassedAttempt: before.attempts };
    classroom.exercises.count(id, before, after);
    keep(learner, after);
    return after.cell;
  }
  return change([event.event_id]);

  function change(latest) {
    const attempts = before.attempts + 1;
    const after = {
      id,
      cell,
      attempts,
      failuresInARow: passed ? 0 : before.failuresInARow + 1,
      failingSince: passed ? null : (before.failingSince ?? at),
      firstPassedAttempt: before.firstPassedAttempt ?? (passed ? attempts : null),
      points: event.points ?? null,
      pointsPossible: event.points_possible ?? null,
      lastCheckedAt: later(before.lastCheckedAt, at),
      latest,
    };
    classroom.exercises.count(id, before, after);
    classroom.exercises.note(id, at, {
      label: event.label,
      cellIndex: event.cell_index,
      pointsPossible: event.points_possible,
    });
    keep(learner, after);
    return cell;
  }
}

/** The exercise that was checked last is the one that a learner is at. */
function keep(learner, work) {
  learner.exercises.set(work.id, work);
  const current = learner.currentExercise;
  const isLater =
    current === null ||
    current.id === work.id ||
    work.lastCheckedAt > current.lastCheckedAt ||
    (work.lastCheckedAt === current.lastCheckedAt && work.id > current.id);
  if (isLater) learner.currentExercise = work;
}

/**
 * Where a learner's answer was checked, "solved" follows the check, not the run: the rule of the API (`CheckedCell`
 * in `Exercise.swift`). Several exercises may be checked in one cell: it is solved when all of them are.
 *
 * @param {boolean} isRunFailing whether the last run of the cell had an error
 * @returns {string | null} the cell's state; null where nothing was checked
 */
export function checkedCellState(learner, cell, isRunFailing) {
  let isChecked = false;
  let isSolved = true;
  let isFailing = isRunFailing;
  for (const work of learner.exercises.values()) {
    if (work.cell === null || work.cell !== cell) continue;
    isChecked = true;
    if (!isExerciseSolved(work)) isSolved = false;
    if (work.failuresInARow > 0) isFailing = true;
  }
  if (!isChecked) return null;
  if (!isSolved) return "e";
  return isFailing ? "x" : "s";
}

/** The middle of the attempts that were learners' first right ones; null while nobody has solved it. */
export function medianAttempts({ passed, solved }) {
  if (solved === 0) return null;
  const attempts = [...passed.keys()].sort((a, b) => a - b);
  const at = (place) => {
    let count = 0;
    for (const attempt of attempts) {
      count += passed.get(attempt);
      if (count > place) return attempt;
    }
    return attempts.at(-1);
  };
  return (at((solved - 1) >> 1) + at(solved >> 1)) / 2;
}
