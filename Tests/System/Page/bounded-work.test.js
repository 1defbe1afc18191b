import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEvent } from "../../../Sources/Roles/Pages/Resources/page/js/state/apply-event.js";
import { classView, first } from "../../../Sources/Roles/Pages/Resources/page/js/state/class-view.js";
import { Classroom } from "../../../Sources/Roles/Pages/Resources/page/js/state/classroom.js";
import { EventLog } from "../../../Sources/Roles/Pages/Resources/page/js/state/event-log.js";
import { Inbox, eventsATask } from "../../../Sources/Roles/Pages/Resources/page/js/state/inbox.js";
import { NameOrder } from "../../../Sources/Roles/Pages/Resources/page/js/state/name-order.js";
import { atOnce, inSlices } from "../../../Sources/Roles/Pages/Resources/page/js/state/slices.js";
import { FrameBudget } from "../../../Sources/Roles/Pages/Resources/page/js/view/frame-budget.js";
import { KeyedList } from "../../../Sources/Roles/Pages/Resources/page/js/view/keyed-list.js";
import { emptyClass, event, microsecondsAt } from "./support.js";

/** The little of the DOM that lists use; counts what is written. */
class FakeElement {
  constructor() {
    this.children = [];
    this.parent = null;
    this.writes = 0;
  }

  get firstChild() {
    return this.children[0] ?? null;
  }

  get nextSibling() {
    return this.parent.children[this.parent.children.indexOf(this) + 1] ?? null;
  }

  insertBefore(node, next) {
    node.remove();
    node.parent = this;
    this.children.splice(next === null ? this.children.length : this.children.indexOf(next), 0, node);
    this.writes += 1;
  }

  remove() {
    if (this.parent === null) return;
    this.parent.children.splice(this.parent.children.indexOf(this), 1);
    this.parent.writes += 1;
    this.parent = null;
  }

  contains() {
    return false;
  }
}
globalThis.document = { activeElement: null };

