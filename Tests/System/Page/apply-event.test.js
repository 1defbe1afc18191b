import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEvent } from "../../../Sources/Roles/Pages/Resources/page/js/state/apply-event.js";
import { classView } from "../../../Sources/Roles/Pages/Resources/page/js/state/class-view.js";
import { Classroom } from "../../../Sources/Roles/Pages/Resources/page/js/state/classroom.js";
import { microseconds } from "../../../Sources/Roles/Pages/Resources/page/js/state/timestamp.js";
import { emptyClass, event, microsecondsAt } from "./support.js";

function classAfter(...events) {
  const classroom = emptyClass();
  for (const item of events) applyEvent(classroom, item);
  return classroom;
}

const counts = ({ reached, solved, failing }) => ({ reached, solved, failing });

test("runs make a cell reached, failing and solved", () => {
  const classroom = classAfter(event(1, { has_error: true, error_name: "NameError", cell_id: "c0" }));
  assert.deepEqual(counts(classroom.cells[0]), { reached: 1, solved: 0, failing: 1 });
  applyEvent(classroom, event(2, { event_type: "cell_executed", cell_id: "c0", has_error: false }));
  assert.deepEqual(counts(classroom.cells[0]), { reached: 1, solved: 1, failing: 0 });
  applyEvent(classroom, event(3, { event_type: "cell_executed", cell_id: "c0", has_error: true }));
  assert.deepEqual(counts(classroom.cells[0]), { reached: 1, solved: 1, failing: 1 });
});

test("events that come twice, or a second time after later ones, change nothing", () => {
  const events = [
    event(1, { event_type: "cell_executed", cell_id: "c0", has_error: true }),
    event(2, { event_type: "help" }),
    event(3, { event_type: "cell_executed", cell_id: "c0", has_error: false }),
    event(4, { event_type: "help_stop" }),
    event(5, { event_type: "cell_executed", cell_id: "c1", cell_index: 1, has_error: true }),
    event(6, { event_type: "help" }),
  ];
  const once = classAfter(...events);
  const twice = classAfter(...events, ...events, ...[...events].reverse());
  assert.deepEqual([...twice.learners], [...once.learners]);
  assert.deepEqual(twice.cells, once.cells);
});

test("errors in a row count on the current cell", () => {
  const run = (seconds, cell, failed) =>
    event(seconds, { event_type: "cell_executed", cell_id: cell, has_error: failed, error_name: failed ? "E" : null });
  const learner = (...events) => classAfter(...events).learners.get("aiko");
  assert.equal(learner(run(1, "a", true), run(2, "a", true)).errorsInARow, 2);
  assert.equal(learner(run(1, "a", true), run(2, "b", true)).errorsInARow, 1);
  assert.equal(learner(run(1, "a", true), run(2, "b", false), run(3, "a", true)).errorsInARow, 2);
  const solved = learner(run(1, "a", true), run(2, "a", false));
  assert.equal(solved.errorsInARow, 0);
  assert.equal(solved.executions, 2);
  assert.equal(solved.errors, 1);
});

test("help begins with the first cry after the last stop", () => {
  const cry = (seconds) => event(seconds, { event_type: "help" });
  const stop = (seconds) => event(seconds, { event_type: "help_stop" });
  const since = (...events) => classAfter(...events).learners.get("aiko").helpSince;
  assert.equal(since(cry(10), cry(20)), microsecondsAt(10));
  assert.equal(since(cry(10), stop(20)), null);
  assert.equal(since(cry(10), stop(20), cry(30)), microsecondsAt(30));
  assert.equal(since(stop(20), cry(10)), null);
});

test("other courses, other kinds and broken times are not the class's", () => {
  const classroom = emptyClass();
  assert.equal(applyEvent(classroom, event(1, { course_id: "other" })), false);
  assert.equal(applyEvent(classroom, event(1, { event_type: "agent_metric" })), false);
  assert.equal(applyEvent(classroom, event(1, { event_type: "__proto__" })), false);
  assert.equal(applyEvent(classroom, event(1, { event_type: "constructor" })), false);
  assert.equal(applyEvent(classroom, event(1, { occurred_at: "soon" })), false);
  assert.equal(classroom.learners.size, 0);
});

