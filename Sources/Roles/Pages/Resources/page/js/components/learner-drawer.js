import { exerciseTitle, isExerciseSolved } from "../state/exercises.js";
import { displayName } from "../state/name-order.js";
import { eventMoment, microseconds } from "../state/timestamp.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { icon, setIcon } from "../view/icons.js";
import { KeyedList } from "../view/keyed-list.js";
import { cellTitle, clockText, describeEvent, eventTitle, notebookTitle, reasonText } from "../view/wording.js";

const facts = ["solved", "exercises", "executions", "errors", "team", "lastSeen", "clock", "now", "id"];
const wideFacts = ["exercises", "now", "id"];
const liveTimelineLimit = 500;

/**
 * A learner's figures and timeline. A modal dialog: the browser keeps the focus inside, closes it on
 * Escape, and gives the focus back to what opened it.
 */
export class LearnerDrawer extends HTMLElement {
  connectedCallback() {
    this.mark = element("span", { class: "mark" });
    this.name = element("h2", { id: "drawer-name", tabindex: "-1" });
    this.state = element("p", { class: "state" });
    this.close = element("button", { type: "button", class: "round" }, icon("close"));
    this.facts = new Map(facts.map((fact) => [fact, { term: element("dt"), value: element("dd") }]));
    this.timelineTitle = element("h3");
    this.list = element("ol", { class: "timeline" });
    this.note = element("p", { class: "empty", role: "status" });
    this.more = element("button", { type: "button", class: "small" });
    const figures = [...this.facts].map(([fact, { term, value }]) =>
      element("div", { class: wideFacts.includes(fact) && "wide" }, term, value));
    this.dialog = element(
      "dialog",
      { class: "drawer", "aria-labelledby": "drawer-name" },
      element("header", {}, this.mark, element("div", {}, this.name, this.state), this.close),
      element("div", { class: "drawer-body" },
        element("dl", {}, ...figures), this.timelineTitle, this.list, this.note, this.more),
    );
    this.replaceChildren(this.dialog);
    this.close.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener("close", () => this.closed());
    this.more.addEventListener("click", () => this.read());
    this.lines = new KeyedList(this.list, {
      key: (event) => event.event_id,
      // An event never changes; the title of its cell may be heard of later.
      face: (event) => eventTitle(event, this.titleOf) ?? "",
      create: makeEventLine,
      update: (line, event) => updateEventLine(line, event, this.translator, this.titleOf),
    });
  }

  /** @param {{api: object, course: string, id: string}} options */
  open({ api, course, id }) {
    Object.assign(this, { api, course, id, events: [], known: new Set(), cursor: null, isLoading: false, problem: null });
    this.opener = document.activeElement;
    this.dialog.showModal();
    this.name.focus();
    this.read();
  }

  /** Closes, and forgets the learner. */
  leave() {
    if (this.isOpen) this.dialog.close();
    Object.assign(this, { events: [], known: new Set() });
  }

  get isOpen() {
    return this.dialog.open;
  }

  closed() {
    this.id = null;
    if (this.opener?.isConnected) this.opener.focus();
    this.dispatchEvent(new CustomEvent("learner-close", { bubbles: true }));
  }

  async read() {
    if (this.isLoading) return;
    const { id } = this;
    this.isLoading = true;
    this.problem = null;
    this.changed();
    try {
      const page = await this.api.student(id, this.course, this.cursor);
      if (id !== this.id) return;
      this.cursor = page.next_cursor;
      this.merge(page.events);
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      if (id !== this.id) return;
      // Live events may be ahead of the database.
      if (problem.status !== 404) this.problem = problem;
    }
    this.isLoading = false;
    this.changed();
  }

  /** Adds a live event. */
  add(event) {
    if (this.isOpen && event.student_id === this.id) this.merge([event]);
  }

  merge(events) {
    for (const event of events) {
      if (this.known.has(event.event_id)) continue;
      this.known.add(event.event_id);
      // Newest first; what comes belongs to one of the ends.
      let place = 0;
      const moment = eventMoment(event);
      const oldest = this.events.at(-1);
      if (oldest !== undefined && moment <= eventMoment(oldest)) place = this.events.length;
      else while (place < this.events.length && eventMoment(this.events[place]) > moment) place += 1;
      this.events.splice(place, 0, event);
    }
    if (this.cursor === null && this.events.length > liveTimelineLimit) this.events.length = liveTimelineLimit;
  }

