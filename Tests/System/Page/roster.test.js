import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEvent } from "../../../Sources/Roles/Pages/Resources/page/js/state/apply-event.js";
import { Roster } from "../../../Sources/Roles/Pages/Resources/page/js/state/roster.js";
import { emptyClass, event, microsecondsAt } from "./support.js";

const listed = (id, name = null) => ({ student_id: id, student_name: name, team: null });
const learners = [listed("zora", "Aki Ono"), listed("aiko"), listed("ben", "Ben")];
const answer = (lesson) => ({ lesson_began_at: lesson, learners });
const names = ({ absent }) => absent.map(({ id }) => id);

function classOf(...events) {
  const classroom = emptyClass();
  for (const each of events) applyEvent(classroom, each);
  return classroom;
}

test("who was heard of since the lesson began is here", () => {
  const roster = new Roster(answer(event(0).occurred_at), microsecondsAt(600));
  const classroom = classOf(event(-86_400, { student_id: "ben" }), event(60), event(60, { student_id: "a guest" }));
  const attendance = roster.attendance(classroom);
  assert.deepEqual([attendance.isLesson, attendance.here, attendance.total], [true, 1, 3]);
  assert.deepEqual(names(attendance), ["zora", "ben"], "by name");
  applyEvent(classroom, event(61, { student_id: "ben" }));
  assert.deepEqual(names(roster.attendance(classroom)), ["zora"]);
});

test("without a lesson it is who ever came, until somebody begins one", () => {
  const roster = new Roster(answer(null), microsecondsAt(0));
  const classroom = classOf(event(-86_400, { student_id: "ben" }));
  const before = roster.attendance(classroom);
  assert.deepEqual([before.isLesson, before.here, names(before)], [false, 1, ["aiko", "zora"]]);
  applyEvent(classroom, event(5, { student_id: "zora" }));
  const after = roster.attendance(classroom);
  assert.deepEqual([after.isLesson, after.here, names(after)], [true, 1, ["aiko", "ben"]]);
});

test("a newcomer whose client knows no name has the roster's, and another's that it knows", () => {
  const classroom = emptyClass();
  classroom.listed = new Roster(answer(null)).byID;
  applyEvent(classroom, event(1, { student_id: "zora" }));
  assert.equal(classroom.learners.get("zora").name, "Aki Ono");
  applyEvent(classroom, event(2, { student_id: "zora", student_name: "Zora" }));
  assert.equal(classroom.learners.get("zora").name, "Zora");
});

test("without a roster nobody is missing", () => {
  assert.deepEqual(new Roster().attendance(classOf(event(1))), { isLesson: false, here: 0, total: 0, absent: [] });
});
