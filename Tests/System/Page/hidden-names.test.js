import assert from "node:assert/strict";
import { test } from "node:test";
import { ClassroomClient } from "../../../Sources/Roles/Pages/Resources/page/js/api/classroom-client.js";

test("who hides names asks for no answer that has some", async () => {
  const asked = [];
  const api = new ClassroomClient(async (path) => {
    asked.push(path);
    return Response.json({ students: [], cells: [], next_cursor: null });
  });
  const askAll = async () => {
    asked.length = 0;
    await api.progress("c", null);
    await api.students("c", "n.ipynb", "2026-01-01T00:00:00Z");
    await api.exercises("c", null);
    await api.roster("c");
    return api.messages("c");
  };
  assert.notEqual(await askAll(), null);
  assert.ok(asked.length === 5 && !asked.some((path) => path.includes("names=")), asked);
  api.hidesNames = true;
  assert.equal(await askAll(), null);
  assert.ok(asked.length === 4 && asked.every((path) => path.includes("names=hidden")), asked);
});
