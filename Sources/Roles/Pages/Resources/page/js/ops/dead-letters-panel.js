import { setOptions } from "../components/option-list.js";
import { Panel } from "../components/panel.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { partNote, resultText, showPartNote } from "./part-note.js";

/** After the last key. */
const typingPause = 300;

/** What sinks refused for good: found by sink and reason, looked into, replayed, purged. */
export class DeadLettersPanel extends Panel {
  build() {
    this.sinkLabel = element("span");
    this.sink = element("select", { id: "dead-letters-sink" });
    this.reasonLabel = element("span");
    this.reason = element("input", { type: "search", id: "dead-letters-reason", maxlength: 256, autocomplete: "off" });
    this.replay = element("button", { type: "button", class: "small" });
    this.purge = element("button", { type: "button", class: "small danger" });
    this.note = partNote();
    this.summary = element("p", { class: "quiet" });
    this.result = element("p", { class: "result", role: "status" });
    this.empty = element("p", { class: "empty" });
    this.listNode = element("ul", { class: "dead-letters" });
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
    this.replay.addEventListener("click", () => this.announce("dead-letters-replay"));
    this.purge.addEventListener("click", () => this.announce("dead-letters-purge"));
    this.more.addEventListener("click", () => this.announce("dead-letters-more"));
    this.list = new KeyedList(this.listNode, {
      key: ({ id }) => id,
      // Nothing of a dead letter changes.
      face: ({ id }) => id,
      create: ({ id }) => deadLetterLine(() => this.announce("dead-letter-open", id)),
      update: (line, deadLetter) => showDeadLetter(line, deadLetter, this.translator),
    });
  }

  focusFilter() {
    this.reason.value = "";
    this.scrollIntoView({ block: "nearest" });
    this.sink.focus();
  }

  update({ operations, actions }, translator, budget) {
    this.translator = translator;
    const { deadLetters } = operations.parts;
    this.title(translator.text("deadLetters.title"));
    setText(this.sinkLabel, translator.text("deadLetters.sink"));
    setText(this.reasonLabel, translator.text("deadLetters.reason"));
    setOptions(this.sink, ["", ...operations.deadLetterSinks].map((value) => ({
      value, label: value === "" ? translator.text("deadLetters.allSinks") : value,
    })), operations.filter.sink);
    showPartNote(this.note, deadLetters, operations.isUnreachable, translator);
    setText(this.replay, translator.text("deadLetters.replayAll"));
    setText(this.purge, translator.text("deadLetters.purgeAll"));
    const list = deadLetters.answer?.list ?? [];
    const isIdle = list.length > 0 && !actions.isBusy && !operations.isUnreachable;
    for (const button of [this.replay, this.purge]) setAttribute(button, "disabled", !isIdle);
    setText(this.summary, this.summaryText(operations, list));
    this.summary.hidden = list.length === 0;
    setText(this.result, resultText(actions.results.deadLetters, translator));
    const isFiltered = operations.filter.sink !== "" || operations.filter.reason !== "";
    setText(this.empty, translator.text(isFiltered ? "deadLetters.noMatch" : "deadLetters.empty"));
    this.empty.hidden = deadLetters.answer === null || list.length > 0;
    this.showList(list, budget);
    setText(this.more, translator.text("deadLetters.more"));
    this.more.hidden = !operations.canShowMore;
  }

  /** A dead letter that goes while it has the focus hands it on to the one behind it. */
  showList(list, budget) {
    const place = [...this.listNode.children].findIndex((line) => line.contains(document.activeElement));
    this.list.update(list, budget, this.translator);
    if (place < 0 || this.listNode.contains(document.activeElement)) return;
    const line = this.listNode.children[Math.min(place, list.length - 1)];
    (line?.querySelector("button") ?? this.sink).focus();
  }

  summaryText({ filter, deadLetterCount, parts }, list) {
    const { translator } = this;
    const isWhole = parts.deadLetters.answer?.hasMore === false;
    if (isWhole) return translator.text("deadLetters.count", { count: list.length });
    const isCounted = filter.sink === "" && filter.reason === "" && deadLetterCount !== null;
    if (!isCounted) return translator.text("deadLetters.firstOnes", { count: list.length });
    return translator.text("deadLetters.firstOf", { count: list.length, total: deadLetterCount });
  }
}

function deadLetterLine(open) {
  const parts = {
    sink: element("span", { class: "tag" }),
    what: element("span", { class: "what" }),
    reason: element("span", { class: "reason" }),
    note: element("span", { class: "note" }),
  };
  const button = element("button", { type: "button", class: "dead-letter-line" },
    element("span", { class: "dead-letter-head" }, parts.sink, parts.what), parts.reason, parts.note);
  button.addEventListener("click", open);
  const line = element("li", {}, button);
  line.parts = parts;
  return line;
}

function showDeadLetter({ parts }, deadLetter, translator) {
  setText(parts.sink, deadLetter.sink);
  setText(parts.what, deadLetter.event_type ?? deadLetter.source_table ?? translator.text("deadLetter.noEvent"));
  setText(parts.reason, deadLetter.reason);
  setText(parts.note, [
    translator.moment(Date.parse(deadLetter.dead_lettered_at)),
    translator.text("deadLetter.attempts", { count: deadLetter.attempts }),
    deadLetter.event_id,
  ].filter(Boolean).join(" · "));
}
