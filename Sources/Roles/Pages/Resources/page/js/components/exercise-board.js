import { exerciseTitle, medianAttempts } from "../state/exercises.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { makeBar, setShare } from "./progress-bar.js";
import { Panel } from "./panel.js";

/** How the class is with its exercises: a bar an exercise, of who solved it and who has tried. */
export class ExerciseBoard extends Panel {
  build() {
    this.list = element("ol", { class: "cells", tabindex: "0", "aria-labelledby": this.heading.id });
    this.body.append(this.list);
    this.bars = new KeyedList(this.list, {
      key: (exercise) => exercise.id,
      face: (exercise) => this.face(exercise),
      create: makeBar,
      update: (bar, exercise) => this.updateBar(bar, exercise),
    });
  }

  /** A class without exercises has no such panel. */
  update({ view }, translator, budget) {
    this.translator = translator;
    this.total = Math.max(view.rows.length, 1);
    this.outline = view.outline;
    this.hidden = view.exercises.length === 0;
    this.title(translator.text("exercises.title"));
    this.bars.update(view.exercises, budget, translator);
  }

  face(exercise) {
    const { id, label, tried, solved, failing, pointsPossible, wrongAnswers } = exercise;
    const wrong = wrongAnswers.map(({ answer, learners }) => `${learners} ${answer}`);
    return [id, label, this.place(exercise), tried, solved, failing, pointsPossible, medianAttempts(exercise), this.total, ...wrong].join("\n");
  }

  /** The title of its cell in the outline, where that says more than the exercise's own. */
  place(exercise) {
    const title = this.outline.exerciseCell(exercise.id);
    return title === null || title === exercise.id || title === exercise.label ? "" : title;
  }

  updateBar({ parts }, exercise) {
    const { translator, total } = this;
    const { solved, tried, failing, pointsPossible, wrongAnswers } = exercise;
    setText(parts.title, exerciseTitle(exercise));
    setAttribute(parts.meter, "aria-label", translator.text("exercises.summary", { solved, tried, total }));
    setShare(parts.solved, solved / total);
    setShare(parts.reached, tried / total);
    setText(parts.count, translator.number(solved));
    setText(parts.total, translator.text("progress.ofLearners", { total }));
    const place = this.place(exercise);
    const notes = place === "" ? [] : [translator.text("progress.cellTitled", { title: place })];
    if (failing > 0) notes.push(translator.text("exercises.failing", { count: failing }));
    const attempts = medianAttempts(exercise);
    if (attempts !== null) notes.push(translator.text("exercises.attempts", { count: attempts }));
    if (pointsPossible !== null) notes.push(translator.text("exercises.points", { count: pointsPossible }));
    for (const { answer, learners } of wrongAnswers) {
      notes.push(translator.text("exercises.wrong", { answer, count: learners }));
    }
    setText(parts.note, notes.join(" · "));
  }
}
