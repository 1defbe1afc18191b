import { element, setAttribute, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { cellTitle, notebookTitle } from "../view/wording.js";
import { makeBar, setShare } from "./progress-bar.js";
import { makeFileChoice } from "./file-choice.js";
import { Panel } from "./panel.js";

/**
 * How far the class is: a bar a cell, of who solved it and who has reached it; by the notebook's outline, where there
 * is one, with the cells that are not in it at the end.
 */
export class ProgressBoard extends Panel {
  build() {
    this.legend = element("div", { class: "legend" });
    this.solvedKey = element("span", { class: "key", "data-key": "solved" });
    this.triedKey = element("span", { class: "key", "data-key": "tried" });
    this.legend.append(this.solvedKey, this.triedKey);
    this.version = element("span", { class: "quiet" });
    const choice = makeFileChoice({
      accept: ".ipynb,application/json",
      onChosen: (file) => this.announce("outline-upload", file),
      onRemove: () => this.announce("outline-remove"),
    });
    this.upload = choice.upload;
    this.remove = choice.remove;
    this.outcome = element("p", { class: "quiet outcome", role: "status" });
    this.aside.append(this.legend, this.version, this.upload, this.remove, choice.file);
    this.list = element("ol", { class: "cells", tabindex: "0", "aria-labelledby": this.heading.id });
    this.empty = element("p", { class: "empty" });
    this.body.append(this.outcome, this.list, this.empty);
    this.told = null;
    this.bars = new KeyedList(this.list, {
      key: ({ key, name }) => key ?? `name ${name}`,
      face: (row) => this.face(row),
      create: ({ kind }) => (kind === "heading" ? makeHeading() : makeBar()),
      update: (line, row) => (row.kind === "heading" ? updateHeading(line, row) : this.updateBar(line, row)),
    });
  }

  /** @param {"uploaded" | "removed" | object} told what became of an outline, or the problem */
  tell(told) {
    this.told = told;
  }

  update({ view, isLoaded }, translator, budget) {
    this.translator = translator;
    this.total = Math.max(view.rows.length, 1);
    const name = view.notebook === null ? "" : ` · ${notebookTitle(view.notebook)}`;
    this.title(translator.text("progress.title") + name);
    setText(this.solvedKey, translator.text("progress.solved"));
    setText(this.triedKey, translator.text("progress.tried"));
    this.showOutline(view, isLoaded);
    this.list.classList.toggle("outlined", view.outlined !== null);
    const rows = this.rows(view);
    this.bars.update(rows, budget, translator);
    setText(this.empty, translator.text("progress.empty"));
    this.empty.hidden = rows.length > 0;
  }

  showOutline({ notebook, outline }, isLoaded) {
    const { translator } = this;
    setText(this.version, outline.isEmpty ? "" : translator.text("outline.version", { version: outline.version }));
    setText(this.upload, translator.text("outline.upload"));
    setAttribute(this.upload, "title", translator.text("outline.hint"));
    setText(this.remove, translator.text("outline.remove"));
    this.version.hidden = outline.isEmpty;
    this.upload.hidden = !isLoaded || notebook === null;
    this.remove.hidden = !isLoaded || outline.isEmpty;
    const { told } = this;
    let outcome = "";
    if (typeof told === "string") outcome = translator.text(`outline.${told}`);
    else if (told !== null) {
      outcome = translator.text("outline.problem", { detail: told.message || translator.text("problem.offline") });
    }
    setText(this.outcome, outcome);
    this.outcome.hidden = outcome === "";
  }

  rows({ cells, outlined }) {
    if (outlined === null) return cells;
    const { rows, others } = outlined;
    if (others.length === 0) return rows;
    const title = this.translator.text("outline.others");
    return [...rows, { kind: "heading", key: "others", level: 1, title }, ...others];
  }

  face(row) {
    if (row.kind === "heading") return `${row.level} ${row.title}`;
    const { name, index, title, solved, reached, failing, atWork, medianDuration, p90Duration, topError } = row;
    const figures = [solved, reached, failing, atWork, this.total, medianDuration, p90Duration, index];
    return [...figures, topError, name, title].join("\n");
  }

  updateBar({ parts }, row) {
    const { translator, total } = this;
    const numbers = { solved: row.solved, reached: row.reached, total };
    setText(parts.title, row.title ?? cellTitle(translator, row.name, row.index));
    setAttribute(parts.meter, "aria-label", translator.text("progress.summary", numbers));
    setShare(parts.solved, row.solved / total);
    setShare(parts.reached, row.reached / total);
    setText(parts.count, translator.number(row.solved));
    setText(parts.total, translator.text("progress.ofLearners", { total }));
    setText(parts.note, this.notes(row).join(" · "));
  }

  notes({ reached, failing, atWork, medianDuration, p90Duration, topError }) {
    const { translator } = this;
    const notes = [];
    if (atWork !== undefined) {
      notes.push(translator.text("outline.ran", { count: reached }));
      if (failing > 0) notes.push(translator.text("outline.failing", { count: failing }));
      if (atWork > 0) notes.push(translator.text("outline.atWork", { count: atWork }));
    }
    if (medianDuration !== null) {
      notes.push(translator.text("progress.median", { duration: translator.duration(medianDuration) }));
    }
    if (p90Duration !== null) {
      notes.push(translator.text("progress.p90", { duration: translator.duration(p90Duration) }));
    }
    if (topError !== null) notes.push(translator.text("progress.error", { error: topError }));
    return notes;
  }
}

function makeHeading() {
  const text = element("h3");
  return Object.assign(element("li", { class: "cells-heading" }, text), { text });
}

function updateHeading(line, { level, title }) {
  setAttribute(line, "data-level", Math.min(level, 3));
  setText(line.text, title);
}
