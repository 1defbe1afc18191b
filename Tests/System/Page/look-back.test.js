import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../../Sources/Roles/Pages/Resources/page/js/api/problem.js";
import { LookBack } from "../../../Sources/Roles/Pages/Resources/page/js/state/look-back.js";

const begin = Date.UTC(2026, 10, 28, 10);

/** Answers once `answer` is called, with as many learners as the moment has minutes. */
class SlowServer {
  moments = [];
  waiting = [];

  answer(problem = null) {
    this.waiting.shift()(problem);
  }

  api = {
    lessons: async () => ({
      lessons: [{ started_at: new Date(begin).toISOString(), ended_at: new Date(begin + 600_000).toISOString() }],
    }),
    progress: async (course, notebook, at) => {
      this.moments.push(Date.parse(at) - begin);
      const problem = await new Promise((resolve) => this.waiting.push(resolve));
      if (problem !== null) throw problem;
      return { course_id: course, notebook_path: null, notebooks: [], cells: [], rules: {} };
    },
    students: async (course, notebook, at) => ({
      cells: [],
      students: Array.from({ length: (Date.parse(at) - begin) / 60_000 }, (_, number) => ({
        student_id: `s${number}`, cell_states: "", help_since: null, current_cell: null, solved_cells: 0,
      })),
    }),
    exercises: async () => ({ exercises: [] }),
    activity: async () => ({ stream_id: null, buckets: [] }),
  };
}

async function settle() {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("of the moments that a slider passes, the last is shown, and one is read at a time", async () => {
  const server = new SlowServer();
  const lookBack = new LookBack({ api: server.api, course: "c", notebook: null, onChange() {} });
  await lookBack.start();
  assert.equal(lookBack.isLoading, true);
  for (const minute of [9, 8, 7, 2]) lookBack.seek(begin + minute * 60_000);
  await settle();
  assert.deepEqual(server.moments, [600_000]);
  server.answer();
  await settle();
  assert.deepEqual(server.moments, [600_000, 120_000]);
  server.answer();
  await settle();
  assert.equal(lookBack.moment, begin + 120_000);
  assert.equal(lookBack.classroom.learners.size, 2);
  assert.equal(lookBack.isLoading, false);
});

test("a moment outside the lesson is the nearest one of it", async () => {
  const server = new SlowServer();
  const lookBack = new LookBack({ api: server.api, course: "c", notebook: null, onChange() {} });
  await lookBack.start();
  lookBack.seek(begin - 60_000);
  assert.equal(lookBack.wanted, begin + 1_000);
  lookBack.seek(begin + 3_600_000);
  assert.equal(lookBack.wanted, begin + 600_000);
});

test("a moment that cannot be read is told until another is asked for", async () => {
  const server = new SlowServer();
  const lookBack = new LookBack({ api: server.api, course: "c", notebook: null, onChange() {} });
  await lookBack.start();
  server.answer(new Problem(503, "too many events"));
  await settle();
  assert.equal(lookBack.problem.message, "too many events");
  assert.equal(lookBack.moment, null);
  lookBack.seek(begin + 60_000);
  await settle();
  server.answer();
  await settle();
  assert.equal(lookBack.problem, null);
  assert.equal(lookBack.classroom.learners.size, 1);
});

test("what comes after looking back has ended changes nothing", async () => {
  const server = new SlowServer();
  const lookBack = new LookBack({ api: server.api, course: "c", notebook: null, onChange() {} });
  await lookBack.start();
  lookBack.stop();
  server.answer();
  await settle();
  assert.equal(lookBack.moment, null);
});
