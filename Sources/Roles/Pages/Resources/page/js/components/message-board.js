import { displayName } from "../state/name-order.js";
import { browserStorage } from "../view/browser-storage.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { setOptions } from "./option-list.js";
import { Panel } from "./panel.js";

const longestText = 1_000;
const shownMessages = 8;

/** A UUID. `crypto.randomUUID` is there for pages by HTTPS alone. */
function randomID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A line to a learner, a team or the class, and how many were shown it. */
export class MessageBoard extends Panel {
  build() {
    const field = (control) => {
      const text = element("span");
      return { label: element("label", {}, text, control), text, control };
    };
    this.recipient = field(element("select", { name: "recipient" }));
    this.teacher = field(element("input", { name: "teacher", maxlength: 128, autocomplete: "name" }));
    this.text = field(element("textarea", { name: "text", rows: 2, maxlength: longestText, required: true }));
    this.send = element("button", { type: "submit", class: "small" });
    this.outcome = element("p", { class: "quiet", role: "status" });
    this.form = element(
      "form", { class: "message-form" },
      this.recipient.label, this.text.label, this.teacher.label, this.send, this.outcome);
    this.list = element("ul", { class: "messages", "aria-labelledby": this.heading.id });
    this.body.append(this.form, this.list);
    /** Whom the next message is for; what the select shows may be a painting older. */
    this.to = "class:";
    this.recipient.control.addEventListener("focus", () => this.listRecipients());
    this.recipient.control.addEventListener("change", () => { this.to = this.recipient.control.value; });
    this.teacher.control.value = browserStorage.get("teacher") ?? "";
    this.teacher.control.addEventListener("change", () => browserStorage.set("teacher", this.name));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      // A second press, before the first is answered.
      if (this.isSending) return;
      this.announce("message-send", this.drafted());
    });
    this.hidden = true;
    this.lines = new KeyedList(this.list, {
      key: ({ id }) => id,
      face: (message) => `${this.head(message)}\n${this.figure(message)}`,
      create: () => {
        const parts = { head: element("span", { class: "note" }), text: element("span"), figure: element("span", { class: "note" }) };
        return Object.assign(element("li", {}, parts.head, parts.text, parts.figure), { parts });
      },
      update: ({ parts }, message) => {
        setText(parts.head, this.head(message));
        setText(parts.text, message.text);
        setText(parts.figure, this.figure(message));
      },
    });
  }

  get name() {
    return this.teacher.control.value.trim();
  }

  /** Whom the message is for. */
  chosen() {
    const [to, ...rest] = this.to.split(":");
    const name = rest.join(":");
    if (to === "class") return { to };
    if (to === "team") return { to, team: name };
    const isUp = this.view.helpQueue.some(({ learner }) => learner.id === name);
    return { to, student_id: name, answers_hand: isUp };
  }

  /** The message with its id: the same draft sent again, after an answer that got lost, is the same message. */
  drafted() {
    const message = { ...this.chosen(), text: this.text.control.value, teacher: this.name };
    const content = JSON.stringify([this.to, message.text, message.teacher]);
    if (this.draft?.content !== content) this.draft = { content, id: randomID(), isAnswer: message.answers_hand };
    // A hand that went down meanwhile makes it no other message.
    if (message.answers_hand !== undefined) message.answers_hand = this.draft.isAnswer;
    return { ...message, message_id: this.draft.id };
  }

  /** The message is under way. */
  begin() {
    this.isSending = true;
    this.problem = null;
    this.wasSent = false;
  }

  /** Another class: what was begun is not for its learners. */
  reset() {
    Object.assign(this, { to: "class:", draft: null, problem: null, wasSent: false, needsName: false, isSending: false });
    this.text.control.value = "";
  }

  /** Begins a message to a learner. */
  address(id) {
    this.to = `learner:${id}`;
    this.showRecipient();
    this.text.control.focus();
  }

  /** Asks for the teacher's name before a hand is taken. */
  askForName() {
    this.needsName = true;
    this.teacher.control.focus();
  }

  /**
   * @param {object} message the one that was under way
   * @param {object | null} problem null when it was sent
   */
  tell(message, problem) {
    // Of a class that was left meanwhile, perhaps.
    if (this.draft?.id !== message.message_id) return;
    this.isSending = false;
    this.problem = problem;
    this.wasSent = problem === null;
    if (problem !== null) return;
    this.draft = null;
    // What was written meanwhile stays.
    if (this.text.control.value === message.text) this.text.control.value = "";
  }

  update({ view, messages, isLoaded }, translator, budget) {
    this.hidden = !messages.isOn || !isLoaded;
    if (this.hidden) return;
    Object.assign(this, { view, messages, translator });
    this.title(translator.text("messages.title"));
    setText(this.recipient.text, translator.text("messages.to"));
    setText(this.text.text, translator.text("messages.text"));
    setText(this.teacher.text, translator.text("messages.teacher"));
    setText(this.send, translator.text("messages.send"));
    // Not disabled, which would take the focus away.
    setAttribute(this.send, "aria-disabled", this.isSending ? "true" : "false");
    // An open list is not changed under the teacher's hand.
    if (this.recipient.control !== document.activeElement) this.showRecipient();
    setText(this.outcome, this.outcomeText());
    this.lines.update(messages.sent.slice(0, shownMessages), budget, translator);
    this.list.hidden = messages.sent.length === 0;
  }

  /** Who is in a large class is listed when somebody is about to choose, and not at each painting. */
  listRecipients() {
    const { view } = this;
    const teams = [...new Set(view.rows.map(({ learner }) => learner.team).filter(Boolean))].sort();
    const waiting = new Set(view.helpQueue.map(({ learner }) => learner.id));
    const learners = [...view.helpQueue, ...view.rows.filter(({ learner }) => !waiting.has(learner.id))];
    const options = [
      { value: "class:", label: this.whom({ to: "class" }) },
      ...teams.map((team) => ({ value: `team:${team}`, label: this.whom({ to: "team", team }) })),
      ...learners.map(({ learner }) => ({ value: `learner:${learner.id}`, label: displayName(learner) })),
    ];
    if (!options.some(({ value }) => value === this.to)) options.push(this.recipientOption());
    setOptions(this.recipient.control, options, this.to);
  }

  showRecipient() {
    setOptions(this.recipient.control, [this.recipientOption()], this.to);
  }

  recipientOption() {
    const { to, student_id: learner, team } = this.chosen();
    return { value: this.to, label: this.whom({ to, learner, team }) };
  }

  outcomeText() {
    const { translator, problem } = this;
    if (this.needsName && this.name === "") return translator.text("messages.nameFirst");
    if (problem) return translator.text("messages.problem", { detail: problem.message || translator.text("problem.offline") });
    return this.wasSent ? translator.text("messages.sent") : "";
  }

  head({ teacher, ...message }) {
    return this.translator.text("messages.head", { teacher, whom: this.whom(message) });
  }

  whom({ to, learner, team }) {
    const { translator, view } = this;
    if (to === "class") return translator.text("messages.class");
    if (to === "team") return translator.text("messages.team", { team });
    const row = view.rows.find((row) => row.learner.id === learner);
    return row === undefined ? learner : displayName(row.learner);
  }

  figure(message) {
    return this.translator.text("messages.shown", { count: this.messages.shownCount(message) });
  }
}
