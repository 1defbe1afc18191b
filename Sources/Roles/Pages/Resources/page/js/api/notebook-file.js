import { Problem } from "./problem.js";

/** The largest file that is opened, in bytes: most of a large notebook are outputs, which are not sent. */
const largest = 64 << 20;

/** @returns what of a notebook's file an outline is made of; no outputs */
export async function notebookToSend(file) {
  if (file.size > largest) throw new Problem(413, `the file has more than ${largest >> 20} MiB`);
  let notebook = null;
  try {
    notebook = JSON.parse(await file.text());
  } catch {
    throw new Problem(422, "the notebook is no JSON");
  }
  const { nbformat, nbformat_minor, cells } = notebook ?? {};
  if (!Array.isArray(cells)) return { nbformat, nbformat_minor, cells };
  // What is no cell is for the server to name.
  const sent = cells.map((cell) =>
    cell === null || typeof cell !== "object" ? cell : pick(cell, ["cell_type", "id", "metadata", "source"]));
  return { nbformat, nbformat_minor, cells: sent };
}

function pick(value, names) {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]]));
}
