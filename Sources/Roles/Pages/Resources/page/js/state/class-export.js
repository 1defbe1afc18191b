import { exerciseTitle, isExerciseSolved } from "./exercises.js";

const columns = [
  "student_id", "student_name", "team", "state", "solved_cells", "required_cells", "executions", "errors",
  "exercises_solved", "exercise_attempts", "points", "points_possible", "first_seen_at", "last_seen_at",
];

/** What makes a spreadsheet take a text for a formula, in the wide forms of East Asian keyboards too. */
const formula = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u;

/**
 * The class as a table (RFC 4180), a learner a line, with a column for each exercise: the attempt that was the first
 * right one, `0` where none was yet, nothing where it was not checked. It begins with a byte order mark, without which
 * Excel takes UTF-8 for something else.
 *
 * @param {object} view of `classView`
 */
export function classTable({ rows, exercises, requiredCells }) {
  const head = [...columns, ...exercises.map((each) => `exercise: ${exerciseTitle(each)}`)];
  const lines = rows.map(({ learner, state }) => {
    const work = exercises.map(({ id }) => learner.exercises.get(id));
    const tried = work.filter((each) => each !== undefined);
    return [
      learner.id, learner.name, learner.team, state, learner.solved, requiredCells, learner.executions,
      learner.errors, tried.filter(isExerciseSolved).length, sum(tried, "attempts"), sum(tried, "points"),
      sum(tried, "pointsPossible"), moment(learner.firstSeenAt), moment(learner.lastSeenAt),
      ...work.map((each) => (each === undefined ? null : (each.firstPassedAttempt ?? 0))),
    ];
  });
  return "\uFEFF" + [head, ...lines].map((line) => line.map(field).join(",") + "\r\n").join("");
}

/** A learner chooses their name: what would be a formula is a text, by the apostrophe that spreadsheets know. */
function field(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]|^'|^\s|\s$/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function sum(works, name) {
  return works.reduce((total, work) => total + (work[name] ?? 0), 0);
}

function moment(microseconds) {
  return microseconds === null ? null : new Date(microseconds / 1_000).toISOString();
}
