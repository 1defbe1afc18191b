/**
 * Which cells of learners are which of the outline: the rule of the API (`OutlineMatch.swift`).
 *
 * @param {object[]} entries of an outline
 * @param {{name: string, index: number | null}[]} cells
 * @param {{exercise: string, cell: string}[]} checks exercises, and the cells in which they were checked
 * @returns {Map<string, number>} places in the outline, by the cell's name
 */
export function matchCells(entries, cells, checks = []) {
  const byID = new Map();
  const byIndex = new Map();
  const byNumber = new Map();
  const byExercise = new Map();
  entries.forEach(({ kind, id, index, number, exercises = [] }, place) => {
    if (kind !== "cell") return;
    if (id !== undefined) byID.set(id, place);
    byIndex.set(index, place);
    if (number !== undefined) byNumber.set(number, place);
    // What several cells are about tells nothing of which it is.
    for (const exercise of new Set(exercises)) byExercise.set(exercise, byExercise.has(exercise) ? null : place);
  });
  const byCheck = new Map();
  for (const { exercise, cell } of checks) {
    const place = byExercise.get(exercise) ?? null;
    if (place !== null) byCheck.set(cell, Math.min(byCheck.get(cell) ?? place, place));
  }
  const idsTell = cells.some(({ name }) => byID.has(name));
  const places = new Map();
  for (const { name, index } of cells) {
    // A cell with an id of its own, where ids are known, is one that a learner has added.
    const isByIndex = index !== null && (String(index) === name || !idsTell);
    const place =
      byID.get(name) ?? byCheck.get(name) ?? byNumber.get(executionNumber(name)) ?? byIndex.get(placeWhenOpened(name)) ??
      (isByIndex ? byIndex.get(index) : undefined);
    if (place !== undefined) places.set(name, place);
  }
  return places;
}

/** Clients to whom no cell is named count those that run. */
function executionNumber(name) {
  const found = /^execution-([0-9]{1,9})$/.exec(name);
  return found === null ? null : Number(found[1]);
}

/** VS Code numbers the cells of a notebook when it opens it, to the base 7: `W2sZmlsZQ==` is its cell 2. */
function placeWhenOpened(name) {
  const found = /^[W-Za-fz]([0-6]{1,9})s[A-Za-z0-9=_-]+$/.exec(name);
  return found === null ? null : parseInt(found[1], 7);
}

export const fileName = (path) => path.split("/").pop();

/**
 * The path under which an outline is uploaded: so much of the notebook's as tells it from the course's others. Folders in
 * front of it are learners' own.
 */
export function outlinePath(notebook, notebooks) {
  const segments = notebook.split("/").filter(Boolean);
  const others = [...notebooks].filter((path) => path !== notebook);
  for (let count = 1; count < segments.length; count += 1) {
    const end = segments.slice(-count).join("/");
    if (!others.some((path) => path === end || path.endsWith(`/${end}`))) return end;
  }
  return segments.join("/") || notebook;
}

/** The outline of a class's notebook, as the API told it, and what a class did by it. */
export class Outline {
  /** @param {object | null} answer of `/outline` */
  constructor(answer = null) {
    this.path = answer?.notebook_path ?? null;
    this.version = answer?.version ?? null;
    this.entries = answer?.entries ?? [];
    this.known = { cells: null, checks: -1, places: new Map() };
    this.byID = new Map(
      this.entries.filter(({ id }) => id !== undefined).map(({ id, title }) => [id, title ?? null]));
    this.hasExercises = this.entries.some(({ exercises }) => exercises !== undefined);
    /** Where each exercise is first. */
    this.byExercise = new Map();
    this.entries.forEach(({ exercises = [] }, place) => {
      for (const id of exercises) if (!this.byExercise.has(id)) this.byExercise.set(id, place);
    });
  }

  get isEmpty() {
    return this.version === null;
  }

  /** Where the class's cells are in the outline: told anew only when there is something new to tell. */
  places(classroom) {
    const cells = classroom.cellsInOrder();
    const checks = this.hasExercises ? classroom.exercises.changes : 0;
    if (this.known.cells !== cells || this.known.checks !== checks) {
      const found = this.hasExercises ? checksOf(classroom) : [];
      this.known = { cells, checks, places: matchCells(this.entries, cells, found) };
    }
    return this.known.places;
  }

