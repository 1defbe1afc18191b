import { isFailing, isReached, isSolved } from "./cell-letter.js";
import { microseconds } from "./timestamp.js";

/** What the API takes when it has nothing to say: its own defaults. */
const defaultRules = {
  idle_seconds: 300,
  stuck_errors: 3,
  stuck_seconds: 300,
  stuck_fades_seconds: 1800,
  behind_ratio: 0.5,
  behind_minimum_median: 4,
  required_share: 0.1,
};

/** A class at work on one notebook: what the API told, kept up to date by `applyEvent`. No I/O. */
export class Classroom {
  constructor(course, notebook = null, rules = defaultRules) {
    this.course = course;
    this.notebook = notebook;
    this.rules = rules;
    /** @type {Map<string, object>} learners by id */
    this.learners = new Map();
    /** Cells in order of their discovery: a cell's slot, its place here, never changes. */
    this.cells = [];
    this.slots = new Map();
    /** Paths of the course's notebooks. */
    this.notebooks = new Set();
  }

  /**
   * @param {object} progress an answer of `/progress`, with the cells of all pages
   * @param {object} list an answer of `/students`, with the learners of all pages
   * @param {Classroom | null} known the class so far: it remembers errors in a row on cells that learners
   *   left and may come back to, of which the answers tell the current cell's alone
   */
  static fromAnswers(progress, list, known = null) {
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
    for (const student of list.students) {
      const learner = classroom.learner(student.student_id);
      Object.assign(learner, learnerFromAnswer(student));
      learner.streaks = new Map(known?.learners.get(learner.id)?.streaks);
      const place = streakKey(learner.notebook, learner.cell);
      if (learner.errorsInARow > 0) learner.streaks.set(place, learner.errorsInARow);
      else learner.streaks.delete(place);
      slots.forEach((slot, place) => {
        classroom.setLetter(learner, slot, student.cell_states[place] ?? ".");
      });
    }
    return classroom;
  }

  /** @returns {object} the learner, made when unknown */
  learner(id) {
    let learner = this.learners.get(id);
    if (learner === undefined) {
      learner = newLearner(id);
      this.learners.set(id, learner);
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
      reached: 0,
      solved: 0,
      failing: 0,
      medianDuration: null,
      p90Duration: null,
      topError: null,
    };
    this.slots.set(name, cell.slot);
    this.cells.push(cell);
    return cell;
  }

  /** Keeps the cell's counts and the learner's in step with the letter. */
  setLetter(learner, slot, letter) {
    const before = learner.letters[slot] ?? ".";
    if (before === letter) return;
    while (learner.letters.length < slot) learner.letters.push(".");
    learner.letters[slot] = letter;
    const cell = this.cells[slot];
    const change = (test) => Number(test(letter)) - Number(test(before));
    cell.reached += change(isReached);
    cell.solved += change(isSolved);
    cell.failing += change(isFailing);
    learner.reached += change(isReached);
    learner.solved += change(isSolved);
  }
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
    letters: [],
    reached: 0,
    solved: 0,
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
    helpStoppedAt: microseconds(student.help_stopped_at),
    firstSeenAt: microseconds(student.first_seen_at),
    lastSeenAt: microseconds(student.last_seen_at),
    lastExecutedAt: microseconds(student.last_executed_at),
    lastSuccessAt: microseconds(student.last_success_at),
  };
}
