import { isSolved } from "./cell-letter.js";
import { learnerState, states } from "./learner-state.js";

/**
 * What the page shows of a class at a moment, derived anew for each painting.
 *
 * @param {import("./classroom.js").Classroom} classroom
 * @param {number} now microseconds since 1970
 */
export function classView(classroom, now) {
  const learners = [...classroom.learners.values()];
  const working = learners.filter((learner) => learner.reached > 0);
  const required = classroom.cells.filter(
    (cell) => cell.reached > 0 && cell.reached >= classroom.rules.required_share * working.length,
  );
  const medianSolved = median(working.map((learner) => learner.solved));
  const counters = Object.fromEntries(states.map((state) => [state, 0]));
  const rows = learners.map((learner) => {
    let remaining = 0;
    for (const cell of required) if (!isSolved(learner.letters[cell.slot])) remaining += 1;
    const standing = {
      rules: classroom.rules,
      medianSolved,
      requiredCells: required.length,
      remaining,
    };
    const found = learnerState(learner, standing, now);
    counters[found.state] += 1;
    return { learner, remaining, ...found };
  });
  rows.sort(byName);
  return {
    course: classroom.course,
    notebook: classroom.notebook,
    rows,
    counters,
    medianSolved,
    cells: [...classroom.cells].sort(byPlace),
    requiredCells: required.length,
    working: working.length,
    executions: learners.reduce((sum, learner) => sum + learner.executions, 0),
    errors: learners.reduce((sum, learner) => sum + learner.errors, 0),
    helpQueue: rows
      .filter((row) => row.state === "help")
      .sort((a, b) => a.learner.helpSince - b.learner.helpSince || byName(a, b)),
    attention: rows.filter((row) => attentionOrder[row.state] !== undefined).sort(byUrgency),
  };
}

const attentionOrder = { stuck: 0, behind: 1, idle: 2 };

function byUrgency(a, b) {
  return (
    attentionOrder[a.state] - attentionOrder[b.state] ||
    weight(b) - weight(a) ||
    (a.since ?? 0) - (b.since ?? 0) ||
    byName(a, b)
  );
}

/** Within a state: more errors in a row, or fewer cells solved. */
function weight({ state, count }) {
  if (state === "stuck") return count ?? 0;
  return state === "behind" ? -count : 0;
}

/** What a learner is called; the id stands in for a name that nobody told. */
export function displayName(learner) {
  return learner.name || learner.id;
}

const collator = new Intl.Collator(undefined, { numeric: true });

function byName(a, b) {
  return (
    collator.compare(displayName(a.learner), displayName(b.learner)) ||
    collator.compare(a.learner.id, b.learner.id)
  );
}

function byPlace(a, b) {
  return (a.index ?? Infinity) - (b.index ?? Infinity) || a.slot - b.slot;
}

/** The middle value or, of an even number, the mean of the two; 0 of none. */
export function median(values) {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
