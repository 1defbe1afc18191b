import { Panel } from "../components/panel.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { partNote, resultText, showPartNote } from "./part-note.js";
import { stateMark } from "./state-mark.js";
import { mirrorTone } from "./health-rules.js";

const columns = ["table", "pending", "failed", "synced"];

/** The BigQuery mirror: whether it is on, each table's rows, and what an operator can do for them. */
export class MirrorPanel extends Panel {
  build() {
    this.state = stateMark();
    this.note = partNote();
    this.off = element("p", { class: "mirror-off" });
    this.remarks = element("p", { class: "last-error" });
    this.result = element("p", { class: "result", role: "status" });
    this.flush = element("button", { type: "button", class: "small" });
    this.retry = element("button", { type: "button", class: "small" });
    this.failures = element("button", { type: "button", class: "small" });
    this.heads = new Map(columns.map((column) => [column, element("th", { scope: "col", "data-column": column })]));
    this.rowsNode = element("tbody");
    this.caption = element("caption", { class: "visually-hidden" });
    this.table = element("table", { class: "mirror-table" }, this.caption,
      element("thead", {}, element("tr", {}, ...this.heads.values())), this.rowsNode);
    this.actions = element("div", { class: "actions" }, this.flush, this.retry, this.failures);
    this.aside.append(this.state.node);
    this.body.append(this.note, this.off, this.remarks, this.actions, this.result, this.table);
    this.flush.addEventListener("click", () => this.announce("mirror-flush"));
    this.retry.addEventListener("click", () => this.announce("mirror-retry"));
    this.failures.addEventListener("click", () => this.announce("mirror-failures"));
    this.rows = new KeyedList(this.rowsNode, {
      key: (table) => table.source_table,
      face: (table) => JSON.stringify(table),
      create: tableRow,
      update: (row, table) => showTable(row, table, this.translator),
    });
  }

  update({ operations, actions }, translator, budget) {
    this.translator = translator;
    const { mirror } = operations.parts;
    this.title(translator.text("mirror.title"));
    showPartNote(this.note, mirror, operations.isUnreachable, translator);
    const { answer } = mirror;
    for (const part of [this.off, this.remarks, this.actions, this.table]) part.hidden = answer === null;
    this.state.node.hidden = answer === null || mirror.problem !== null;
    setText(this.result, resultText(actions.results.mirror, translator));
    if (answer === null) return;
    const { status, health } = answer;
    this.state.show(mirrorTone(health), translator.text(`mirrorState.${health.status}`));
    setText(this.off, translator.text("mirror.off"));
    this.off.hidden = status.enabled;
    const remarks = [...health.problems, ...health.warnings].join("; ");
    setText(this.remarks, remarks);
    this.remarks.hidden = remarks === "";
    const { failed, enqueued } = status.totals;
    const isIdle = status.enabled && !actions.isBusy && !operations.isUnreachable;
    setText(this.flush, translator.text("mirror.flush"));
    setAttribute(this.flush, "disabled", !isIdle);
    setText(this.retry, translator.text("mirror.retry", { count: failed }));
    setAttribute(this.retry, "disabled", !isIdle || failed === 0);
    setText(this.failures, translator.text("mirror.failures"));
    this.failures.hidden = failed === 0;
    this.actions.hidden = !status.enabled && failed === 0;
    for (const [column, head] of this.heads) setText(head, translator.text(`mirrorColumn.${column}`));
    setText(this.caption, translator.text("mirror.tables"));
    this.table.hidden = !status.enabled && enqueued === 0;
    this.rows.update(status.tables, budget, translator);
  }
}

function tableRow() {
  const parts = {
    name: element("span", { class: "name" }),
    note: element("span", { class: "note" }),
    error: element("span", { class: "note error" }),
    pending: element("td", { class: "number" }),
    failed: element("td", { class: "number" }),
    synced: element("td", { class: "number" }),
  };
  const head = element("th", { scope: "row" }, parts.name, parts.note, parts.error);
  const row = element("tr", {}, head, parts.pending, parts.failed, parts.synced);
  row.parts = parts;
  return row;
}

function showTable(row, table, translator) {
  const { parts } = row;
  setAttribute(row, "data-failed", table.failed > 0);
  setText(parts.name, table.source_table);
  const notes = [];
  if (table.oldest_pending_seconds !== null) {
    notes.push(translator.text("mirror.waiting", { duration: translator.wait(table.oldest_pending_seconds * 1_000) }));
  }
  if (table.last_success_at !== null) {
    notes.push(translator.text("mirror.lastSuccess", { time: translator.moment(Date.parse(table.last_success_at)) }));
  }
  setText(parts.note, notes.join(" · "));
  const error = table.last_error === null
    ? ""
    : translator.text("sink.lastError", { time: translator.moment(Date.parse(table.last_error_at)), error: table.last_error });
  setText(parts.error, error);
  for (const column of ["pending", "failed", "synced"]) setText(parts[column], translator.number(table[column]));
}
