import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { notebookToSend } from "../../../Sources/Roles/Pages/Resources/page/js/api/notebook-file.js";
import { applyEvent } from "../../../Sources/Roles/Pages/Resources/page/js/state/apply-event.js";
import { classView } from "../../../Sources/Roles/Pages/Resources/page/js/state/class-view.js";
import { Classroom } from "../../../Sources/Roles/Pages/Resources/page/js/state/classroom.js";
import { matchCells, Outline, outlinePath } from "../../../Sources/Roles/Pages/Resources/page/js/state/outline.js";

/** The server's tests run the same table: `OutlineMatchTests.swift`. */
const { matches } = JSON.parse(
  readFileSync(new URL("../../Support/Fixtures/outlines.json", import.meta.url), "utf8"),
);

for (const { name, entries, cells, checks } of matches) {
  test(`outline: ${name}`, () => {
    const places = matchCells(entries, cells, checks);
    for (const cell of cells) assert.equal(places.get(cell.name) ?? null, cell.expected, cell.name);
  });
}

const now = 1_800_000_000_000_000;

function event(number, type, student, fields) {
  return {
    event_id: `event-${number}`, event_type: type, course_id: "c", student_id: student, notebook_path: "n.ipynb",
    occurred_at: new Date(now / 1e3 - 60_000 + number).toISOString().replace("Z", "000Z"), ...fields,
  };
}

const outline = () => new Outline({
  notebook_path: "n.ipynb", version: 3,
  entries: [
    { kind: "heading", level: 1, title: "Soup", index: 0 },
    { kind: "cell", id: "a", title: "Boil water", index: 1, number: 1 },
    { kind: "cell", id: "empty", index: 2 },
    { kind: "cell", id: "b", title: "q1", index: 3, number: 2, exercises: ["q1"] },
  ],
});

test("rows have the figures of all cells that they are to learners", () => {
  const classroom = new Classroom("c", "n.ipynb");
  const happened = [
    ["cell_executed", "s1", { cell_id: "a" }],
    ["cell_executed", "s2", { cell_id: "a", has_error: true }],
    ["cell_executed", "s3", { cell_id: "b", has_error: true }],
    // A copy of the cell, known by its exercise; the learner has run the original as well, and failed.
    ["cell_executed", "s2", { cell_id: "b", has_error: true }],
    ["exercise_checked", "s2", { cell_id: "copy", exercise_id: "q1", passed: true }],
    ["cell_executed", "s2", { cell_id: "copy" }],
    ["cell_executed", "s1", { cell_id: "scratch" }],
  ];
  happened.forEach(([type, student, fields], number) => applyEvent(classroom, event(number, type, student, fields)));
  const view = classView(classroom, now, outline());
  const figures = view.outlined.rows.map(({ title, reached, solved, failing, atWork }) =>
    [title, reached, solved, failing, atWork]);
  assert.deepEqual(figures, [
    ["Soup", undefined, undefined, undefined, undefined],
    ["Boil water", 2, 1, 1, 0],
    ["q1", 2, 1, 1, 2],
  ]);
  assert.deepEqual(view.outlined.others.map(({ name }) => name), ["scratch"]);
  // What a learner runs is where the learner is.
  applyEvent(classroom, event(20, "cell_started", "s1", { cell_id: "a" }));
  assert.equal(classView(classroom, now, outline()).outlined.rows[1].atWork, 1);
  // After ten minutes nobody is at work.
  const later = classView(classroom, now + 600e6, outline()).outlined.rows;
  assert.deepEqual(later.map(({ atWork }) => atWork), [undefined, 0, 0]);
});

test("titles are those of the class's notebook, in whichever folder", () => {
  const classroom = new Classroom("c", "n.ipynb");
  const view = classView(classroom, now, outline());
  assert.equal(view.titleOf("n.ipynb", "a"), "Boil water");
  assert.equal(view.titleOf("home/ann/n.ipynb", "a"), "Boil water");
  assert.equal(view.titleOf("other.ipynb", "a"), null);
  assert.equal(view.titleOf("n.ipynb", "empty"), null);
  assert.equal(view.titleOf("n.ipynb", null), null);
  assert.equal(view.titleOf(null, "a"), null);
  assert.equal(classView(classroom, now).titleOf("n.ipynb", "a"), null);
  assert.equal(classView(classroom, now).outlined, null);
});

test("a new cell or check is matched, and nothing else costs a match", () => {
  const classroom = new Classroom("c", "n.ipynb");
  const known = outline();
  applyEvent(classroom, event(0, "cell_executed", "s1", { cell_id: "copy" }));
  assert.equal(known.places(classroom).size, 0);
  applyEvent(classroom, event(1, "exercise_checked", "s1", { cell_id: "copy", exercise_id: "q1", passed: false }));
  const places = known.places(classroom);
  assert.deepEqual([...places], [["copy", 3]]);
  applyEvent(classroom, event(2, "cell_executed", "s1", { cell_id: "copy", has_error: true }));
  assert.equal(known.places(classroom), places);
  applyEvent(classroom, event(3, "cell_executed", "s1", { cell_id: "a" }));
  assert.deepEqual([...known.places(classroom)].sort(), [["a", 1], ["copy", 3]]);
});

test("exercises stand in the notebook's order, with the titles of their cells", () => {
  const known = outline();
  const exercises = [{ id: "q9" }, { id: "q1" }, { id: "q8" }];
  assert.deepEqual(known.inOrder(exercises).map(({ id }) => id), ["q1", "q9", "q8"]);
  assert.equal(known.exerciseCell("q1"), "q1");
  assert.equal(known.exerciseCell("q9"), null);
  assert.equal(new Outline().inOrder(exercises), exercises);
});

test("an outline's path leaves out what learners' folders are called", () => {
  assert.equal(outlinePath("home/ann/n.ipynb", ["home/ann/n.ipynb", "m.ipynb"]), "n.ipynb");
  assert.equal(outlinePath("week1/n.ipynb", ["week1/n.ipynb", "week2/n.ipynb"]), "week1/n.ipynb");
  assert.equal(outlinePath("n.ipynb", ["n.ipynb", "x/n.ipynb"]), "n.ipynb");
  assert.equal(outlinePath("/n.ipynb", ["/n.ipynb"]), "n.ipynb");
});

test("no output is sent, and what is no notebook is for the server to name", async () => {
  const file = (text) => ({ size: text.length, text: async () => text });
  const cell = { cell_type: "code", id: "a", metadata: { tags: ["x"] }, source: ["1"] };
  const notebook = { nbformat: 4, nbformat_minor: 5, metadata: { widgets: 1 }, cells: [{ ...cell, outputs: [1] }, 7] };
  const { nbformat, nbformat_minor } = notebook;
  assert.deepEqual(await notebookToSend(file(JSON.stringify(notebook))), { nbformat, nbformat_minor, cells: [cell, 7] });
  assert.deepEqual(JSON.stringify(await notebookToSend(file("null"))), "{}");
  await assert.rejects(notebookToSend(file("{")), { name: "Problem", status: 422 });
  await assert.rejects(notebookToSend({ size: 65 << 20 }), { name: "Problem", status: 413 });
});
