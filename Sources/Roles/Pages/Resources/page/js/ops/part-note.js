import { element, setText } from "../view/dom.js";

/** Says of one panel that its newest answer is missing, and why. */
export function partNote() {
  return element("p", { class: "part-problem", role: "status", hidden: true });
}

export function showPartNote(note, { answer, problem }, isUnreachable, translator) {
  // When nothing answers, the page says so once, at its top.
  const isShown = problem !== null && !isUnreachable;
  note.hidden = !isShown && answer !== null;
  if (isShown) setText(note, translator.text("operations.partProblem", { detail: problem.message || problem.status }));
  else if (answer === null) setText(note, translator.text("operations.reading"));
  else setText(note, "");
}

/** What came of the last order. */
export function resultText(result, translator) {
  if (result === null) return "";
  if (result.problem !== undefined) {
    const detail = result.problem.message || translator.text("problem.offline");
    return translator.text("operations.failed", { detail });
  }
  const text = translator.text(result.key, result.values);
  if (!result.values.invalid) return text;
  return `${text} ${translator.text("deadLetters.stillInvalid", { count: result.values.invalid })}`;
}
