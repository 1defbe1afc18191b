import { isFailing, isReached, isSolved } from "./cell-state.js";
import { addToldExercises, checkedCellState, Exercises } from "./exercises.js";
import { NameOrder } from "./name-order.js";
import { atOnce } from "./slices.js";
import { microseconds } from "./timestamp.js";

/** What the API takes when it has nothing to say: its own defaults. */
export const standardRules = {
  idle_seconds: 300,
  stuck_errors: 3,
  stuck_seconds: 300,
  stuck_fades_seconds: 1800,
  behind_ratio: 0.5,
  behind_minimum_median: 4,
  required_share: 0.1,
  alert_learners: 5,
  alert_share: 0.3,
  alert_seconds: 600,
};

/** Of so many cells the API tells learners' cell states. */
const cellsWithStates = 1_000;

/** So many cell states are set before a pause: a class of 1,000 on 40 cells has 40,000. */
const cellStatesAStep = 4_000;

/** A class at work on one notebook: what the API told, kept up to date by `applyEvent`. No I/O. */
export class Classroom {
  constructor(course, notebook = null, rules = standardRules) {
    this.course = course;
    this.notebook = notebook;
    this.rules = rules;
    /** @type {Map<string, object>} learners by id */
    this.learners = new Map();
    this.order = new NameOrder();
    /** Learners who ran a cell of the notebook. */
    this.working = 0;
    /** Cells in order of their discovery: a cell's slot, its place here, never changes. */
    this.cells = [];
    this.slots = new Map();
    this.cellsByPlace = null;
    this.requiredCells = 0;
    /** Paths of the course's notebooks. */
    this.notebooks = new Set();
    this.exercises = new Exercises();
    /** @type {Map<string, object>} names and teams of who is in the course, by id: clients need not know them */
    this.listed = new Map();
    /** Whether an error came on a cell whose errors before are unknown: the API knows. */
    this.isStreakUnsure = false;
  }

  /**
   * @param {object} progress an answer of `/progress`, with the cells of all pages
   * @param {object} list an answer of `/students`, with the learners of all pages
   * @param {object | null} exercises an answer of `/exercises`; without one they have no labels until they are checked
   */
  static fromAnswers(progress, list, exercises = null) {
    return atOnce(Classroom.building(progress, list, exercises));
  }

  /** The same, in steps of bounded work. */
  static *building(progress, list, exercises = null) {
    const classroom = new Classroom(progress.course_id, progress.notebook_path, progress.rules);
    for (const { notebook_path } of progress.notebooks) classroom.notebooks.add(notebook_path);
    for (const cell of progress.cells) {
      Object.assign(classroom.cell(cell.cell, cell.cell_index), {
        medianDuration: cell.median_duration_ms,
        p90Duration: cell.p90_duration_ms,
        topError: cell.top_error_name,
      });
    }
    const slots = list.cells.map((name) => classroom.cell(name, null).slot);
    const told = new Set(slots);
    for (const cell of progress.cells) {
      const known = classroom.cell(cell.cell, cell.cell_index);
      // A cell that the list could have told, and did not, is newer than the list: it begins without
      // counts, for the runs that made them are still to come.
      if (told.has(known.slot) || list.cells.length < cellsWithStates) continue;
      // Of cells beyond those, the counts alone are told.
      Object.assign(known, { reached: cell.reached, solved: cell.solved, failing: cell.errors_now });
    }
    if (exercises !== null) classroom.exercises.describe(exercises);
    let cellStates = 0;
    for (const student of list.students) {
      classroom.add(student, list.cells, slots);
      cellStates += slots.length + 50;
      if (cellStates < cellStatesAStep) continue;
      cellStates = 0;
      yield;
    }
    return classroom;
  }

  /** Adds a learner as the API tells of them. */
  add(student, cells, slots) {
    const learner = newLearner(student.student_id);
    Object.assign(learner, learnerFromAnswer(student), { remaining: this.requiredCells });
    this.learners.set(learner.id, learner);
    this.order.add(learner);
    let failing = 0;
    slots.forEach((slot, place) => {
      const cellState = student.cell_states[place] ?? ".";
      this.setCellState(learner, slot, cellState);
      if (!isFailing(cellState)) return;
      const streak = student.failing_streaks[failing];
      if (streak > 0) learner.streaks.set(streakKey(this.notebook, cells[place]), streak);
      failing += 1;
    });
    learner.solved = student.solved_cells;
    addToldExercises(this, learner, student.exercises ?? []);
    // The current cell may be in another notebook.
    if (learner.cell === null) return;
    const current = streakKey(learner.notebook, learner.cell);
    if (learner.errorsInARow > 0) learner.streaks.set(current, learner.errorsInARow);
    else learner.streaks.delete(current);
  }

  /** @returns {object} the learner, made when unknown */
  learner(id) {
    let learner = this.learners.get(id);
    if (learner === undefined) {
      learner = newLearner(id);
      learner.isNewcomer = true;
      learner.name = this.listed.get(id)?.name ?? null;
      learner.team = this.listed.get(id)?.team ?? null;
      learner.remaining = this.requiredCells;
      this.learners.set(id, learner);
      this.order.add(learner);
    }
    return learner;
  }

  /** @returns {object} the cell of the notebook, made when unknown */
  cell(name, index) {
    const slot = this.slots.get(name);
    if (slot !== undefined) return this.cells[slot];
    const cell = {
      slot: this.cells.length,
      name,
      index,
      isRequired: false,
      reached: 0,
      solved: 0,
      failing: 0,
      medianDuration: null,
      p90Duration: null,
      topError: null,
    };
    this.slots.set(name, cell.slot);
    this.cells.push(cell);
    this.cellsByPlace = null;
    return cell;
  }