test("a cell without an id goes by its index; cells show in the notebook's order", () => {
  const classroom = classAfter(
    event(1, { event_type: "cell_executed", cell_index: 3, has_error: false }),
    event(2, { event_type: "cell_executed", cell_index: 1, has_error: false }),
  );
  assert.deepEqual(classroom.cells.map(({ name }) => name), ["3", "1"]);
  const view = classView(classroom, microsecondsAt(3));
  assert.deepEqual(view.cells.map(({ name }) => name), ["1", "3"]);
});

test("runs in another notebook move the learner but not the bars", () => {
  const classroom = classAfter(
    event(1),
    event(2, { event_type: "cell_executed", cell_id: "z", notebook_path: "b.ipynb", has_error: true }),
  );
  assert.equal(classroom.cells.length, 1);
  assert.equal(classroom.learners.get("aiko").notebook, "b.ipynb");
  assert.deepEqual([...classroom.notebooks], ["a.ipynb", "b.ipynb"]);
});

test("times are read to the microsecond", () => {
  const first = microseconds("2026-04-01T09:00:00.000001Z");
  assert.equal(microseconds("2026-04-01T09:00:00.000002Z") - first, 1);
  assert.equal(microseconds("2026-04-01T18:00:00+09:00"), microsecondsAt(0));
  assert.equal(microseconds(null), null);
  assert.equal(microseconds("yesterday"), null);
});

test("answers of the API make the class that their events made", () => {
  const student = {
    student_id: "aiko", student_name: "Aiko", team: "A", state: "on_track", reason: {},
    current_notebook_path: "a.ipynb", current_cell: "c1", current_cell_index: 1,
    consecutive_errors: 1, last_error_name: "NameError", solved_cells: 1, remaining_cells: 1,
    cell_states: "se", failing_streaks: [1], executions: 3, errors: 1, notebook_closed: false, help_since: null,
    help_stopped_at: null, first_seen_at: "2026-04-01T09:00:01.000000Z",
    last_seen_at: "2026-04-01T09:00:09.000000Z", last_executed_at: "2026-04-01T09:00:09.000000Z",
    last_success_at: "2026-04-01T09:00:05.000000Z",
  };
  const cell = (name, index) => ({
    cell: name, cell_index: index, median_duration_ms: 5, p90_duration_ms: 9, top_error_name: null,
  });
  const classroom = Classroom.fromAnswers(
    { course_id: "python-1", notebook_path: "a.ipynb", notebooks: [], cells: [cell("c0", 0), cell("c1", 1)] },
    { cells: ["c0", "c1"], students: [student] },
  );
  assert.deepEqual(classroom.cells.map(counts), [
    { reached: 1, solved: 1, failing: 0 },
    { reached: 1, solved: 0, failing: 1 },
  ]);
  const learner = classroom.learners.get("aiko");
  assert.equal(learner.solved, 1);
  assert.equal(learner.lastExecutedAt, microsecondsAt(9));
  applyEvent(classroom, event(9, { event_type: "cell_executed", cell_id: "c1", has_error: true }));
  assert.equal(learner.executions, 3, "the API has counted this run already");

  // The two answers may be of two moments: a run that only the first knows comes again with the stream.
  const newer = { ...cell("c2", 2), reached: 1, solved: 1, errors_now: 0 };
  const split = Classroom.fromAnswers(
    { course_id: "python-1", notebook_path: "a.ipynb", notebooks: [], cells: [cell("c0", 0), cell("c1", 1), newer] },
    { cells: ["c0", "c1"], students: [student] },
  );
  applyEvent(split, event(10, { event_type: "cell_executed", cell_id: "c2", cell_index: 2, has_error: false }));
  assert.deepEqual(split.cells.map(counts)[2], { reached: 1, solved: 1, failing: 0 });
});

test("what is said of an exercise is what was said last, in whatever order it comes", () => {
  const check = (seconds, student, fields) =>
    event(seconds, { event_type: "exercise_checked", exercise_id: "q1", passed: true, student_id: student, ...fields });
  const checks = [
    check(1, "aiko", { label: "Total", points_possible: 1 }),
    check(2, "bea", { label: "Sum", points_possible: 2, cell_index: 4 }),
    check(3, "chi", { points_possible: 3 }),
  ];
  for (const order of [checks, [...checks].reverse(), [checks[1], checks[2], checks[0]]]) {
    const [exercise] = classAfter(...order).exercises.list();
    assert.deepEqual(
      [exercise.label, exercise.pointsPossible, exercise.cellIndex],
      ["Sum", 3, 4],
    );
  }
});
