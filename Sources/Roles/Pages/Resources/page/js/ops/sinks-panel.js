import { Panel } from "../components/panel.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { FrameBudget } from "../view/frame-budget.js";
import { KeyedList } from "../view/keyed-list.js";
import { FactList } from "./fact-list.js";
import { partNote, showPartNote } from "./part-note.js";
import { stateMark } from "./state-mark.js";
import { sinkTone } from "./health-rules.js";

const facts = ["sink.lag", "sink.pending", "sink.oldest", "sink.written", "sink.retries", "sink.deadLettered", "sink.expired"];

/** Each sink: whether it takes writes, how far it is behind, and who serves it. */
export class SinksPanel extends Panel {
  build() {
    this.note = partNote();
    this.empty = element("p", { class: "empty" });
    this.listNode = element("ul", { class: "cards" });
    this.body.append(this.note, this.empty, this.listNode);
    this.list = new KeyedList(this.listNode, {
      key: ({ sink }) => sink,
      face: (sink) => JSON.stringify(sink),
      create: ({ sink }) => sinkCard(sink),
      update: (card, sink) => this.showSink(card, sink),
    });
  }

  update({ operations }, translator, budget) {
    this.translator = translator;
    this.trend = operations.trend;
    const { sinks } = operations.parts;
    this.title(translator.text("sinks.title"));
    showPartNote(this.note, sinks, operations.isUnreachable, translator);
    setText(this.empty, translator.text("sinks.empty"));
    this.empty.hidden = sinks.answer === null || sinks.answer.length > 0;
    if (sinks.answer === null) return;
    const items = sinks.answer.map((sink) => ({ ...sink, lagText: this.lagText(sink) }));
    this.list.update(items, budget, translator);
  }

  showSink(card, sink) {
    const { translator } = this;
    const { parts } = card;
    setAttribute(card, "data-state", sinkTone(sink));
    parts.state.show(sinkTone(sink), translator.text(`sinkState.${sink.state}`));
    parts.facts.update({
      "sink.lag": sink.lagText,
      "sink.pending": sink.pending === null ? "" : translator.number(sink.pending),
      "sink.oldest": sink.oldest_pending_seconds === null ? "" : translator.wait(sink.oldest_pending_seconds * 1_000),
      "sink.written": translator.number(sink.written),
      "sink.retries": translator.number(sink.retries),
      "sink.deadLettered": translator.number(sink.dead_lettered),
      "sink.expired": sink.expired > 0 ? translator.number(sink.expired) : "",
    }, translator);
    const error = sink.last_error === null
      ? ""
      : translator.text("sink.lastError", { time: translator.moment(Date.parse(sink.last_error_at)), error: sink.last_error });
    setText(parts.error, error);
    parts.error.hidden = error === "";
    setText(parts.limit, sink.limit === null ? "" : translator.text("sink.limit", { limit: sink.limit }));
    parts.limit.hidden = sink.limit === null;
    // A few lines, which belong to what has just been written.
    parts.workers.update(sink.workers.map((worker) => ({ ...worker, translator })), new FrameBudget(Infinity), sink);
    setText(parts.workersTitle, translator.text("sink.workers", { count: sink.workers.length }));
  }

  lagText({ sink, lag }) {
    const { translator } = this;
    if (lag === null) return translator.text("sink.unknown");
    const { direction, left } = this.trend.of(sink);
    const number = translator.number(lag);
    if (direction === "none") return number;
    const key = `lag.${direction}`;
    return `${number} ${translator.text(key, { left: left === null ? "" : translator.wait(left) })}`;
  }
}

function sinkCard(name) {
  const workerList = element("ul", { class: "workers" });
  const parts = {
    state: stateMark(),
    facts: new FactList(facts),
    error: element("p", { class: "last-error" }),
    limit: element("p", { class: "last-error" }),
    workersTitle: element("summary"),
    workers: new KeyedList(workerList, {
      key: ({ worker }) => worker,
      face: ({ worker }) => worker,
      create: () => element("li"),
      update: showWorker,
    }),
  };
  const card = element("li", { class: "card", "data-sink": name },
    element("div", { class: "card-head" }, element("h3", {}, name), parts.state.node),
    parts.facts.node, parts.limit, parts.error, element("details", {}, parts.workersTitle, workerList));
  card.parts = parts;
  return card;
}

function showWorker(line, { worker, state, is_silent, heard_seconds_ago, in_flight, written, translator }) {
  const key = is_silent ? "worker.silent" : "worker.heard";
  setText(line, [
    worker,
    translator.text(key, { duration: translator.wait(heard_seconds_ago * 1_000) }),
    is_silent ? "" : translator.text(`sinkState.${state}`),
    translator.text("worker.figures", { written, inFlight: in_flight }),
  ].filter(Boolean).join(" · "));
  setAttribute(line, "data-silent", is_silent);
}
