import assert from "node:assert/strict";
import { test } from "node:test";
import { Messages } from "../../../Sources/Roles/Pages/Resources/page/js/state/messages.js";
import { microseconds, timestamp } from "../../../Sources/Roles/Pages/Resources/page/js/state/timestamp.js";

const at = (second) => `2026-11-28T10:00:${String(second).padStart(2, "0")}.000000Z`;

function taken(teacher, asked, moment) {
  return {
    event_type: "hand_taken", event_id: `t-${teacher}-${moment}`, course_id: "py", student_id: "ann", teacher,
    asked_at: at(asked), occurred_at: at(moment),
  };
}

function sent(id, fields = {}) {
  return {
    event_type: "message_sent", event_id: id, course_id: "py", recipient: "class", teacher: "Ito", text: "look",
    ...fields,
  };
}

function shown(id, learner) {
  return { event_type: "message_shown", event_id: `s-${id}-${learner}`, course_id: "py", message_id: id, student_id: learner };
}

test("who took a hand first has it, until it is raised again", () => {
  const messages = new Messages("py");
  const up = (second) => ({ id: "ann", helpSince: second === null ? null : microseconds(at(second)) });
  assert.equal(messages.takerOf(up(10)), null);
  messages.add(taken("Second", 10, 22));
  messages.add(taken("First", 10, 21));
  messages.add(taken("First", 10, 21));
  assert.equal(messages.takerOf(up(10)), "First");
  assert.equal(messages.takerOf(up(null)), null);
  assert.equal(messages.takerOf(up(30)), null);
  messages.add(taken("Third", 30, 31));
  assert.equal(messages.takerOf(up(30)), "Third");
  assert.equal(messages.takerOf({ id: "bob", helpSince: microseconds(at(1)) }), null);
});

test("a learner is counted once, live and loaded", () => {
  const messages = new Messages("py");
  messages.add(sent("m1"));
  messages.add(sent("m1"));
  messages.add(shown("m1", "ann"));
  messages.add(shown("m1", "ann"));
  messages.add(shown("m1", "bob"));
  assert.deepEqual(messages.sent.map((each) => messages.shownCount(each)), [2]);
  const row = (id, count) => ({
    message_id: id, to: "class", student_id: null, team: null, teacher: "Ito", text: "look", shown: count,
  });
  messages.load({ hands: [], messages: [row("m1", 1)] });
  assert.deepEqual(messages.sent.map((each) => messages.shownCount(each)), [2]);
  messages.load({ hands: [], messages: [row("m1", 5)] });
  assert.deepEqual(messages.sent.map((each) => messages.shownCount(each)), [5]);
});

test("who is shown a message after the page was loaded is counted on top", () => {
  const messages = new Messages("py");
  const loadedAt = microseconds(at(30));
  messages.load({
    hands: [], messages: [{ message_id: "m1", to: "class", student_id: null, team: null, teacher: "I", text: "x", shown: 20 }],
  }, loadedAt);
  const receipt = (learner, second) => ({ ...shown("m1", learner), received_at: at(second) });
  messages.add(receipt("counted", 29));
  assert.equal(messages.shownCount(messages.sent[0]), 20);
  messages.add(receipt("next", 31));
  messages.add(receipt("next", 32));
  messages.add(receipt("counted", 33));
  assert.equal(messages.shownCount(messages.sent[0]), 21);
});

test("a learner's message is shown to that learner alone", () => {
  const messages = new Messages("py");
  messages.add(sent("m1", { recipient: "learner", student_id: "ann" }));
  messages.add(shown("m1", "eve"));
  assert.equal(messages.shownCount(messages.sent[0]), 0);
  messages.add(shown("m1", "ann"));
  assert.equal(messages.shownCount(messages.sent[0]), 1);
});

test("a time is written to the microsecond", () => {
  for (const text of ["2026-11-28T10:00:00.000000Z", "2026-11-28T10:00:59.123456Z", "1999-12-31T23:59:59.999999Z"]) {
    assert.equal(timestamp(microseconds(text)), text);
  }
});

test("what came live and is not stored yet stays in front", () => {
  const messages = new Messages("py");
  messages.add(sent("m2"));
  messages.load({ hands: [], messages: [] });
  assert.deepEqual(messages.sent.map(({ id }) => id), ["m2"]);
  assert.ok(messages.isOn);
  messages.load(null);
  assert.ok(!messages.isOn);
});

test("other courses and other kinds are not messages of the class", () => {
  const messages = new Messages("py");
  assert.equal(messages.add(sent("m1", { course_id: "other" })), false);
  assert.equal(messages.add({ event_type: "help", course_id: "py", student_id: "ann" }), false);
  assert.deepEqual(messages.sent, []);
});