  /** The title of the cell in which an exercise is; null where none is known. */
  exerciseCell(id) {
    return this.entries[this.byExercise.get(id)]?.title ?? null;
  }

  /** Exercises in the notebook's order, as far as it is known; the others stay behind. */
  inOrder(exercises) {
    if (!this.hasExercises) return exercises;
    const place = ({ id }) => this.byExercise.get(id) ?? this.entries.length;
    return [...exercises].sort((a, b) => place(a) - place(b));
  }

  /** The title of a learner's cell; null where none is known. */
  title(classroom, notebook, name) {
    if (this.isEmpty || name === null || notebook === null || classroom.notebook === null) return null;
    // Copies of a notebook are in other folders.
    if (fileName(notebook) !== fileName(classroom.notebook)) return null;
    const place = this.places(classroom).get(name);
    return (place === undefined ? this.byID.get(name) : this.entries[place].title) ?? null;
  }

  /**
   * The outline's rows with the class's figures, and the class's cells that are not in it.
   *
   * @param {number} now microseconds since 1970
   */
  rows(classroom, now) {
    const places = this.places(classroom);
    const cells = this.entries.map(() => []);
    const others = [];
    for (const cell of classroom.cellsInOrder()) {
      const place = places.get(cell.name);
      if (place === undefined) others.push(cell);
      else cells[place].push(cell);
    }
    const atWork = countAtWork(classroom, places, now);
    const together = countTogether(classroom, places, cells);
    const rows = [];
    this.entries.forEach((entry, place) => {
      if (entry.kind === "heading") return rows.push({ ...entry, key: `heading ${place}` });
      // An empty cell is of interest when somebody wrote something in it.
      if (entry.title === undefined && cells[place].length === 0) return;
      const [first = nothingRan] = cells[place];
      const counts = together.get(place) ?? first;
      rows.push({
        kind: "cell", key: `cell ${place}`, name: first.name, index: entry.index, title: entry.title ?? null,
        reached: counts.reached, solved: counts.solved, failing: counts.failing, atWork: atWork.get(place) ?? 0,
        medianDuration: cells[place].length === 1 ? first.medianDuration : null,
        p90Duration: cells[place].length === 1 ? first.p90Duration : null,
        topError: first.topError,
      });
    });
    return { rows, others };
  }
}

const nothingRan = { name: null, reached: 0, solved: 0, failing: 0, medianDuration: null, p90Duration: null, topError: null };

function checksOf(classroom) {
  const checks = [];
  for (const { exercises } of classroom.learners.values()) {
    for (const { id, cell } of exercises.values()) if (cell !== null) checks.push({ exercise: id, cell });
  }
  return checks;
}

/** Who is at a cell now: it runs, or it was the last that ran, and the learner was heard of lately. */
function countAtWork(classroom, places, now) {
  const counts = new Map();
  for (const { running, notebook, cell, lastSeenAt } of classroom.learners.values()) {
    if ((now - lastSeenAt) / 1e6 >= classroom.rules.alert_seconds) continue;
    const at = running ?? { notebook, cell };
    if (at.notebook !== classroom.notebook || at.cell === null) continue;
    const place = places.get(at.cell);
    if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

/** The figures of rows that are several cells to learners: who has two of them counts once, by the better. */
function countTogether(classroom, places, cells) {
  const counts = new Map();
  cells.forEach((those, place) => {
    if (those.length > 1) counts.set(place, { reached: 0, solved: 0, failing: 0 });
  });
  if (counts.size === 0) return counts;
  const placeOf = classroom.cells.map(({ name }) => (counts.has(places.get(name)) ? places.get(name) : -1));
  for (const { cellStates } of classroom.learners.values()) {
    const best = new Map();
    for (let slot = 0; slot < cellStates.length; slot += 1) {
      const state = cellStates[slot];
      if (state === "." || placeOf[slot] < 0) continue;
      const known = best.get(placeOf[slot]);
      if (known === undefined || "exs".indexOf(state) > "exs".indexOf(known)) best.set(placeOf[slot], state);
    }
    for (const [place, state] of best) {
      const count = counts.get(place);
      count.reached += 1;
      if (state !== "e") count.solved += 1;
      if (state !== "s") count.failing += 1;
    }
  }
  return counts;
}
