import { displayName } from "../state/name-order.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { setIcon } from "../view/icons.js";
import { KeyedList } from "../view/keyed-list.js";
import { Panel } from "./panel.js";

/** Everyone, or those in one state; found by name, id or team. */
export class LearnerRoster extends Panel {
  build() {
    this.search = element("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    this.search.addEventListener("input", () => this.announce("view-change"));
    this.count = element("span", { class: "quiet" });
    this.save = element("button", { type: "button", class: "small" });
    this.save.addEventListener("click", () => this.announce("class-save"));
    this.aside.append(this.count, this.save, this.search);
    this.list = element("ul", { class: "tiles" });
    this.empty = element("p", { class: "empty" });
    this.kept = element("p", { class: "quiet kept" });
    this.body.append(this.list, this.empty, this.kept);
    this.tiles = new KeyedList(this.list, {
      key: (row) => row.learner.id,
      face: ({ learner, state, remaining }) =>
        `${state} ${this.required - remaining}/${this.required} ${displayName(learner)}`,
      create: (row) => this.makeTile(row),
      update: (tile, row) => this.updateTile(tile, row),
    });
  }

  update({ view, filter, keptDays }, translator, budget) {
    this.translator = translator;
    this.required = view.requiredCells;
    const state = filter === "all" ? "" : ` · ${translator.text(`state.${filter}`)}`;
    this.title(translator.text("roster.title") + state);
    setAttribute(this.search, "placeholder", translator.text("roster.search"));
    setAttribute(this.search, "aria-label", translator.text("roster.search"));
    setText(this.save, translator.text("roster.save"));
    this.save.disabled = view.rows.length === 0;
    const wanted = this.search.value.trim().toLowerCase();
    const rows = view.rows.filter(
      (row) => (filter === "all" || row.state === filter) && matches(row.learner, wanted),
    );
    this.tiles.update(rows, budget, translator);
    setText(this.count, translator.text("roster.count", { count: rows.length }));
    setText(this.empty, translator.text(view.rows.length === 0 ? "roster.nobody" : "roster.empty"));
    this.empty.hidden = rows.length > 0;
    this.kept.hidden = keptDays === null;
    if (keptDays !== null) setText(this.kept, translator.text("roster.kept", { count: keptDays }));
  }

  makeTile({ learner }) {
    const parts = {
      mark: element("span", { class: "mark" }),
      name: element("span", { class: "name" }),
      figure: element("span", { class: "figure" }),
    };
    const button = element("button", { type: "button", class: "tile" }, parts.mark, parts.name, parts.figure);
    button.addEventListener("click", () => this.announce("learner-open", learner.id));
    const tile = element("li", {}, button);
    Object.assign(tile, { button, parts });
    return tile;
  }

  updateTile({ button, parts }, row) {
    const { translator } = this;
    const name = displayName(row.learner);
    const state = translator.text(`state.${row.state}`);
    setAttribute(button, "data-state", row.state);
    setAttribute(button, "title", `${name} · ${state}`);
    setIcon(parts.mark, row.state);
    setText(parts.name, name);
    const solved = this.required - row.remaining;
    setText(parts.figure, `${translator.number(solved)}/${translator.number(this.required)}`);
    const progress = translator.text("roster.cells", { solved, total: this.required });
    setAttribute(button, "aria-label", `${name}, ${progress}, ${state}`);
  }
}

function matches(learner, wanted) {
  if (wanted === "") return true;
  return [learner.name, learner.id, learner.team].some((text) => text?.toLowerCase().includes(wanted));
}
