import { element, setAttribute, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { cellTitle, notebookTitle } from "../view/wording.js";
import { makeBar, setShare } from "./progress-bar.js";
import { Panel } from "./panel.js";

/** How far the class is: a bar a cell, of who solved it and who has reached it. */
export class ProgressBoard extends Panel {
  build() {
    this.legend = element("div", { class: "legend" });
    this.solvedKey = element("span", { class: "key", "data-key": "solved" });
    this.triedKey = element("span", { class: "key", "data-key": "tried" });
    this.legend.append(this.solvedKey, this.triedKey);
    this.aside.append(this.legend);
    this.list = element("ol", { class: "cells", tabindex: "0", "aria-labelledby": this.heading.id });
    this.empty = element("p", { class: "empty" });
    this.body.append(this.list, this.empty);
    this.bars = new KeyedList(this.list, {
      key: (cell) => cell.name,
      face: (cell) => this.face(cell),
      create: makeBar,
      update: (bar, cell) => this.updateBar(bar, cell),
    });
  }

  update({ view }, translator, budget) {
    this.translator = translator;
    this.total = Math.max(view.rows.length, 1);
    const name = view.notebook === null ? "" : ` · ${notebookTitle(view.notebook)}`;
    this.title(translator.text("progress.title") + name);
    setText(this.solvedKey, translator.text("progress.solved"));
    setText(this.triedKey, translator.text("progress.tried"));
    this.bars.update(view.cells, budget, translator);
    setText(this.empty, translator.text("progress.empty"));
    this.empty.hidden = view.cells.length > 0;
  }

  face({ name, index, solved, reached, medianDuration, p90Duration, topError }) {
    return [solved, reached, this.total, medianDuration, p90Duration, index, topError, name].join("\n");
  }

  updateBar({ parts }, cell) {
    const { translator, total } = this;
    const numbers = { solved: cell.solved, reached: cell.reached, total };
    setText(parts.title, cellTitle(translator, cell.name, cell.index));
    setAttribute(parts.meter, "aria-label", translator.text("progress.summary", numbers));
    setShare(parts.solved, cell.solved / total);
    setShare(parts.reached, cell.reached / total);
    setText(parts.count, translator.number(cell.solved));
    setText(parts.total, translator.text("progress.ofLearners", { total }));
    const notes = [];
    if (cell.medianDuration !== null) {
      notes.push(translator.text("progress.median", { duration: translator.duration(cell.medianDuration) }));
    }
    if (cell.p90Duration !== null) {
      notes.push(translator.text("progress.p90", { duration: translator.duration(cell.p90Duration) }));
    }
    if (cell.topError !== null) notes.push(translator.text("progress.error", { error: cell.topError }));
    setText(parts.note, notes.join(" · "));
  }
}
