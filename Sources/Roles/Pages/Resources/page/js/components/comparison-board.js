import { element, setAttribute, setText } from "../view/dom.js";
import { cellTitle } from "../view/wording.js";
import { Panel } from "./panel.js";

/** The sums, in the order in which they are shown, by their names in the API's answer. */
const sums = {
  learners: "learners", solved: "solved_cells", stuck: "stuck", waiting: "waiting_for_help", hands: "hands",
  executions: "executions", errors: "errors",
};
/** What a glance takes in; the others are a scroll away. */
const shownCells = 100;

/** This lesson beside the last one, at the same elapsed time. */
export class ComparisonBoard extends Panel {
  build() {
    this.toggle = element("button", { type: "button", class: "small" });
    this.toggle.addEventListener("click", () => this.announce(this.isOpen ? "comparison-close" : "comparison-open"));
    this.aside.append(this.toggle);
    this.told = element("p", { class: "quiet", role: "status" });
    this.sums = makeTable();
    this.cells = makeTable();
    this.scroll = element("div", { class: "compared", tabindex: "0", role: "group", "aria-labelledby": this.heading.id });
    this.scroll.append(this.sums.table, this.cells.table);
    this.body.append(this.told, this.scroll);
    this.isOpen = false;
  }

  update({ comparison, view, isComparable }, translator) {
    this.hidden = !isComparable;
    this.isOpen = comparison.isOpen;
    this.title(translator.text("comparison.title"));
    setText(this.toggle, translator.text(this.isOpen ? "comparison.close" : "comparison.open"));
    setAttribute(this.toggle, "aria-expanded", String(this.isOpen));
    this.body.hidden = !this.isOpen;
    if (!this.isOpen) return;
    setText(this.told, toldOf(comparison, translator));
    const { answer } = comparison;
    this.scroll.hidden = (answer?.lesson ?? null) === null;
    if (this.scroll.hidden) return;
    const face = [answer, translator, view.outline];
    // Tables change once a minute; the page is painted each second.
    if (this.face?.every((part, place) => part === face[place])) return;
    this.face = face;
    this.show(answer, view, translator);
  }

  show({ lesson, previous_lesson: previous, cells, notebook_path: notebook }, view, translator) {
    const figure = (value) => (value === null || value === undefined ? "–" : translator.number(value));
    const time = (seconds) => (typeof seconds === "number" ? translator.wait(seconds * 1_000) : "–");
    const heads = ["comparison.this", "comparison.last"].map((key) => translator.text(key));
    const rows = Object.entries(sums).map(([name, member]) =>
      [translator.text(`comparison.${name}`), figure(lesson[member]), figure(previous?.[member])]);
    rows.push([
      translator.text("comparison.median"), time(lesson.median_seconds_to_solve), time(previous?.median_seconds_to_solve),
    ]);
    this.sums.show(translator.text("comparison.sums"), [translator.text("comparison.figure"), ...heads], rows);
    const solved = (cell) => (cell === null ? "–" : translator.text("comparison.solvedOf", {
      solved: cell.solved, reached: cell.reached, errors: cell.errors, time: time(cell.median_seconds_to_solve),
    }));
    this.cells.show(
      translator.text("comparison.cells"), [translator.text("comparison.cell"), ...heads],
      cells.slice(0, shownCells).map(({ cell, cell_index: index, lesson: now, previous_lesson: last }) =>
        [cellTitle(translator, cell, index, view.titleOf(notebook, cell)), solved(now), solved(last)]));
    this.cells.table.hidden = cells.length === 0;
  }
}

function toldOf({ answer, problem }, translator) {
  if (problem !== null) {
    return translator.text("comparison.problem", { detail: problem.message || translator.text("problem.offline") });
  }
  if (answer === null) return translator.text("comparison.loading");
  const { lesson, previous_lesson: previous, elapsed_seconds: elapsed } = answer;
  if (lesson === null) return translator.text("comparison.none");
  const duration = translator.wait(elapsed * 1_000);
  if (previous === null) return translator.text("comparison.first", { duration });
  return translator.text("comparison.after", { duration, time: translator.moment(Date.parse(previous.started_at)) });
}

/** A table of texts with a caption; the first cell of each row is its head. */
function makeTable() {
  const caption = element("caption");
  const head = element("tr");
  const body = element("tbody");
  const table = element("table", {}, caption, element("thead", {}, head), body);
  return {
    table,
    show(title, heads, rows) {
      setText(caption, title);
      head.replaceChildren(...heads.map((text) => element("th", { scope: "col" }, text)));
      body.replaceChildren(...rows.map(([name, ...values]) =>
        element("tr", {}, element("th", { scope: "row" }, name), ...values.map((value) => element("td", {}, value)))));
    },
  };
}
