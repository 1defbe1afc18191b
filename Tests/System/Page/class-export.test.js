import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEvent } from "../../../Sources/Roles/Pages/Resources/page/js/state/apply-event.js";
import { classTable } from "../../../Sources/Roles/Pages/Resources/page/js/state/class-export.js";
import { classView } from "../../../Sources/Roles/Pages/Resources/page/js/state/class-view.js";
import { emptyClass, event, microsecondsAt } from "./support.js";

/** Reads RFC 4180. */
function parse(text) {
  const rows = [[]];
  const form = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (const [, quoted, plain, end] of text.matchAll(form)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
  }
  assert.deepEqual(rows.pop(), []);
  return rows;
}

function table(...events) {
  const classroom = emptyClass();
  for (const each of events) applyEvent(classroom, each);
  const text = classTable(classView(classroom, microsecondsAt(100)));
  assert.equal(text[0], "\uFEFF");
  const [head, ...lines] = parse(text.slice(1));
  return lines.map((line) => Object.fromEntries(line.map((value, place) => [head[place], value])));
}

const check = (seconds, exercise, passed, fields = {}) =>
  event(seconds, { event_type: "exercise_checked", exercise_id: exercise, passed, ...fields });

test("a line a learner, with exercises and points", () => {
  const lines = table(
    event(1, { student_name: "愛子, \"Ai\"", team: "A" }),
    check(2, "q1", false, { label: "Sum", points: 0, points_possible: 2 }),
    check(3, "q1", true, { label: "Sum", points: 2, points_possible: 2 }),
    check(4, "q2", false),
    event(5, { student_id: "bea", has_error: true }),
  );
  const [aiko, bea] = ["aiko", "bea"].map((id) => lines.find(({ student_id }) => student_id === id));
  assert.equal(aiko.student_name, "愛子, \"Ai\"");
  assert.equal(aiko["exercise: Sum"], "2");
  assert.equal(aiko["exercise: q2"], "0");
  assert.equal(aiko.exercise_attempts, "3");
  assert.equal(aiko.exercises_solved, "1");
  assert.equal(aiko.points, "2");
  assert.equal(aiko.last_seen_at, "2026-04-01T09:00:04.000Z");
  assert.equal(bea["exercise: Sum"], "");
  assert.equal(bea.errors, "1");
});

test("what a learner calls themselves is never a formula", () => {
  const names = ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\r=1", "＝1", "=HYPERLINK(\"http://x\",\"y\")"];
  const lines = table(
    ...names.flatMap((name, number) => [
      event(number, { student_id: `s-${number}`, student_name: name, team: name }),
      check(number, "q1", true, { student_id: `s-${number}`, label: "=2+2" }),
    ]),
    event(50, { student_id: "=cmd|' /C calc'!A0" }),
  );
  assert.equal(lines.length, names.length + 1);
  for (const line of lines) {
    for (const value of [...Object.values(line), ...Object.keys(line)]) assert.doesNotMatch(value, /^\s*[=+\-@＝]/u);
  }
  assert.ok(lines.some(({ student_name }) => student_name === "'=1+1"));
});
