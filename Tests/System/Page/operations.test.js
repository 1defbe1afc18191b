import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../../Sources/Roles/Pages/Resources/page/js/api/problem.js";
import { Operations } from "../../../Sources/Roles/Pages/Resources/page/js/ops/operations.js";
import { OperationsClient } from "../../../Sources/Roles/Pages/Resources/page/js/api/operations-client.js";
import { OperatorActions } from "../../../Sources/Roles/Pages/Resources/page/js/ops/operator-actions.js";
import { Poller, interval, longestWait } from "../../../Sources/Roles/Pages/Resources/page/js/ops/poller.js";
import { LagTrend, busFaults, readable, share } from "../../../Sources/Roles/Pages/Resources/page/js/ops/health-rules.js";
import { Translator } from "../../../Sources/Roles/Pages/Resources/page/js/i18n/translator.js";

const bus = (redis = {}, entries = 0) => ({
  faults: [],
  redis: { memory_policy: "noeviction", append_only: true, used_memory_bytes: 1, memory_limit_bytes: 0, ...redis },
  journal: { entries, capacity: 1_000, last_stream_id: "0-0" },
  dead_letters: { count: 3 },
});
const codes = (answer) => busFaults(answer).map(({ code }) => code);

test("what endangers accepted events is told, and what Redis does not say is no fault", () => {
  assert.deepEqual(codes(bus()), []);
  assert.deepEqual(codes(bus({ memory_policy: null, append_only: null, used_memory_bytes: null })), []);
  assert.deepEqual(codes(bus({ memory_policy: "allkeys-lru", append_only: false })), ["policy", "appendOnly"]);
  assert.deepEqual(codes(bus({ used_memory_bytes: 90, memory_limit_bytes: 100 })), ["memory"]);
  assert.deepEqual(codes(bus({}, 499)), []);
  assert.deepEqual(codes(bus({}, 500)), ["filling"]);
  assert.deepEqual(codes(bus({}, 800)), ["nearlyFull"]);
  const refusing = { ...bus({}, 1_000), faults: [{ fault: "out_of_memory", reason: "Redis has no memory left" }] };
  assert.deepEqual(codes(refusing), ["refuses", "nearlyFull"]);
  assert.equal(busFaults(refusing)[0].reason, "Redis has no memory left");
  assert.equal(share(5, 0), 0);
  assert.equal(share(15, 10), 1);
});

test("a lag rises, falls for as long as it looks, or stands", () => {
  const trend = new LagTrend();
  const add = (lag, now) => trend.add([{ sink: "postgres", lag }], now);
  assert.equal(trend.of("postgres").direction, "none");
  add(1_000, 0);
  assert.equal(trend.of("postgres").direction, "steady");
  add(1_500, 3_000);
  assert.equal(trend.of("postgres").direction, "rising");
  add(null, 6_000);
  add(500, 10_000);
  assert.deepEqual(trend.of("postgres"), { direction: "falling", left: 10_000 });
  // Long ago is forgotten.
  add(500, 60_000);
  add(500, 63_000);
  assert.equal(trend.of("postgres").direction, "steady");
  add(0, 66_000);
  assert.equal(trend.of("postgres").direction, "none");
  assert.equal(trend.of("unknown").direction, "none");
});