/** A small generator of numbers, so that a failure can be repeated. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("a list writes no more than the budget in an update, and comes to show its items", () => {
  const random = numbers(5);
  for (let round = 0; round < 40; round += 1) {
    const parent = new FakeElement();
    let updates = 0;
    const list = new KeyedList(parent, {
      key: ({ key }) => key,
      face: ({ face }) => face,
      create: () => new FakeElement(),
      update: (node, { key, face }) => {
        updates += 1;
        node.shows = `${key} ${face}`;
      },
    });
    let items = [];
    for (let change = 0; change < 12; change += 1) {
      const keys = new Set(Array.from({ length: random(60) }, () => random(80)));
      if (random(3) > 0) items = [...keys].map((key) => ({ key, face: random(4) }));
      else items = items.map((item) => ({ ...item, face: random(2) }));
      const epoch = random(5) === 0 ? change : "same";
      let isExceeded = true;
      for (let frame = 0; isExceeded; frame += 1) {
        assert.ok(frame < 100, "the list never ends");
        const budget = new FrameBudget(7);
        const before = parent.writes;
        updates = 0;
        list.update(items, budget, epoch);
        assert.ok(updates <= 7, `${updates} updates`);
        assert.ok(parent.writes - before <= 14, `${parent.writes - before} moves`);
        ({ isExceeded } = budget);
      }
      assert.deepEqual(
        parent.children.map(({ shows }) => shows),
        items.map(({ key, face }) => `${key} ${face}`),
      );
      assert.equal(list.entries.size, items.length);
    }
  }
});

test("a list that does not change is not written", () => {
  const parent = new FakeElement();
  const list = new KeyedList(parent, {
    key: (item) => item,
    face: (item) => item,
    create: () => new FakeElement(),
    update: (node) => { node.updates = (node.updates ?? 0) + 1; },
  });
  const items = Array.from({ length: 50 }, (_, number) => number);
  list.update(items, new FrameBudget(50), "en");
  parent.writes = 0;
  const budget = new FrameBudget(0);
  list.update(items, budget, "en");
  assert.equal(budget.isExceeded, false);
  assert.equal(parent.writes, 0);
  list.update([...items.slice(1), 0], new FrameBudget(1), "en");
  assert.equal(parent.writes, 2, "one element that moves to the end moves alone");
});

test("what lies far down a list is written too while what lies above keeps changing", () => {
  const parent = new FakeElement();
  const list = new KeyedList(parent, {
    key: ({ key }) => key,
    face: ({ face }) => face,
    create: () => new FakeElement(),
    update: (node, { face }) => { node.shows = face; },
  });
  const items = (face) => Array.from({ length: 30 }, (_, key) => ({ key, face }));
  list.update(items(0), new FrameBudget(30), "en");
  for (let frame = 1; frame <= 30; frame += 1) list.update(items(frame), new FrameBudget(3), "en");
  assert.ok(parent.children.every(({ shows }) => shows > 0));
});

test("however many events come, a task applies a bounded number, in their order", async () => {
  const taken = [];
  const tasks = [];
  let resume;
  const inbox = new Inbox((events) => { taken.push(...events); tasks.push(events.length); }, {
    pause: () => new Promise((resolve) => { resume = resolve; }),
  });
  inbox.add(Array.from({ length: 1_000 }, (_, number) => number));
  assert.equal(taken.length, eventsATask, "what comes first waits for nothing");
  inbox.add([1_000, 1_001]);
  while (taken.length < 1_002) {
    resume();
    await new Promise(setImmediate);
  }
  assert.deepEqual(taken, Array.from({ length: 1_002 }, (_, number) => number));
  assert.ok(Math.max(...tasks) <= eventsATask);
});

test("a class of 1,000 is built in many steps, and is the same", async () => {
  const cells = Array.from({ length: 40 }, (_, number) => `c${number}`);
  const student = (number) => ({
    student_id: `s${number}`, student_name: `Name ${1_000 - number}`, team: null, current_cell: "c0",
    current_notebook_path: "a.ipynb", current_cell_index: 0, consecutive_errors: 2, last_error_name: "E",
    solved_cells: 20, remaining_cells: 20, cell_states: "es".repeat(20), executions: 60, errors: 40,
    failing_streaks: Array(20).fill(2), notebook_closed: false, help_since: null, help_stopped_at: null,
    first_seen_at: "2026-04-01T09:00:01.000000Z", last_seen_at: "2026-04-01T09:00:09.000000Z",
    last_executed_at: "2026-04-01T09:00:09.000000Z", last_success_at: null,
  });
  const progress = {
    course_id: "python-1", notebook_path: "a.ipynb", notebooks: [],
    cells: cells.map((cell, cell_index) => ({ cell, cell_index, reached: 0, solved: 0, errors_now: 0 })),
  };
  const list = { cells, students: Array.from({ length: 1_000 }, (_, number) => student(number)) };
  let pauses = 0;
  const pause = async () => { pauses += 1; };
  const classroom = await inSlices(Classroom.building(progress, list), pause);
  assert.ok(pauses >= 20, `${pauses} pauses`);
  assert.deepEqual([...classroom.learners], [...Classroom.fromAnswers(progress, list).learners]);
  assert.deepEqual(classroom.cells[1].solved, 1_000);
  const { rows } = classView(classroom, microsecondsAt(10));
  assert.deepEqual([rows[0].learner.name, rows[999].learner.name], ["Name 1", "Name 1000"]);
});

test("newcomers and new names are put in place among the others", () => {
  const order = new NameOrder();
  const learners = ["Zoë", "Amelia", "learner 10", "learner 9", "あい"].map((name, id) => ({ id: `${id}`, name }));
  for (const learner of learners) order.add(learner);
  order.rename(learners[0], "Bea");
  const names = order.ranked().map(({ name }) => name);
  assert.deepEqual(names, ["Amelia", "Bea", "learner 9", "learner 10", "あい"]);
  assert.deepEqual(order.learners.map(({ rank }) => rank), [0, 1, 2, 3, 4]);
});

test("the first of many are those of the sorted list", () => {
  const random = numbers(3);
  for (let round = 0; round < 50; round += 1) {
    const items = Array.from({ length: random(40) }, () => random(20));
    const compare = (a, b) => a - b;
    assert.deepEqual(first(items, 12, compare), [...items].sort(compare).slice(0, 12));
  }
});

test("required cells and what is left of them stay those of a plain count", () => {
  const random = numbers(11);
  const classroom = emptyClass();
  for (let second = 1; second <= 600; second += 1) {
    applyEvent(classroom, event(second, {
      event_type: "cell_executed", student_id: `s${random(25)}`, cell_id: `c${random(60) % (1 + random(60))}`,
      has_error: random(3) === 0,
    }));
    if (second % 7 !== 0) continue;
    classView(classroom, microsecondsAt(second));
    const working = [...classroom.learners.values()].filter(({ cellStates }) => cellStates.some((x) => x !== "."));
    const isSolved = ({ cellStates }, { slot }) => "sx".includes(cellStates[slot] ?? ".");
    const required = classroom.cells.filter(({ slot, reached }) => {
      assert.equal(reached, working.filter(({ cellStates }) => (cellStates[slot] ?? ".") !== ".").length);
      return reached >= 0.1 * working.length;
    });
    assert.equal(classroom.working, working.length);
    assert.equal(classroom.requiredCells, required.length);
    for (const learner of classroom.learners.values()) {
      assert.equal(learner.remaining, required.filter((cell) => !isSolved(learner, cell)).length);
    }
  }
});

test("events are replayed in steps, with those that come between the steps", () => {
  const log = new EventLog(100);
  const add = (number) => log.add({ stream_id: `${number}-0` });
  for (let number = 1; number <= 150; number += 1) add(number);
  const replayed = [];
  const steps = log.replaying("120-0", 8, ({ stream_id }) => replayed.push(parseInt(stream_id)));
  steps.next();
  for (let number = 151; number <= 230; number += 1) add(number);
  assert.equal(atOnce(steps), true);
  assert.deepEqual(replayed, Array.from({ length: 110 }, (_, place) => 121 + place));
  assert.equal(log.reachesBackTo("50-0"), false);
  assert.equal(log.reachesBackTo("150-0"), true);
  const late = log.replaying("220-0", 2, () => {});
  late.next();
  for (let number = 231; number <= 600; number += 1) add(number);
  assert.equal(atOnce(late), false, "too much came in between");
});

test("events of several partitions are replayed from behind a cursor", () => {
  const log = new EventLog(4);
  const add = (place) => log.add({ stream_id: place });
  for (const place of ["1:1-0", "2:9-0", "1:2-0", "1:3-0", "2:10-0", "1:4-0", "1:5-0"]) add(place);
  assert.equal(log.reachesBackTo("0-0_0-0"), true);
  const replayed = [];
  assert.equal(atOnce(log.replaying("3-0_10-0", 9, ({ stream_id }) => replayed.push(stream_id))), true);
  assert.deepEqual(replayed, ["1:4-0", "1:5-0"]);
  add("2:11-0");
  // 1:3-0 and 2:9-0 are the last that are forgotten.
  assert.equal(log.reachesBackTo("3-0_9-0"), true);
  assert.equal(log.reachesBackTo("2-0_9-0"), false);
  assert.equal(log.reachesBackTo("3-0_8-0"), false);
});
