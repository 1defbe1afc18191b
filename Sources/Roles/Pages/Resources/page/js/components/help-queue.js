import { displayName } from "../state/name-order.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { cellTitle } from "../view/wording.js";
import { learnerLineFace, makeLearnerLine, updateLearnerLine } from "./learner-line.js";
import { Panel } from "./panel.js";

/** Who asks for help, the longest waiting first. New requests are read out. */
export class HelpQueue extends Panel {
  build() {
    this.list = element("ol", { class: "lines" });
    this.empty = element("p", { class: "empty" });
    this.voice = element("p", { class: "visually-hidden", "aria-live": "polite" });
    this.outcome = element("p", { class: "quiet", role: "status" });
    this.body.append(this.list, this.empty, this.outcome, this.voice);
    this.count = element("span", { class: "badge" });
    this.aside.append(this.count);
    this.known = null;
    this.lines = new KeyedList(this.list, {
      key: (row) => row.learner.id,
      face: (row) => learnerLineFace(row, this.waiting(row), this.where(row), this.messages.isOn),
      create: () => this.makeLine(),
      update: (line, row) => this.updateLine(line, row),
    });
  }

  /** @param {object | null} problem why a hand was not taken; null when it was */
  tell(problem) {
    this.problem = problem;
  }

  makeLine() {
    const line = makeLearnerLine((type, detail) => this.announce(type, detail));
    const action = (type) => {
      const button = element("button", { type: "button", class: "small" });
      button.addEventListener("click", () => this.announce(type, line.dataset.learner));
      return button;
    };
    line.take = action("hand-take");
    line.answer = action("message-to");
    line.actions = element("div", { class: "actions" }, line.take, line.answer);
    line.append(line.actions);
    return line;
  }

  update({ view, now, isLoaded, messages }, translator, budget) {
    this.translator = translator;
    this.messages = messages;
    this.titleOf = view.titleOf;
    this.now = now;
    this.title(translator.text("help.title"));
    const queue = view.helpQueue;
    this.lines.update(queue, budget, translator);
    setText(this.empty, translator.text("help.empty"));
    this.empty.hidden = queue.length > 0;
    this.list.hidden = queue.length === 0;
    setText(this.count, translator.number(queue.length));
    this.count.hidden = queue.length === 0;
    const detail = this.problem && (this.problem.message || translator.text("problem.offline"));
    setText(this.outcome, detail ? translator.text("messages.problem", { detail }) : "");
    if (isLoaded) this.speak(queue);
  }

  updateLine(line, row) {
    const texts = { note: this.where(row), figure: this.waiting(row) };
    updateLearnerLine(line, row, this.translator, texts);
    const name = displayName(row.learner);
    line.actions.hidden = !this.messages.isOn;
    line.take.hidden = this.messages.takerOf(row.learner) !== null;
    setText(line.take, this.translator.text("help.take"));
    setAttribute(line.take, "aria-label", this.translator.text("help.takeOf", { name }));
    setText(line.answer, this.translator.text("help.answer"));
    setAttribute(line.answer, "aria-label", this.translator.text("help.answerTo", { name }));
  }

  waiting({ learner }) {
    return this.translator.wait(this.now - learner.helpSince / 1_000);
  }

  where({ learner }) {
    const title = this.titleOf(learner.notebook, learner.cell);
    const cell = learner.cell === null ? "" : cellTitle(this.translator, learner.cell, learner.cellIndex, title);
    const teacher = this.messages.takerOf(learner);
    const taken = teacher === null ? "" : this.translator.text("help.taken", { teacher });
    return [taken, learner.team, cell].filter(Boolean).join(" · ");
  }

  speak(queue) {
    const ids = new Set(queue.map(({ learner }) => learner.id));
    const news = this.known === null ? [] : queue.filter(({ learner }) => !this.known.has(learner.id));
    const hasChanged = this.known !== null && (news.length > 0 || ids.size !== this.known.size);
    this.known = ids;
    if (!hasChanged) return;
    const names = news.map(({ learner }) => this.translator.text("help.joined", { name: displayName(learner) }));
    const count = this.translator.text("help.count", { count: queue.length });
    setText(this.voice, [...names, count].join(". "));
  }
}
