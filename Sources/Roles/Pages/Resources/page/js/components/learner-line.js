import { displayName } from "../state/name-order.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { setIcon } from "../view/icons.js";

/** A line about a learner that opens their drawer: icon and name, a note, and a figure at the end. */
export function makeLearnerLine(announce) {
  const parts = {
    mark: element("span", { class: "mark" }),
    name: element("span", { class: "name" }),
    note: element("span", { class: "note" }),
    figure: element("span", { class: "figure" }),
  };
  const button = element(
    "button",
    { type: "button", class: "learner-line" },
    parts.mark,
    element("span", { class: "who" }, parts.name, parts.note),
    parts.figure,
  );
  const line = element("li", {}, button);
  Object.assign(line, { button, parts });
  button.addEventListener("click", () => announce("learner-open", line.dataset.learner));
  return line;
}

/** Stands for all that a line shows. */
export function learnerLineFace({ learner, state }, ...texts) {
  return [state, displayName(learner), ...texts].join("\n");
}

/** @param {{learner: object, state: string}} row */
export function updateLearnerLine(line, row, translator, { note, figure }) {
  const { button, parts } = line;
  line.dataset.learner = row.learner.id;
  setAttribute(button, "data-state", row.state);
  setIcon(parts.mark, row.state);
  setAttribute(parts.mark, "title", translator.text(`state.${row.state}`));
  setText(parts.name, displayName(row.learner));
  setText(parts.note, note);
  setText(parts.figure, figure);
}
