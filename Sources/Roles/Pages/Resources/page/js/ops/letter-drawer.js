import { element, setAttribute, setText } from "../view/dom.js";
import { icon } from "../view/icons.js";
import { FactList } from "./fact-list.js";
import { resultText } from "./part-note.js";
import { readable } from "./verdicts.js";

const facts = ["letter.sink", "letter.kind", "letter.time", "letter.tried", "letter.key", "letter.id"];

/**
 * One dead letter, with what it holds. That is personal data, so it is read when it is opened, and forgotten
 * when it is closed. A modal dialog, as the learner's drawer is.
 */
export class LetterDrawer extends HTMLElement {
  connectedCallback() {
    this.name = element("h2", { id: "letter-name", tabindex: "-1" });
    this.closeButton = element("button", { type: "button", class: "round" }, icon("close"));
    this.reason = element("p", { class: "last-error" });
    this.facts = new FactList(facts);
    this.payloadTitle = element("h3", { id: "letter-payload" });
    this.payload = element("pre", { class: "payload", tabindex: "0", role: "region", "aria-labelledby": "letter-payload" });
    this.note = element("p", { class: "empty", role: "status" });
    this.replay = element("button", { type: "button", class: "small" });
    this.purge = element("button", { type: "button", class: "small danger" });
    this.dialog = element("dialog", { class: "drawer", "aria-labelledby": "letter-name" },
      element("header", {}, element("div", {}, this.name), this.closeButton),
      element("div", { class: "drawer-body stack" }, this.reason, this.facts.node, this.payloadTitle, this.payload,
        this.note, element("div", { class: "actions" }, this.replay, this.purge)));
    this.replaceChildren(this.dialog);
    this.closeButton.addEventListener("click", () => this.close());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.close();
    });
    this.dialog.addEventListener("close", () => this.closed());
    this.replay.addEventListener("click", () => this.announce("letter-replay", this.id));
    this.purge.addEventListener("click", () => this.announce("letter-purge", this.id));
    this.forget();
  }

  announce(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }

  async open(api, id) {
    Object.assign(this, { id, letter: null, problem: null, opener: document.activeElement });
    this.dialog.showModal();
    this.name.focus();
    try {
      const letter = await api.deadLetter(id);
      if (id === this.id) this.letter = letter;
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
    Object.assign(this, { id: null, letter: null, problem: null, opener: null });
    setText(this.payload, "");
    setText(this.reason, "");
    this.facts.update({}, { text: () => "" });
  }

  update({ desk }, translator) {
    if (this.id === null) return;
    const { letter, problem } = this;
    setText(this.name, translator.text("letter.title"));
    setAttribute(this.closeButton, "aria-label", translator.text("letter.close"));
    setText(this.payloadTitle, translator.text("letter.payload"));
    setText(this.replay, translator.text("letter.replay"));
    setText(this.purge, translator.text("letter.purge"));
    for (const part of [this.reason, this.facts.node, this.payloadTitle, this.payload]) part.hidden = letter === null;
    for (const button of [this.replay, this.purge]) setAttribute(button, "disabled", letter === null || desk.isBusy);
    setText(this.note, this.noteText(desk, translator));
    if (problem !== null || letter === null) return;
    setText(this.reason, letter.full_reason);
    this.facts.update({
      "letter.sink": letter.sink,
      "letter.kind": letter.event_type ?? letter.source_table ?? translator.text("letter.noEvent"),
      "letter.time": translator.moment(Date.parse(letter.dead_lettered_at)),
      "letter.tried": translator.text("letter.attempts", { count: letter.attempts }),
      "letter.key": letter.source_key ?? "",
      "letter.id": letter.id,
    }, translator);
    setText(this.payload, letter.payload === null ? translator.text("letter.rowGone") : readable(letter.payload));
  }

  noteText(desk, translator) {
    if (this.problem?.status === 404) return translator.text("letter.gone");
    if (this.problem !== null) {
      return translator.text("operations.failed", { detail: this.problem.message || translator.text("problem.offline") });
    }
    if (this.letter === null) return translator.text("operations.reading");
    return resultText(desk.results.letters, translator);
  }
}
