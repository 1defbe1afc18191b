import { classAlerts } from "./class-alerts.js";
import { exerciseTitle } from "./exercises.js";
import { learnerState, states } from "./learner-state.js";
import { Outline } from "./outline.js";

/** The list to look after is for a glance. */
export const shownAttention = 12;

/**
 * What the page shows of a class at a moment, derived anew for each painting: a few plain operations a
 * learner, and no comparison of names.
 *
 * @param {import("./classroom.js").Classroom} classroom
 * @param {number} now microseconds since 1970
 * @param {Outline} outline of the class's notebook
 */
export function classView(classroom, now, outline = new Outline()) {
  classroom.settleRequired();
  const learners = classroom.order.ranked();
  const { rules, requiredCells } = classroom;
  const medianSolved = median(learners.filter(isWorking).map(solvedCells));
  const counters = Object.fromEntries(states.map((state) => [state, 0]));
  const helpQueue = [];
  const urgent = [];
  const rows = learners.map((learner) => {
    const { remaining } = learner;
    const standing = { rules, medianSolved, requiredCells, remaining };
    const { state, reason, since, count } = learnerState(learner, standing, now);
    const row = { learner, remaining, state, reason, since, count };
    if (reason === "checks_failed") {
      row.exercise = exerciseTitle(classroom.exercises.exercise(learner.currentExercise.id));
    }
    counters[state] += 1;
    if (state === "help") helpQueue.push(row);
    else if (attentionOrder[state] !== undefined) urgent.push(row);
    return row;
  });
  return {
    course: classroom.course,
    notebook: classroom.notebook,
    rows,
    counters,
    medianSolved,
    cells: classroom.cellsInOrder(),
    alerts: classAlerts(learners, classroom.notebook, rules, now),
    exercises: outline.inOrder(classroom.exercises.list()),
    outline,
    outlined: outline.isEmpty ? null : outline.rows(classroom, now),
    titleOf: (notebook, cell) => outline.title(classroom, notebook, cell),
    requiredCells,
    helpQueue: helpQueue.sort(byWaiting),
    attention: first(urgent, shownAttention, byUrgency),
    attentionCount: urgent.length,
  };
}

const isWorking = (learner) => learner.reached > 0;
const solvedCells = (learner) => learner.solved;

const attentionOrder = { stuck: 0, behind: 1, idle: 2 };

function byWaiting(a, b) {
  return a.learner.helpSince - b.learner.helpSince || a.learner.rank - b.learner.rank;
}

function byUrgency(a, b) {
  return (
    attentionOrder[a.state] - attentionOrder[b.state] ||
    weight(b) - weight(a) ||
    (a.since ?? 0) - (b.since ?? 0) ||
    a.learner.rank - b.learner.rank
  );
}

/** Within a state: more errors in a row, or fewer cells solved. */
function weight({ state, count }) {
  if (state === "stuck") return count ?? 0;
  return state === "behind" ? -count : 0;
}

/** The first `count` of the sorted items, without sorting the others. */
export function first(items, count, compare) {
  const found = [];
  for (const item of items) {
    if (found.length === count && compare(item, found[count - 1]) >= 0) continue;
    let place = found.length;
    while (place > 0 && compare(item, found[place - 1]) < 0) place -= 1;
    found.splice(place, 0, item);
    if (found.length > count) found.pop();
  }
  return found;
}

/** The middle value or, of an even number, the mean of the two; 0 of none. */
export function median(values) {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