  changed() {
    this.dispatchEvent(new CustomEvent("view-change", { bubbles: true }));
  }

  update({ view, now, lookBack }, translator, budget) {
    if (!this.isOpen || this.id === null) return;
    this.translator = translator;
    this.titleOf = view.titleOf;
    setAttribute(this.close, "aria-label", translator.text("learner.close"));
    setText(this.timelineTitle, translator.text("learner.timeline"));
    const row = view.rows.find(({ learner }) => learner.id === this.id);
    setText(this.name, row === undefined ? this.id : displayName(row.learner));
    if (row !== undefined) this.showStanding(row, view, now);
    // The timeline is that of now: what came after an earlier moment is left out.
    const isShown = (event) => lookBack === null || microseconds(eventMoment(event)) <= now * 1_000;
    this.lines.update(this.events.filter(isShown), budget, translator);
    this.showNote();
  }

  showStanding(row, view, now) {
    const { translator } = this;
    const { learner } = row;
    setIcon(this.mark, row.state);
    setAttribute(this.dialog, "data-state", row.state);
    const reason = reasonText(translator, row, now, view);
    setText(this.state, [translator.text(`state.${row.state}`), reason].filter(Boolean).join(" · "));
    const title = view.titleOf(learner.notebook, learner.cell);
    const place =
      learner.cell === null
        ? ""
        : `${notebookTitle(learner.notebook)} · ${cellTitle(translator, learner.cell, learner.cellIndex, title)}`;
    const solved = view.requiredCells - row.remaining;
    const lastSeen = translator.wait(now - learner.lastSeenAt / 1_000);
    this.fact("solved", translator.text("roster.cells", { solved, total: view.requiredCells }));
    this.fact("exercises", this.exercises(learner, view));
    this.fact("executions", translator.number(learner.executions));
    this.fact("errors", translator.number(learner.errors));
    this.fact("now", place);
    this.fact("team", learner.team ?? "");
    this.fact("lastSeen", translator.text("learner.ago", { duration: lastSeen }));
    this.fact("clock", clockText(translator, learner.clockSkew));
    this.fact("id", learner.id);
  }

  exercises(learner, { exercises }) {
    const { translator } = this;
    const texts = [];
    for (const each of exercises) {
      const work = learner.exercises.get(each.id);
      if (work === undefined) continue;
      const exercise = exerciseTitle(each);
      const text = isExerciseSolved(work)
        ? translator.text("learner.exerciseSolved", { exercise, count: work.firstPassedAttempt })
        : translator.text("learner.exerciseFailing", { exercise, count: work.attempts });
      const hasPoints = work.points !== null && work.pointsPossible !== null;
      const points = hasPoints
        ? translator.text("learner.points", { points: work.points, possible: work.pointsPossible })
        : "";
      texts.push([text, points].filter(Boolean).join(", "));
    }
    return texts.join(" · ");
  }

  fact(name, text) {
    const { term, value } = this.facts.get(name);
    setText(term, this.translator.text(`learner.${name}`));
    setText(value, text);
    term.parentElement.hidden = text === "";
  }

  showNote() {
    const { translator, problem } = this;
    let note = "";
    if (this.isLoading) note = translator.text("learner.loading");
    else if (problem !== null) {
      const detail = problem.message || translator.text("problem.offline");
      note = translator.text("learner.problem", { detail });
    } else if (this.events.length === 0) note = translator.text("learner.missing");
    setText(this.note, note);
    this.note.hidden = note === "";
    setText(this.more, translator.text("learner.more"));
    this.more.hidden = this.cursor === null || this.isLoading;
  }
}

function makeEventLine() {
  const parts = {
    time: element("time"),
    mark: element("span", { class: "mark" }),
    what: element("span", { class: "what" }),
    detail: element("span", { class: "note" }),
  };
  const line = element("li", {}, parts.time, parts.mark, element("span", { class: "who" }, parts.what, parts.detail));
  line.parts = parts;
  return line;
}

function updateEventLine(line, event, translator, titleOf) {
  const { parts } = line;
  const { icon: name, tone, text } = describeEvent(translator, event, titleOf);
  setAttribute(line, "data-state", tone);
  setText(parts.time, translator.timeWithSeconds(Date.parse(eventMoment(event))));
  setIcon(parts.mark, name);
  setText(parts.what, text);
  const ran = typeof event.duration_ms === "number" ? translator.duration(event.duration_ms) : "";
  setText(parts.detail, [event.error_message, ran].filter(Boolean).join(" · "));
}
