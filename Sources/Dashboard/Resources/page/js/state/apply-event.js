import { letterAfterRun } from "./cell-letter.js";
import { streakKey } from "./classroom.js";
import { later, microseconds } from "./timestamp.js";

/**
 * Brings a class up to date with one event. Applying it again changes nothing, except for what counts
 * events when a learner's events come out of order; the next load puts that right.
 *
 * @param {import("./classroom.js").Classroom} classroom
 * @param {object} event as on the channel
 * @returns {boolean} whether it is about this class
 */
export function applyEvent(classroom, event) {
  const at = microseconds(event.occurred_at);
  if (event.course_id !== classroom.course || typeof event.student_id !== "string" || at === null) {
    return false;
  }
  const apply = handlers[event.event_type];
  if (apply === undefined) return false;

  const learner = classroom.learner(event.student_id);
  const isNews = learner.lastSeenAt === null || at >= learner.lastSeenAt;
  if (isNews) {
    if (event.student_name) learner.name = event.student_name;
    if (event.team) learner.team = event.team;
    learner.isNotebookClosed = event.event_type === "notebook_closed";
  }
  if (learner.firstSeenAt === null || at < learner.firstSeenAt) learner.firstSeenAt = at;
  learner.lastSeenAt = later(learner.lastSeenAt, at);
  if (typeof event.notebook_path === "string") {
    classroom.notebooks.add(event.notebook_path);
    classroom.notebook ??= event.notebook_path;
  }
  apply(classroom, learner, event, at);
  return true;
}

/** By kind; without a prototype, because a kind may be called `constructor`. */
const handlers = Object.assign(Object.create(null), {
  cell_executed: applyExecution,
  notebook_opened: () => {},
  notebook_saved: () => {},
  notebook_closed: () => {},
  help: (_, learner, __, at) => {
    if (learner.helpStoppedAt !== null && at <= learner.helpStoppedAt) return;
    learner.helpSince = learner.helpSince === null ? at : Math.min(learner.helpSince, at);
  },
  help_stop: (_, learner, __, at) => {
    learner.helpStoppedAt = later(learner.helpStoppedAt, at);
    if (learner.helpSince !== null && learner.helpSince <= learner.helpStoppedAt) {
      learner.helpSince = null;
    }
  },
});

function applyExecution(classroom, learner, event, at) {
  const failed = event.has_error === true;
  const name = cellName(event);
  const isLatest = learner.lastExecutedAt === null || at >= learner.lastExecutedAt;
  if (name !== null && event.notebook_path === classroom.notebook) {
    const cell = classroom.cell(name, event.cell_index ?? null);
    cell.index ??= event.cell_index ?? null;
    const letter = learner.letters[cell.slot] ?? ".";
    classroom.setLetter(learner, cell.slot, letterAfterRun(letter, failed, isLatest));
    if (failed && cell.topError === null) cell.topError = event.error_name ?? null;
  }
  if (learner.lastExecutedAt === null || at > learner.lastExecutedAt) {
    countExecution(learner, event, name, failed);
  }
  learner.lastExecutedAt = later(learner.lastExecutedAt, at);
  if (!failed) learner.lastSuccessAt = later(learner.lastSuccessAt, at);
}

function countExecution(learner, event, name, failed) {
  const isSameCell = learner.cell === name && learner.notebook === event.notebook_path;
  const key = streakKey(event.notebook_path, name);
  const errorsInARow = failed ? (learner.streaks.get(key) ?? 0) + 1 : 0;
  if (failed) learner.streaks.set(key, errorsInARow);
  else learner.streaks.delete(key);
  learner.executions += 1;
  if (failed) learner.errors += 1;
  learner.errorsInARow = errorsInARow;
  if (failed) learner.lastError = event.error_name ?? null;
  else if (!isSameCell) learner.lastError = null;
  learner.notebook = event.notebook_path;
  learner.cell = name;
  learner.cellIndex = event.cell_index ?? null;
}

/** How the database names a cell: by its id or, without one, by its index. */
export function cellName(event) {
  if (event.cell_id) return event.cell_id;
  return Number.isInteger(event.cell_index) ? String(event.cell_index) : null;
}
