import { element, setAttribute, setText } from "../view/dom.js";
import { icon } from "../view/icons.js";
import { FactList } from "./fact-list.js";
import { resultText } from "./part-note.js";
import { readable } from "./health-rules.js";

const facts = [
  "deadLetter.sink", "deadLetter.kind", "deadLetter.time", "deadLetter.tried", "deadLetter.key",
  "deadLetter.event", "deadLetter.id",
];

/**
 * One dead letter, with what it holds. That is personal data, so it is read when it is opened, and forgotten
 * when it is closed. A modal dialog, as the learner's drawer is.
 */
export class DeadLetterDrawer extends HTMLElement {
  connectedCallback() {
    this.name = element("h2", { id: "dead-letter-name", tabindex: "-1" });
    this.closeButton = element("button", { type: "button", class: "round" }, icon("close"));
    this.reason = element("p", { class: "last-error" });
    this.facts = new FactList(facts);
    this.payloadTitle = element("h3", { id: "dead-letter-payload" });
    this.payload = element("pre",
      { class: "payload", tabindex: "0", role: "region", "aria-labelledby": "dead-letter-payload" });
    this.note = element("p", { class: "empty", role: "status" });
    this.replay = element("button", { type: "button", class: "small" });
    this.purge = element("button", { type: "button", class: "small danger" });
    this.dialog = element("dialog", { class: "drawer", "aria-labelledby": "dead-letter-name" },
      element("header", {}, element("div", {}, this.name), this.closeButton),
      element("div", { class: "drawer-body stack" }, this.reason, this.facts.node, this.payloadTitle, this.payload,
        this.note, element("div", { class: "actions" }, this.replay, this.purge)));
    this.replaceChildren(this.dialog);
    this.closeButton.addEventListener("click", () => this.close());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.close();
    });
    this.dialog.addEventListener("close", () => this.closed());
    this.replay.addEventListener("click", () => this.announce("dead-letter-replay", this.id));
    this.purge.addEventListener("click", () => this.announce("dead-letter-purge", this.id));
    this.forget();
  }

  announce(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }

  async open(api, id) {
    Object.assign(this, { id, deadLetter: null, problem: null, opener: document.activeElement });
    this.dialog.showModal();
    this.name.focus();
    try {
      const deadLetter = await api.deadLetter(id);
      if (id === this.id) this.deadLetter = deadLetter;
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      if (id === this.id) this.problem = problem;
    }
    this.announce("view-change");
  }

  close() {
    this.dialog.close();
  }

  closed() {
    const { opener } = this;
    this.forget();
    if (opener?.isConnected) opener.focus();
    else document.querySelector("main").focus();
    this.announce("view-change");
  }

  forget() {
    Object.assign(this, { id: null, deadLetter: null, problem: null, opener: null });
    setText(this.payload, "");
    setText(this.reason, "");
    this.facts.update({}, { text: () => "" });
  }

  update({ actions }, translator) {
    if (this.id === null) return;
    const { deadLetter, problem } = this;
    setText(this.name, translator.text("deadLetter.title"));
    setAttribute(this.closeButton, "aria-label", translator.text("deadLetter.close"));
    setText(this.payloadTitle, translator.text("deadLetter.payload"));
    setText(this.replay, translator.text("deadLetter.replay"));
    setText(this.purge, translator.text("deadLetter.purge"));
    const isMissing = deadLetter === null;
    for (const part of [this.reason, this.facts.node, this.payloadTitle, this.payload]) part.hidden = isMissing;
    for (const button of [this.replay, this.purge]) setAttribute(button, "disabled", isMissing || actions.isBusy);
    setText(this.note, this.noteText(actions, translator));
    if (problem !== null || deadLetter === null) return;
    setText(this.reason, deadLetter.full_reason);
    this.facts.update({
      "deadLetter.sink": deadLetter.sink,
      "deadLetter.kind": deadLetter.event_type ?? deadLetter.source_table ?? translator.text("deadLetter.noEvent"),
      "deadLetter.time": translator.moment(Date.parse(deadLetter.dead_lettered_at)),
      "deadLetter.tried": translator.text("deadLetter.attempts", { count: deadLetter.attempts }),
      "deadLetter.key": deadLetter.source_key ?? "",
      "deadLetter.event": deadLetter.event_id ?? "",
      "deadLetter.id": deadLetter.id,
    }, translator);
    const { payload } = deadLetter;
    setText(this.payload, payload === null ? translator.text("deadLetter.rowGone") : readable(payload));
  }

  noteText(actions, translator) {
    if (this.problem?.status === 404) return translator.text("deadLetter.gone");
    if (this.problem !== null) {
      return translator.text("operations.failed", { detail: this.problem.message || translator.text("problem.offline") });
    }
    if (this.deadLetter === null) return translator.text("operations.reading");
    return resultText(actions.results.deadLetters, translator);
  }
}
