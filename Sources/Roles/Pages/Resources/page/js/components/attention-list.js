import { element, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { reasonText } from "../view/wording.js";
import { learnerLineFace, makeLearnerLine, updateLearnerLine } from "./learner-line.js";
import { Panel } from "./panel.js";

/** Learners who need an eye, with the reason; the most urgent first. */
export class AttentionList extends Panel {
  build() {
    this.list = element("ul", { class: "lines" });
    this.empty = element("p", { class: "empty" });
    this.more = element("p", { class: "more" });
    this.body.append(this.list, this.empty, this.more);
    this.lines = new KeyedList(this.list, {
      key: (row) => row.learner.id,
      face: (row) => learnerLineFace(row, this.note(row)),
      create: () => makeLearnerLine((type, detail) => this.announce(type, detail)),
      update: (line, row) => {
        const { translator } = this.moment;
        const figure = translator.text(`state.${row.state}`);
        updateLearnerLine(line, row, translator, { note: this.note(row), figure });
      },
    });
  }

  note(row) {
    const { translator, now, view } = this.moment;
    return reasonText(translator, row, now, view);
  }

  update({ view, now }, translator, budget) {
    this.moment = { translator, now, view };
    this.title(translator.text("attention.title"));
    const hiddenCount = view.attentionCount - view.attention.length;
    this.lines.update(view.attention, budget, translator);
    this.list.hidden = view.attention.length === 0;
    setText(this.empty, translator.text("attention.empty"));
    this.empty.hidden = view.attention.length > 0;
    this.more.hidden = hiddenCount <= 0;
    setText(this.more, translator.text("attention.more", { count: Math.max(0, hiddenCount) }));
  }
}
