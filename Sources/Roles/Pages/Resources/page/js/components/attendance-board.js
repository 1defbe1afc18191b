import { displayName } from "../state/name-order.js";
import { namedAbsent } from "../state/roster.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { makeFileChoice } from "./file-choice.js";
import { Panel } from "./panel.js";

/** How many of the teacher's list are here, and who is not; the list is uploaded here. */
export class AttendanceBoard extends Panel {
  build() {
    this.figure = element("span", { class: "quiet" });
    const choice = makeFileChoice({
      accept: ".csv,.tsv,.txt,text/csv",
      onChosen: (file) => this.announce("roster-upload", file),
      onRemove: () => this.announce("roster-remove"),
    });
    this.upload = choice.upload;
    this.remove = choice.remove;
    this.aside.append(this.figure, this.upload, this.remove, choice.file);
    this.hint = element("p", { class: "quiet" });
    this.outcome = element("p", { class: "quiet outcome", role: "status" });
    this.list = element("ul", { class: "absent" });
    this.more = element("p", { class: "more" });
    this.body.append(this.outcome, this.hint, this.list, this.more);
    this.told = null;
    this.names = new KeyedList(this.list, {
      key: (learner) => learner.id,
      face: (learner) => `${displayName(learner)}\n${learner.team ?? ""}`,
      create: () => element("li"),
      update: (item, learner) => {
        setText(item, displayName(learner));
        setAttribute(item, "title", [learner.id, learner.team].filter(Boolean).join(" · "));
      },
    });
  }

  /** @param {"uploaded" | "removed" | object | null} told what became of a list, or the problem */
  tell(told) {
    this.told = told;
  }

  update({ attendance, lookBack }, translator, budget) {
    const { here, total, absent, isLesson } = attendance;
    const isEmpty = total === 0;
    // Who was here at an earlier moment, the list of today does not tell.
    this.hidden = lookBack !== null;
    this.title(translator.text(isLesson || isEmpty ? "attendance.title" : "attendance.courseTitle"));
    const figure = isLesson ? "attendance.here" : "attendance.came";
    setText(this.figure, isEmpty ? "" : translator.text(figure, { here, total }));
    setText(this.upload, translator.text("attendance.upload"));
    setAttribute(this.upload, "title", translator.text("attendance.uploadHint"));
    setText(this.remove, translator.text("attendance.remove"));
    this.remove.hidden = isEmpty;
    const hint = isEmpty ? "attendance.hint" : "attendance.everybody";
    setText(this.hint, translator.text(hint));
    this.hint.hidden = absent.length > 0;
    this.names.update(absent.slice(0, namedAbsent), budget, translator);
    this.list.hidden = absent.length === 0;
    const count = Math.max(0, absent.length - namedAbsent);
    this.more.hidden = count === 0;
    setText(this.more, translator.text("attention.more", { count }));
    this.showOutcome(translator);
  }

  showOutcome(translator) {
    const { told } = this;
    let outcome = "";
    if (typeof told === "string") outcome = translator.text(`attendance.${told}`);
    else if (told !== null) {
      outcome = translator.text("outline.problem", { detail: told.message || translator.text("problem.offline") });
    }
    setText(this.outcome, outcome);
    this.outcome.hidden = outcome === "";
  }
}
