import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionMachine } from "../../../Sources/Roles/Pages/Resources/page/js/live/connection-machine.js";
import { Backoff, longestDelay, quietTime, retryDelay } from "../../../Sources/Roles/Pages/Resources/page/js/live/backoff.js";
import { parseFrame } from "../../../Sources/Roles/Pages/Resources/page/js/live/frames.js";

const hello = { control: "hello", stream_id: "900-0" };

function opened(after = "100-0", clock = () => 0) {
  const machine = new ConnectionMachine({ backoff: new Backoff({ random: () => 0.5, clock }) });
  machine.handle({ on: "start", after });
  machine.handle({ on: "objects", objects: [hello] });
  return machine;
}

test("a start connects behind what was loaded, and hello opens", () => {
  const machine = new ConnectionMachine();
  assert.deepEqual(machine.handle({ on: "start", after: "100-0" }), [
    { do: "disconnect" },
    { do: "connect", after: "100-0" },
  ]);
  assert.equal(machine.phase, "connecting");
  assert.deepEqual(machine.handle({ on: "objects", objects: [hello] }), []);
  assert.equal(machine.phase, "open");
});

test("a dropped connection resumes behind the last event", () => {
  const machine = opened();
  const events = [{ stream_id: "200-0" }, { stream_id: "200-1" }];
  assert.deepEqual(machine.handle({ on: "objects", objects: events }), [{ do: "apply", events }]);
  const [wait] = machine.handle({ on: "closed" });
  assert.equal(wait.do, "wait");
  assert.equal(machine.phase, "waiting");
  assert.deepEqual(machine.handle({ on: "waited" }), [{ do: "connect", after: "200-1" }]);
});

test("a repeated or older event does not take the position back", () => {
  const machine = opened();
  machine.handle({ on: "objects", objects: [{ stream_id: "200-5" }, { stream_id: "200-2" }] });
  assert.equal(machine.position, "200-5");
});

test("a gap asks for a reload, and what follows in the frame is left to it", () => {
  const machine = opened();
  const before = { stream_id: "200-0" };
  const actions = machine.handle({
    on: "objects",
    objects: [before, { control: "gap", after: "200-0", first: "500-0" }, { stream_id: "500-0" }],
  });
  assert.deepEqual(actions, [{ do: "apply", events: [before] }, { do: "disconnect" }, { do: "reload" }]);
  assert.deepEqual(machine.handle({ on: "objects", objects: [{ stream_id: "501-0" }] }), []);
  assert.deepEqual(machine.handle({ on: "closed" }), []);
  machine.handle({ on: "start", after: "510-0" });
  assert.equal(machine.phase, "connecting");
});

test("without a position, hello asks for a reload: the bus was away when the page was loaded", () => {
  const machine = new ConnectionMachine();
  machine.handle({ on: "start", after: null });
  assert.deepEqual(machine.handle({ on: "objects", objects: [hello] }), [
    { do: "disconnect" },
    { do: "reload" },
  ]);
});

test("a bus that is away counts as a lost connection", () => {
  const machine = opened();
  assert.deepEqual(machine.handle({ on: "busLost" }).map((action) => action.do), ["disconnect", "wait"]);
  assert.deepEqual(machine.handle({ on: "busLost" }), []);
});

test("tries get rarer, and are quick again after a success that lasts", () => {
  let now = 0;
  const machine = opened("100-0", () => now);
  const delays = [];
  machine.handle({ on: "closed" });
  for (let attempt = 0; attempt < 10; attempt += 1) {
    machine.handle({ on: "waited" });
    delays.push(machine.handle({ on: "closed" })[0].delay);
  }
  for (let place = 1; place < delays.length; place += 1) assert.ok(delays[place] >= delays[place - 1]);
  assert.ok(delays.at(-1) <= longestDelay);
  const closedAfter = (duration) => {
    machine.handle({ on: "waited" });
    machine.handle({ on: "objects", objects: [hello] });
    now += duration;
    return machine.handle({ on: "closed" })[0].delay;
  };
  assert.equal(closedAfter(0), delays.at(-1), "a server that greets and closes is not asked for ever at once");
  assert.equal(closedAfter(quietTime - 1), delays.at(-1));
  assert.ok(closedAfter(quietTime) < delays[0]);
});

test("a start does not make the tries quick", () => {
  const machine = opened();
  const delays = [];
  for (let time = 0; time < 3; time += 1) {
    delays.push(machine.handle({ on: "closed" })[0].delay);
    machine.handle({ on: "start", after: "100-0" });
  }
  assert.ok(delays[0] < delays[1] && delays[1] < delays[2]);
});

test("a position beyond 2^53 is gone on from, and what is no position is none", () => {
  const machine = opened("1795256100122-18446744073709551615");
  assert.equal(machine.phase, "open");
  machine.handle({ on: "objects", objects: [{ stream_id: "1795256100122-18446744073709551614" }, { stream_id: 7 }] });
  assert.equal(machine.position, "1795256100122-18446744073709551615");
  machine.handle({ on: "objects", objects: [{ stream_id: "1795256100123-0" }] });
  assert.equal(machine.position, "1795256100123-0");
  assert.equal(opened("18446744073709551616-0").phase, "lost");
});

test("a stop ends everything", () => {
  const machine = opened();
  assert.deepEqual(machine.handle({ on: "stop" }), [{ do: "disconnect" }]);
  for (const on of ["closed", "waited", "busLost"]) assert.deepEqual(machine.handle({ on }), []);
});

test("unknown controls are passed over", () => {
  assert.deepEqual(opened().handle({ on: "objects", objects: [{ control: "news" }] }), []);
});

test("delays stay within a fifth of the bound and the bound", () => {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const bound = Math.min(longestDelay, 250 * 2 ** attempt);
    assert.equal(retryDelay(attempt, () => 0), Math.round(bound / 5));
    assert.ok(retryDelay(attempt, () => 0.999999) <= bound);
  }
});

test("a frame holds objects, one a line; bad lines are counted", () => {
  assert.deepEqual(parseFrame('{"a":1}\n{"b":"\\n"}\n\nnonsense\n[1]\nnull\n7'), {
    objects: [{ a: 1 }, { b: "\n" }],
    malformed: 4,
  });
});

test("where the journal has several partitions, the cursor behind the events is gone on from", () => {
  const machine = new ConnectionMachine();
  machine.handle({ on: "start", after: "200-0_300-0" });
  machine.handle({ on: "objects", objects: [{ control: "hello", cursor: "200-0_300-0" }] });
  assert.equal(machine.phase, "open");
  const events = [{ stream_id: "1:201-0" }, { stream_id: "2:301-0" }];
  assert.deepEqual(
    machine.handle({ on: "objects", objects: [...events, { control: "cursor", cursor: "201-0_301-0" }] }),
    [{ do: "apply", events }],
  );
  machine.handle({ on: "closed" });
  assert.deepEqual(machine.handle({ on: "waited" }), [{ do: "connect", after: "201-0_301-0" }]);
});
