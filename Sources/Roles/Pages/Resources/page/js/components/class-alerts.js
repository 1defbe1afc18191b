import { AlertMemory } from "../state/class-alerts.js";
import { exerciseTitle } from "../state/exercises.js";
import { element, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { cellTitle } from "../view/wording.js";
import { Panel } from "./panel.js";

/** What many learners fail at, now. Each cause is told once: read out, and as the teacher wants it besides. */
export class ClassAlerts extends Panel {
  build() {
    this.none = element("p", { class: "quiet" });
    this.list = element("ul", { class: "alerts", "aria-labelledby": this.heading.id });
    this.voice = element("p", { class: "visually-hidden", role: "alert" });
    this.refusal = element("p", { class: "quiet", "aria-live": "polite" });
    this.sound = this.choice("alert-sound-toggle");
    this.notice = this.choice("alert-notice-toggle");
    this.aside.before(this.none);
    this.aside.append(this.sound.label, this.notice.label, this.refusal);
    this.body.append(this.list);
    this.append(this.voice);
    this.memory = new AlertMemory();
    this.lines = new KeyedList(this.list, {
      key: ({ cause }) => cause,
      face: (alert) => this.text(alert),
      create: () => element("li"),
      update: (line, alert) => setText(line, this.text(alert)),
    });
  }

  choice(event) {
    const input = element("input", { type: "checkbox" });
    const text = element("span");
    input.addEventListener("change", () => this.announce(event, input.checked));
    return { label: element("label", {}, input, text), input, text };
  }

  update({ view, now, isLoaded, alertSignals }, translator, budget) {
    this.translator = translator;
    this.view = view;
    this.title(translator.text("alerts.title"));
    setText(this.none, translator.text("alerts.none"));
    setText(this.sound.text, translator.text("alerts.sound"));
    setText(this.notice.text, translator.text("alerts.notice"));
    setText(this.refusal, alertSignals.isRefused ? translator.text("alerts.refused") : "");
    this.sound.input.checked = alertSignals.hasSound;
    this.notice.input.checked = alertSignals.hasNotice;
    this.notice.label.hidden = !alertSignals.canNotify;
    this.refusal.hidden = !alertSignals.isRefused;
    const { alerts } = view;
    this.none.hidden = alerts.length > 0;
    this.body.hidden = alerts.length === 0;
    this.lines.update(alerts, budget, translator);
    if (isLoaded) this.tell(view, now, alertSignals);
  }

  text({ exercise, cell, index, failing, atWork, error }) {
    const { translator } = this;
    const numbers = { count: failing, total: atWork };
    if (exercise !== null) {
      const known = this.view.exercises.find(({ id }) => id === exercise) ?? { id: exercise };
      return translator.text("alerts.exercise", { ...numbers, exercise: exerciseTitle(known) });
    }
    const where = cellTitle(translator, cell, index, this.view.titleOf(this.view.notebook, cell));
    return error === null
      ? translator.text("alerts.cell", { ...numbers, cell: where })
      : translator.text("alerts.cellNamed", { ...numbers, cell: where, error });
  }

  tell({ course, notebook, alerts }, now, alertSignals) {
    const news = this.memory.news(`${course}\0${notebook}`, alerts, now);
    if (alerts.length === 0) this.voice.replaceChildren();
    if (news.length === 0) return;
    // A new element is read out even if it says what the last one said.
    this.voice.replaceChildren(element("span", {}, news.map((alert) => this.text(alert)).join(". ")));
    alertSignals.sound();
    for (const alert of news) alertSignals.notify(this.text(alert), { title: course, tag: `${course}\0${alert.cause}` });
  }
}
