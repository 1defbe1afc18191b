import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { firstDelay, longestDelay, quietTime } from "../../../Sources/Roles/Pages/Resources/page/js/live/backoff.js";
import { ClassSession } from "../../../Sources/Roles/Pages/Resources/page/js/state/class-session.js";
import { Problem } from "../../../Sources/Roles/Pages/Resources/page/js/api/problem.js";
import { start } from "./support.js";

/** The most loads of a minute: the delays at their shortest, a fifth of the bound, and the refreshes. */
function mostLoads(duration) {
  let loads = 1;
  for (let time = 0, bound = firstDelay; time < duration; bound = Math.min(longestDelay, bound * 2)) {
    time += bound / 5;
    loads += 1;
  }
  return loads + Math.ceil(duration / 4_000);
}

/** A server that greets each WebSocket with what `greeting` holds then, and answers with `position`. */
class FakeServer {
  constructor({ position = "100-0", greeting = [{ control: "hello", stream_id: "900-0" }] } = {}) {
    Object.assign(this, { position, greeting, isAway: false });
    /** When each load and each connection began, in milliseconds. */
    this.loads = [];
    this.connections = [];
  }

  api = {
    progress: async () => {
      this.loads.push(Date.now() - start);
      if (this.isAway) throw new Problem(503, "away");
      return { notebook_path: "a.ipynb", notebooks: [], cells: [], rules: {}, streamIDs: [this.position] };
    },
    students: async () => ({
      generated_at: new Date(Date.now()).toISOString(), cells: [], students: [], streamIDs: [this.position],
    }),
    exercises: async () => ({ exercises: [] }),
    outline: async () => ({ version: null, entries: [] }),
    retention: async () => ({ days: null, set_at: null }),
    roster: async () => ({ listed_at: null, lesson_began_at: null, learners: [] }),
    messages: async () => null,
    joiningCode: async () => null,
    activity: async () => ({ stream_id: this.position, buckets: [] }),
    isBusDown: async () => false,
  };

  get socketClass() {
    const server = this;
    return class {
      constructor(address) {
        server.connections.push({ at: Date.now() - start, after: address.searchParams.get("after") });
        server.socket = this;
        queueMicrotask(() => {
          this.send(...server.greeting);
          if (server.closes) this.onclose({ code: 1006 });
        });
      }

      send(...objects) {
        this.onmessage({ data: objects.map((object) => JSON.stringify(object)).join("\n") });
      }

      close() {}
    };
  }
}

/** Follows a class of `server` in fake time, which `pass` lets go on. */
async function following(server, use) {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: start });
  mock.method(performance, "now", () => Date.now() - start);
  const globals = {
    WebSocket: server.socketClass,
    location: new URL("http://page.test/"),
    document: { hidden: false },
    addEventListener() {},
    removeEventListener() {},
  };
  Object.assign(globalThis, globals);
  const session = new ClassSession({ api: server.api, course: "python-1", notebook: null, onChange() {} });
  const settle = async () => {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async (duration) => {
    for (let time = 0; time < duration; time += 10) {
      mock.timers.tick(10);
      await settle();
    }
  };
  try {
    session.start();
    await settle();
    await use({ session, pass });
  } finally {
    session.stop();
    for (const name of Object.keys(globals)) delete globalThis[name];
    mock.timers.reset();
    mock.restoreAll();
  }
}

/** Asserts that the times stand apart as a backoff's do. */
function expectWaits(times, duration) {
  assert.ok(times.length > 4, "it is tried again");
  assert.ok(times.length <= mostLoads(duration), `${times.length} in ${duration} ms`);
  for (let place = 1; place < times.length; place += 1) {
    assert.ok(times[place] - times[place - 1] >= firstDelay / 5, `${times[place - 1]} ${times[place]}`);
  }
}

const hello = { control: "hello", stream_id: "900-0" };
const gap = { control: "gap", after: "100-0", first: "500-0" };
const loops = {
  "no position": { position: null },
  "a position that is no text": { position: 7 },
  "a position of an unknown form": { position: "journal:7" },
  "a position beyond 64 bits": { position: "1795256100123-18446744073709551616" },
  "a gap behind every load": { greeting: [hello, gap] },
  "a gap before the greeting": { greeting: [gap] },
  "a position ahead of the journal": { position: "18446744073709551615-0", greeting: [hello, { ...gap, first: null }] },
};
for (const [name, behaviour] of Object.entries(loops)) {
  test(`the class is read anew after waits: ${name}`, async () => {
    const server = new FakeServer(behaviour);
    await following(server, async ({ pass }) => {
      await pass(40_000);
      expectWaits(server.loads, 40_000);
      expectWaits(server.connections.map(({ at }) => at), 40_000);
    });
  });
}

test("a server that is away is asked after waits", async () => {
  const server = new FakeServer();
  server.isAway = true;
  await following(server, async ({ session, pass }) => {
    await pass(40_000);
    expectWaits(server.loads, 40_000);
    server.isAway = false;
    await pass(longestDelay);
    assert.equal(session.status, "live");
  });
});

test("a server that greets and closes is connected to after waits, without a load", async () => {
  const server = new FakeServer();
  server.closes = true;
  await following(server, async ({ pass }) => {
    await pass(40_000);
    expectWaits(server.connections.map(({ at }) => at), 40_000);
    assert.equal(server.loads.length, 1);
  });
});

test("the greatest positions are no reason to read the class anew", async () => {
  for (const position of ["1795256100122-18446744073709551615", "18446744073709551615-18446744073709551615", "0-0"]) {
    const server = new FakeServer({ position });
    await following(server, async ({ session, pass }) => {
      await pass(40_000);
      assert.equal(session.status, "live");
      assert.deepEqual(server.connections, [{ at: 0, after: position }]);
      assert.equal(server.loads.length, 1);
    });
  }
});

test("after a quiet time a gap is answered quickly, and not before", async () => {
  const server = new FakeServer({ greeting: [hello, gap] });
  await following(server, async ({ session, pass }) => {
    await pass(40_000);
    server.greeting = [hello];
    await pass(longestDelay + quietTime);
    assert.notEqual(session.status, "refreshing");
    const before = server.loads.length;
    server.socket.send(gap);
    await pass(firstDelay + 10);
    assert.equal(server.loads.length, before + 1);
    server.socket.send(gap);
    server.socket.send(gap);
    await pass(2 * firstDelay + 10);
    assert.equal(server.loads.length, before + 2, "one load for all that was missed");
  });
});

test("where names are hidden no live connection is made, and the class is read anew every five seconds", async () => {
  const server = new FakeServer();
  server.api.hidesNames = true;
  await following(server, async ({ session, pass }) => {
    await pass(2_000);
    assert.equal(session.status, "namesHidden");
    server.isAway = true;
    await pass(20_000);
    assert.equal(session.status, "reconnecting");
    server.isAway = false;
    await pass(longestDelay);
    assert.equal(session.status, "namesHidden");
    const before = server.loads.length;
    await pass(30_000);
    assert.ok(server.loads.length - before >= 4 && server.loads.length - before <= 9, `${server.loads}`);
    assert.deepEqual(server.connections, []);
  });
});