  /** Tells a cell's place in the notebook, when it is not known yet. */
  setIndex(cell, index) {
    if (cell.index !== null || index === null) return;
    cell.index = index;
    this.cellsByPlace = null;
  }

  /** @returns {object[]} the cells in the notebook's order */
  cellsInOrder() {
    this.cellsByPlace ??= [...this.cells].sort(byPlace);
    return this.cellsByPlace;
  }

  /** Keeps the cell's counts and the learner's in step with the state. */
  setCellState(learner, slot, cellState) {
    const before = learner.cellStates[slot] ?? ".";
    if (before === cellState) return;
    while (learner.cellStates.length < slot) learner.cellStates.push(".");
    learner.cellStates[slot] = cellState;
    const cell = this.cells[slot];
    const reached = Number(isReached(cellState)) - Number(isReached(before));
    const solved = Number(isSolved(cellState)) - Number(isSolved(before));
    cell.reached += reached;
    cell.solved += solved;
    cell.failing += Number(isFailing(cellState)) - Number(isFailing(before));
    if (learner.reached === 0) this.working += 1;
    learner.reached += reached;
    if (learner.reached === 0) this.working -= 1;
    learner.solved += solved;
    if (cell.isRequired) learner.remaining -= solved;
  }

  /** Where the learner's answer was checked, the check decides. Of cells that did not run, nothing is told. */
  judgeCell(learner, name) {
    const slot = this.slots.get(name);
    if (slot === undefined || !isReached(learner.cellStates[slot] ?? ".")) return;
    const state = checkedCellState(learner, name, learner.streaks.has(streakKey(this.notebook, name)));
    if (state !== null) this.setCellState(learner, slot, state);
  }

  /** Tells anew which cells enough learners have run, and what each learner has left of them. */
  settleRequired() {
    const threshold = this.rules.required_share * this.working;
    for (const cell of this.cells) {
      const isRequired = cell.reached > 0 && cell.reached >= threshold;
      if (isRequired === cell.isRequired) continue;
      cell.isRequired = isRequired;
      const change = isRequired ? 1 : -1;
      this.requiredCells += change;
      for (const learner of this.order.learners) {
        if (!isSolved(learner.cellStates[cell.slot] ?? ".")) learner.remaining += change;
      }
    }
  }
}

function runningCell({ notebook_path: notebook, cell, cell_index: cellIndex, since, session_id: session }) {
  return { since: microseconds(since), notebook, cell, cellIndex, session };
}

function byPlace(a, b) {
  return (a.index ?? Infinity) - (b.index ?? Infinity) || a.slot - b.slot;
}

/** Names a cell among those of all notebooks; paths hold no NUL. */
export function streakKey(notebook, cell) {
  return `${notebook}\0${cell}`;
}

/** Times are microseconds since 1970, or null. */
function newLearner(id) {
  return {
    id,
    name: null,
    team: null,
    notebook: null,
    cell: null,
    cellIndex: null,
    errorsInARow: 0,
    /** Errors since the last success, by cell; only those cells that have some. */
    streaks: new Map(),
    lastError: null,
    executions: 0,
    errors: 0,
    isNotebookClosed: false,
    helpSince: null,
    helpStoppedAt: null,
    firstSeenAt: null,
    lastSeenAt: null,
    lastExecutedAt: null,
    lastSuccessAt: null,
    /** How far the learner's clock was ahead when something was heard last, in seconds; null when it was right. */
    clockSkew: null,
    /** Ids of the executions at `lastExecutedAt`; null while only the API's answer tells of them. */
    latestRuns: null,
    /** When help was asked for since it was last taken back, as far as known. */
    helpRequests: [],
    /** Whether all that the learner did is known from events. */
    isNewcomer: false,
    /** The cell that is running now, and has for longer than a second. */
    running: null,
    /** When the latest cell began of which that was told, over or not. */
    lastStartedAt: null,
    /** Of a few sessions, when their kernels died. */
    kernelDeaths: [],
    /** Work on the notebook's exercises, by id. */
    exercises: new Map(),
    /** The exercise that was checked last. */
    currentExercise: null,
    cellStates: [],
    reached: 0,
    solved: 0,
    /** Required cells that are not solved yet. */
    remaining: 0,
    rank: 0,
  };
}

function learnerFromAnswer(student) {
  return {
    name: student.student_name,
    team: student.team,
    notebook: student.current_notebook_path,
    cell: student.current_cell,
    cellIndex: student.current_cell_index,
    errorsInARow: student.consecutive_errors,
    lastError: student.last_error_name,
    executions: student.executions,
    errors: student.errors,
    isNotebookClosed: student.notebook_closed,
    helpSince: microseconds(student.help_since),
    helpRequests: student.help_since === null ? [] : [microseconds(student.help_since)],
    helpStoppedAt: microseconds(student.help_stopped_at),
    firstSeenAt: microseconds(student.first_seen_at),
    lastSeenAt: microseconds(student.last_seen_at),
    lastExecutedAt: microseconds(student.last_executed_at),
    lastSuccessAt: microseconds(student.last_success_at),
    clockSkew: student.clock_skew_seconds ?? null,
    running: student.running ? runningCell(student.running) : null,
    lastStartedAt: student.running ? microseconds(student.running.since) : null,
  };
}
