import { cellStateAfterRun } from "./cell-state.js";
import { streakKey } from "./classroom.js";
import { applyCheck } from "./exercises.js";
import { eventMoment, later, microseconds } from "./timestamp.js";

const rememberedHelpRequests = 16;
const rememberedKernelDeaths = 16;

/**
 * Brings a class up to date with one event. Applying it again changes nothing, except for what counts
 * events when a learner's events come out of order; the next load puts that right.
 *
 * @param {import("./classroom.js").Classroom} classroom
 * @param {object} event as on the channel
 * @returns {boolean} whether it is about this class
 */
export function applyEvent(classroom, event) {
  const at = microseconds(eventMoment(event));
  if (event.course_id !== classroom.course || typeof event.student_id !== "string" || at === null) {
    return false;
  }
  const apply = handlers[event.event_type];
  if (apply === undefined) return false;

  const learner = classroom.learner(event.student_id);
  const isNews = learner.lastSeenAt === null || at >= learner.lastSeenAt;
  if (isNews) {
    noteClock(learner, event, at);
    if (event.student_name && event.student_name !== learner.name) {
      classroom.order.rename(learner, event.student_name);
    }
    if (event.team) learner.team = event.team;
    // Of events at the same moment, the order is unknown: closing counts as the last.
    const isClosing = event.event_type === "notebook_closed";
    learner.isNotebookClosed = isClosing || (at === learner.lastSeenAt && learner.isNotebookClosed);
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

/** How far the learner's clock is ahead, in whole seconds; of events at the same moment the greater counts. */
function noteClock(learner, event, at) {
  const said = microseconds(event.occurred_at);
  const skew = event.corrected_at && said !== null ? Math.trunc((said - at) / 1e6) || 0 : null;
  learner.clockSkew = at === learner.lastSeenAt ? later(learner.clockSkew, skew) : skew;
}

/** By kind; without a prototype, because a kind may be called `constructor`. */
const handlers = Object.assign(Object.create(null), {
  cell_executed: applyExecution,
  cell_started: (_, learner, event, at) => {
    if (learner.lastStartedAt !== null && learner.lastStartedAt >= at) return;
    learner.lastStartedAt = at;
    const { notebook_path: notebook, cell_index: cellIndex = null, session_id: session = null } = event;
    const run = { since: at, notebook, cell: cellName(event), cellIndex, session };
    const isOver = learner.lastExecutedAt !== null && learner.lastExecutedAt >= at;
    learner.running = isOver || learner.kernelDeaths.some((death) => isDeathOf(run, death)) ? null : run;
  },
  kernel_died: (_, learner, event, at) => {
    const death = { at, session: event.session_id ?? null };
    // Of one session the latest counts, of many sessions the latest ones.
    const others = learner.kernelDeaths.filter(({ session }) => session !== death.session);
    const known = learner.kernelDeaths.find(({ session }) => session === death.session);
    const latest = known !== undefined && known.at > at ? known : death;
    learner.kernelDeaths = [...others, latest].sort((a, b) => a.at - b.at).slice(-rememberedKernelDeaths);
    if (learner.running !== null && isDeathOf(learner.running, death)) learner.running = null;
  },
  exercise_checked: (classroom, learner, event, at) => {
    const cell = applyCheck(classroom, learner, event, at, cellName(event));
    if (cell !== null) classroom.judgeCell(learner, cell);
  },
  notebook_opened: () => {},
  notebook_saved: () => {},
  notebook_closed: () => {},
  help: (_, learner, __, at) => {
    if (learner.helpRequests.includes(at)) return;
    learner.helpRequests.push(at);
    settleHelp(learner);
  },
  help_stop: (_, learner, __, at) => {
    learner.helpStoppedAt = later(learner.helpStoppedAt, at);
    settleHelp(learner);
  },
});

function endRun(learner, at) {
  if (learner.running !== null && at >= learner.running.since) learner.running = null;
}

/** Whether the kernel in which a cell runs has died: a learner may have several. Without a session it may be any. */
function isDeathOf(run, { at, session }) {
  return at >= run.since && (session === null || run.session === null || session === run.session);
}

/** A help request stands since the first cry after the last time that it was taken back. */
function settleHelp(learner) {
  const stoppedAt = learner.helpStoppedAt ?? -Infinity;
  // The earliest decides, and the newest stand when a delayed event takes the others back.
  const standing = learner.helpRequests.filter((at) => at > stoppedAt).sort((a, b) => a - b);
  learner.helpRequests = [...standing.slice(0, 1), ...standing.slice(1).slice(-rememberedHelpRequests)];
  learner.helpSince = learner.helpRequests[0] ?? null;
}

function applyExecution(classroom, learner, event, at) {
  const failed = event.has_error === true;
  const name = cellName(event);
  const isLatest = learner.lastExecutedAt === null || at >= learner.lastExecutedAt;
  if (name !== null && event.notebook_path === classroom.notebook) {
    const cell = classroom.cell(name, event.cell_index ?? null);
    classroom.setIndex(cell, event.cell_index ?? null);
    const cellState = learner.cellStates[cell.slot] ?? ".";
    classroom.setCellState(learner, cell.slot, cellStateAfterRun(cellState, failed, isLatest));
    if (failed && cell.topError === null) cell.topError = event.error_name ?? null;
  }
  if (isNewRun(learner, event, at)) countExecution(classroom, learner, event, name, failed);
  if (name !== null && event.notebook_path === classroom.notebook) classroom.judgeCell(learner, name);
  endRun(learner, at);
  learner.lastExecutedAt = later(learner.lastExecutedAt, at);
  if (!failed) learner.lastSuccessAt = later(learner.lastSuccessAt, at);
}

/**
 * Whether a run is not counted yet: it is later than all that are or, as clocks may be coarse, at the very
 * moment of the latest ones, when all of these came as events.
 */
function isNewRun(learner, event, at) {
  if (learner.lastExecutedAt === null || at > learner.lastExecutedAt) {
    learner.latestRuns = [event.event_id];
    return true;
  }
  if (at < learner.lastExecutedAt || learner.latestRuns === null) return false;
  if (learner.latestRuns.includes(event.event_id)) return false;
  learner.latestRuns.push(event.event_id);
  return true;
}

function countExecution(classroom, learner, event, name, failed) {
  const key = streakKey(event.notebook_path, name);
  const known = learner.streaks.get(key) ?? 0;
  // A run without a cell is on no cell.
  const errorsInARow = failed && name !== null ? known + 1 : 0;
  if (errorsInARow > 0) learner.streaks.set(key, errorsInARow);
  else learner.streaks.delete(key);
  const isElsewhere = event.notebook_path !== classroom.notebook;
  if (errorsInARow === 1 && isElsewhere && !learner.isNewcomer) classroom.isStreakUnsure = true;
  learner.executions += 1;
  if (failed) learner.errors += 1;
  learner.errorsInARow = errorsInARow;
  learner.lastError = errorsInARow > 0 ? (event.error_name ?? null) : null;
  learner.notebook = event.notebook_path;
  learner.cell = name;
  learner.cellIndex = event.cell_index ?? null;
}

/** How the database names a cell: by its id or, without one, by its index. */
export function cellName(event) {
  if (event.cell_id) return event.cell_id;
  return Number.isInteger(event.cell_index) ? String(event.cell_index) : null;
}