test("what a dead letter holds is shown with line breaks when it is JSON", () => {
  assert.equal(readable('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(readable("garbage {"), "garbage {");
  assert.equal(readable(null), "");
});

/** Timers that run when they are told to. */
function fakeTimers() {
  const due = [];
  return {
    due,
    setTimeout: (run, wait) => due.push({ run, wait }),
    clearTimeout: (id) => { due[id - 1] = null; },
  };
}

test("it polls while it is seen, never twice at a time, and less often while nothing answers", async () => {
  const timers = fakeTimers();
  const answers = [];
  const poller = new Poller(() => new Promise((resolve) => answers.push(resolve)), timers);
  assert.equal(answers.length, 0);
  poller.setVisible(true);
  assert.equal(answers.length, 1);
  poller.setVisible(true);
  poller.now();
  poller.now();
  assert.equal(answers.length, 1, "not while one is under way");
  answers[0](true);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(answers.length, 2, "once more for what was done meanwhile");
  answers[1](true);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(timers.due.at(-1).wait, interval);
  timers.due.at(-1).run();
  answers[2](false);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(timers.due.at(-1).wait, interval * 2);
  poller.failures = 50;
  assert.equal(poller.wait, longestWait);
  poller.setVisible(false);
  assert.equal(timers.due.at(-1), null, "nobody looks");
  const asked = answers.length;
  poller.setVisible(true);
  assert.equal(answers.length, asked + 1);
  poller.setVisible(false);
  const scheduled = timers.due.length;
  answers.at(-1)(true);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(timers.due.length, scheduled);
});

const answering = {
  bus: async () => bus(),
  sinks: async () => [{ sink: "postgres", lag: 1 }],
  deadLetters: async () => ({ dead_letters: [{ id: "1-0" }], sinks: ["bus", "postgres"], next_cursor: "x" }),
  mirrorStatus: async () => ({ enabled: true, totals: { failed: 4 } }),
  mirrorHealth: async () => ({ status: "healthy", problems: [], warnings: [] }),
};

test("a part that cannot be read keeps its last answer; no answer at all is an unreachable server", async () => {
  const api = { ...answering };
  let now = 1_000;
  const operations = new Operations(api, () => now);
  assert.equal(await operations.read(), true);
  assert.equal(operations.deadLetterCount, 7);
  assert.equal(operations.canShowMore, true);

  now = 2_000;
  api.bus = async () => { throw new Problem(503, "Redis is away"); };
  assert.equal(await operations.read(), true, "it answered");
  assert.equal(operations.parts.bus.problem.message, "Redis is away");
  assert.equal(operations.parts.bus.answer.dead_letters.count, 3);
  assert.deepEqual(operations.deadLetterSinks, ["bus", "postgres"]);
  assert.equal(operations.answeredAt, 2_000);

  now = 3_000;
  const offline = async () => { throw new Problem(0, ""); };
  for (const name of Object.keys(answering)) api[name] = offline;
  assert.equal(await operations.read(), false);
  assert.equal(operations.isUnreachable, true);
  assert.equal(operations.answeredAt, 2_000);
  Object.assign(api, answering);
  assert.equal(await operations.read(), true);
  assert.equal(operations.parts.bus.problem, null);
});

test("an answer to an older filter is dropped", async () => {
  let release;
  const api = { ...answering, deadLetters: () => new Promise((resolve) => { release = resolve; }) };
  const operations = new Operations(api);
  const reading = operations.read();
  operations.setFilter({ sink: "bus" });
  release({ dead_letters: [{ id: "1-0" }], sinks: [], next_cursor: null });
  await reading;
  assert.equal(operations.parts.deadLetters.answer, null);
});

function actions(api, isSure) {
  const asked = [];
  const made = new OperatorActions({
    api,
    operations: new Operations(api),
    dialog: { ask: async (question) => { asked.push(question); return isSure; } },
    onChange: () => {},
    onDone: () => {},
  });
  return { made, asked };
}

test("many are purged only after the operator was told how many, and only those that were counted", async () => {
  const orders = [];
  const api = {
    count: async () => ({ count: 1_200, through: "t" }),
    order: async (action, filter, through, onAnswer) => {
      orders.push([action, filter.sink, through]);
      onAnswer({ purged: 1_000 });
      onAnswer({ purged: 200 });
    },
  };
  const no = actions(api, false);
  no.made.operations.setFilter({ sink: "postgres" });
  await no.made.order("purge");
  assert.equal(no.asked[0].values.count, 1_200);
  assert.deepEqual(orders, []);
  const yes = actions(api, true);
  yes.made.operations.setFilter({ sink: "postgres" });
  await yes.made.order("purge");
  assert.deepEqual(orders, [["purge", "postgres", "t"]]);
  assert.equal(yes.made.results.deadLetters.values.count, 1_200);
  assert.equal(yes.made.isBusy, false);
});

test("an order that fails says why, and lets the next one through", async () => {
  const { made } = actions({ flushMirror: async () => { throw new Problem(409, "the mirror is off"); } }, true);
  await made.flushMirror();
  assert.equal(made.results.mirror.problem.message, "the mirror is off");
  assert.equal(made.isBusy, false);
});

test("a count and an order go on where the server stopped", async () => {
  const sent = [];
  const answers = [
    { count: 5, through: "a", next_cursor: "c1" }, { count: 2, through: "b", next_cursor: null },
    { replayed: 3, next_cursor: "c2" }, { replayed: 4, next_cursor: null },
  ];
  const client = new OperationsClient(async (path, options) => {
    sent.push({ path, body: options.body && JSON.parse(options.body) });
    return { ok: true, status: 200, json: async () => answers[sent.length - 1] };
  });
  assert.deepEqual(await client.count({ sink: "bus", reason: "" }), { count: 7, through: "b" });
  assert.match(sent[0].path, /count\?sink=bus$/);
  assert.match(sent[1].path, /cursor=c1/);
  const seen = [];
  await client.order("replay", { sink: "bus", reason: "x" }, "b", ({ replayed }) => seen.push(replayed));
  assert.deepEqual(seen, [3, 4]);
  assert.deepEqual(sent[2].body, { all: true, through: "b", sink: "bus", reason: "x" });
  assert.equal(sent[3].body.cursor, "c2");
});

test("an unhealthy mirror is an answer, a database that is away is none", async () => {
  const answer = (status, body) => new OperationsClient(async () => ({ ok: false, status, json: async () => body }));
  const unhealthy = { status: "unhealthy", problems: ["7 rows were given up"], warnings: [] };
  assert.deepEqual(await answer(503, unhealthy).mirrorHealth(), unhealthy);
  await assert.rejects(answer(503, { detail: "the database does not answer" }).mirrorHealth(), Problem);
});

test("amounts of memory are read at a glance", () => {
  const english = new Translator("en");
  assert.equal(english.bytes(1_541_368), "1.5\u00A0MB");
  assert.equal(english.bytes(123_456_789_012), "123\u00A0GB");
});
