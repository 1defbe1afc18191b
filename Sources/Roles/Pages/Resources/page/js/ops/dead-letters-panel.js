import { setOptions } from "../components/option-list.js";
import { Panel } from "../components/panel.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { partNote, resultText, showPartNote } from "./part-note.js";

const sinks = ["", "bus", "postgres", "influxdb", "bigquery"];
/** After the last key. */
const typingPause = 300;

/** What sinks refused for good: found by sink and reason, looked into, replayed, purged. */
export class DeadLettersPanel extends Panel {
  build() {
    this.sinkLabel = element("span");
    this.sink = element("select", { id: "letters-sink" });
    this.reasonLabel = element("span");
    this.reason = element("input", { type: "search", id: "letters-reason", maxlength: 256, autocomplete: "off" });
    this.replay = element("button", { type: "button", class: "small" });
    this.purge = element("button", { type: "button", class: "small danger" });
    this.note = partNote();
    this.summary = element("p", { class: "quiet" });
    this.result = element("p", { class: "result", role: "status" });
    this.empty = element("p", { class: "empty" });
    this.listNode = element("ul", { class: "letters" });
    this.more = element("button", { type: "button", class: "small" });
    this.aside.append(this.replay, this.purge);
    this.body.append(
      element("div", { class: "filters" },
        element("label", {}, this.sinkLabel, this.sink), element("label", {}, this.reasonLabel, this.reason)),
      this.note, this.summary, this.result, this.empty, this.listNode, this.more);
    this.sink.addEventListener("change", () => this.announce("filter-change", { sink: this.sink.value }));
    this.reason.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(
        () => this.announce("filter-change", { reason: this.reason.value.trim() }), typingPause);
    });
    this.replay.addEventListener("click", () => this.announce("letters-replay"));
    this.purge.addEventListener("click", () => this.announce("letters-purge"));
    this.more.addEventListener("click", () => this.announce("letters-more"));
    this.list = new KeyedList(this.listNode, {
      key: ({ id }) => id,
      // Nothing of a letter changes.
      face: ({ id }) => id,
      create: ({ id }) => letterLine(() => this.announce("letter-open", id)),
      update: (line, letter) => showLetter(line, letter, this.translator),
    });
  }

  focusFilter() {
    this.reason.value = "";
    this.scrollIntoView({ block: "nearest" });
    this.sink.focus();
  }

  update({ operations, desk }, translator, budget) {
    this.translator = translator;
    const { letters } = operations.parts;
    this.title(translator.text("letters.title"));
    setText(this.sinkLabel, translator.text("letters.sink"));
    setText(this.reasonLabel, translator.text("letters.reason"));
    setOptions(this.sink, sinks.map((value) => ({
      value, label: value === "" ? translator.text("letters.allSinks") : value,
    })), operations.filter.sink);
    showPartNote(this.note, letters, operations.isUnreachable, translator);
    setText(this.replay, translator.text("letters.replayAll"));
    setText(this.purge, translator.text("letters.purgeAll"));
    const list = letters.answer?.list ?? [];
    const isIdle = list.length > 0 && !desk.isBusy && !operations.isUnreachable;
    for (const button of [this.replay, this.purge]) setAttribute(button, "disabled", !isIdle);
    setText(this.summary, this.summaryText(operations, list));
    this.summary.hidden = list.length === 0;
    setText(this.result, resultText(desk.results.letters, translator));
    const isFiltered = operations.filter.sink !== "" || operations.filter.reason !== "";
    setText(this.empty, translator.text(isFiltered ? "letters.noMatch" : "letters.empty"));
    this.empty.hidden = letters.answer === null || list.length > 0;
    this.showList(list, budget);
    setText(this.more, translator.text("letters.more"));
    this.more.hidden = !operations.canShowMore;
  }

  /** A letter that goes while it has the focus hands it on to the one behind it. */
  showList(list, budget) {
    const place = [...this.listNode.children].findIndex((line) => line.contains(document.activeElement));
    this.list.update(list, budget, this.translator);
    if (place < 0 || this.listNode.contains(document.activeElement)) return;
    const line = this.listNode.children[Math.min(place, list.length - 1)];
    (line?.querySelector("button") ?? this.sink).focus();
  }

  summaryText({ filter, letterCount, parts }, list) {
    const { translator } = this;
    const isWhole = parts.letters.answer?.hasMore === false;
    if (isWhole) return translator.text("letters.count", { count: list.length });
    const isCounted = filter.sink === "" && filter.reason === "" && letterCount !== null;
    if (!isCounted) return translator.text("letters.firstOnes", { count: list.length });
    return translator.text("letters.firstOf", { count: list.length, total: letterCount });
  }
}

function letterLine(open) {
  const parts = {
    sink: element("span", { class: "tag" }),
    what: element("span", { class: "what" }),
    reason: element("span", { class: "reason" }),
    note: element("span", { class: "note" }),
  };
  const button = element("button", { type: "button", class: "letter-line" },
    element("span", { class: "letter-head" }, parts.sink, parts.what), parts.reason, parts.note);
  button.addEventListener("click", open);
  const line = element("li", {}, button);
  line.parts = parts;
  return line;
}

function showLetter({ parts }, letter, translator) {
  setText(parts.sink, letter.sink);
  setText(parts.what, letter.event_type ?? letter.source_table ?? translator.text("letter.noEvent"));
  setText(parts.reason, letter.reason);
  setText(parts.note, [
    translator.moment(Date.parse(letter.dead_lettered_at)),
    translator.text("letter.attempts", { count: letter.attempts }),
  ].join(" · "));
}
