import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEvent } from "../../../Sources/Roles/Pages/Resources/page/js/state/apply-event.js";
import { classView, median } from "../../../Sources/Roles/Pages/Resources/page/js/state/class-view.js";
import { emptyClass, event, microsecondsAt } from "./support.js";

const run = (seconds, student, cell, failed = false) =>
  event(seconds, {
    event_type: "cell_executed", student_id: student, cell_id: `c${cell}`, cell_index: cell, has_error: failed,
  });

function viewAfter(events, seconds) {
  const classroom = emptyClass();
  for (const item of events) applyEvent(classroom, item);
  return classView(classroom, microsecondsAt(seconds));
}

const stateOf = (view, id) => view.rows.find(({ learner }) => learner.id === id);

/** Bea solves cells 0 to 9, so that there is a class to be measured by. */
const pacemaker = (from = 0) => Array.from({ length: 10 }, (_, cell) => run(from + cell, "bea", cell));

test("three errors in a row on a cell make a learner stuck, a success ends it", () => {
  const errors = [run(1, "aiko", 0, true), run(2, "aiko", 0, true)];
  assert.equal(stateOf(viewAfter(errors, 3), "aiko").state, "on_track");
  const third = [...errors, run(3, "aiko", 0, true)];
  const row = stateOf(viewAfter(third, 4), "aiko");
  assert.deepEqual([row.state, row.reason, row.count], ["stuck", "errors_in_a_row", 3]);
  assert.equal(stateOf(viewAfter([...third, run(5, "aiko", 0)], 6), "aiko").state, "on_track");
});

test("nothing solved in five minutes of work makes a learner stuck", () => {
  const events = [run(0, "aiko", 0), run(100, "aiko", 1, true), run(299, "aiko", 2, true)];
  assert.equal(stateOf(viewAfter(events, 299), "aiko").state, "on_track");
  assert.equal(stateOf(viewAfter(events, 300), "aiko").reason, "nothing_solved");
});

test("silence of five minutes makes a learner idle, errors in a row keep them stuck", () => {
  assert.equal(stateOf(viewAfter([run(0, "aiko", 0), ...pacemaker(290)], 300), "aiko").state, "idle");
  const failing = [1, 2, 3].map((second) => run(second, "aiko", 0, true));
  assert.equal(stateOf(viewAfter(failing, 400), "aiko").state, "stuck");
  assert.equal(stateOf(viewAfter(failing, 3 + 1800), "aiko").state, "idle");
});

test("a learner is behind below half of the class's median", () => {
  const slow = [...pacemaker(), ...pacemaker().map((e) => ({ ...e, student_id: "carl" }))];
  const events = [...slow, run(1, "aiko", 0), run(2, "aiko", 1)];
  const view = viewAfter(events, 20);
  assert.equal(view.medianSolved, 10);
  assert.equal(stateOf(view, "aiko").state, "behind");
  assert.equal(stateOf(view, "bea").state, "on_track");
});

test("all solved and closed is done; help comes before everything", () => {
  const events = [...pacemaker(), event(20, { event_type: "notebook_closed", student_id: "bea" })];
  assert.equal(stateOf(viewAfter(events, 21), "bea").state, "done");
  const cry = event(22, { event_type: "help", student_id: "bea" });
  const view = viewAfter([...events, cry], 23);
  assert.equal(stateOf(view, "bea").state, "help");
  assert.equal(view.counters.help, 1);
});

test("the queue is ordered by waiting time, the list to look after by urgency", () => {
  const events = [
    ...pacemaker(290),
    run(0, "gone", 0),
    event(200, { event_type: "help", student_id: "late" }),
    event(100, { event_type: "help", student_id: "early" }),
    ...[1, 2, 3].map((n) => run(290 + n, "three", 0, true)),
    ...[1, 2, 3, 4].map((n) => run(290 + n, "four", 0, true)),
  ];
  const view = viewAfter(events, 301);
  assert.deepEqual(view.helpQueue.map(({ learner }) => learner.id), ["early", "late"]);
  assert.deepEqual(view.attention.map(({ learner }) => learner.id), ["four", "three", "gone"]);
});

test("a cell that one in twenty added is not required", () => {
  const class20 = Array.from({ length: 20 }, (_, n) => run(n, `s${n}`, 0));
  const view = viewAfter([...class20, run(30, "s0", 7)], 31);
  assert.equal(view.requiredCells, 1);
  assert.equal(stateOf(view, "s1").remaining, 0);
});

test("every learner is counted in one state", () => {
  const view = viewAfter([...pacemaker(), run(3, "aiko", 0, true)], 400);
  assert.equal(Object.values(view.counters).reduce((a, b) => a + b, 0), view.rows.length);
});

test("the median of none is 0", () => {
  assert.equal(median([]), 0);
  assert.equal(median([3]), 3);
  assert.equal(median([10, 9, 1, 2]), 5.5);
});

test("whoever is furthest behind is looked after first", () => {
  const three = ["bea", "cleo", "dora"].flatMap((student) =>
    Array.from({ length: 10 }, (_, cell) => run(cell, student, cell)));
  const view = viewAfter(
    [...three, run(10, "near", 0), run(11, "near", 1), run(12, "near", 2), run(13, "far", 0)], 20);
  assert.deepEqual(view.attention.map(({ learner, state }) => `${learner.id} ${state}`), [
    "far behind", "near behind",
  ]);
});
