import { cellName } from "../state/apply-event.js";
import { exerciseTitle } from "../state/exercises.js";

/** Words for things of the class, in the translator's language. */

/**
 * The cell as a teacher finds it: by its title in the outline, else by its place, counted from 1 as notebooks are read.
 *
 * @param {string | null} title of the outline
 */
export function cellTitle(translator, name, index, title = null) {
  if (title !== null) return translator.text("progress.cellTitled", { title: shorten(title, 60) });
  if (Number.isInteger(index)) return translator.text("progress.cell", { number: index + 1 });
  return translator.text("progress.cellNamed", { name: shorten(name ?? "?", 12) });
}

export function notebookTitle(path) {
  return path.split("/").pop().replace(/\.ipynb$/, "") || path;
}

/** Why a learner is in their state. @param {object} view of `classView` */
export function reasonText(translator, row, now, { medianSolved, titleOf }) {
  const { learner, reason, since, count } = row;
  const elapsed = since === null ? 0 : now - since / 1_000;
  const cell = cellTitle(translator, learner.cell, learner.cellIndex, titleOf(learner.notebook, learner.cell));
  switch (reason) {
    case "errors_in_a_row":
      return learner.lastError
        ? translator.text("reason.errorsNamed", { count, cell, error: learner.lastError })
        : translator.text("reason.errors", { count, cell });
    case "checks_failed":
      return translator.text("reason.checksFailed", { count, exercise: row.exercise });
    case "running":
      return translator.text("reason.running", {
        duration: translator.wait(elapsed),
        cell: runningTitle(translator, learner.running, titleOf),
      });
    case "nothing_solved":
      return translator.text("reason.unsolved", { duration: translator.wait(elapsed) });
    case "few_solved":
      return translator.text("reason.behind", { count: Math.round(medianSolved - learner.solved) });
    case "no_activity":
      return translator.text("reason.idle", { duration: translator.wait(elapsed) });
    case "asked_for_help":
      return translator.text("reason.help", { duration: translator.wait(elapsed) });
    default:
      return "";
  }
}

/** How wrong a learner's clock is; nothing for one that is right. */
export function clockText(translator, skew) {
  if (skew === null || skew === 0) return "";
  const duration = translator.wait(Math.abs(skew) * 1_000);
  return translator.text(skew > 0 ? "learner.clockAhead" : "learner.clockBehind", { duration });
}

function runningTitle(translator, { notebook, cell, cellIndex }, titleOf) {
  return cellTitle(translator, cell, cellIndex, titleOf(notebook, cell));
}

/** The title of the cell in which an event happened; null where none is known. */
export function eventTitle(event, titleOf) {
  return titleOf(event.notebook_path ?? null, cellName(event));
}

/** @returns {{icon: string, tone: string, text: string}} what happened, in one line */
export function describeEvent(translator, event, titleOf) {
  const title = eventTitle(event, titleOf);
  const notebook = notebookTitle(event.notebook_path ?? "");
  const type = event.event_type;
  if (type === "cell_executed") {
    const cell = cellTitle(translator, cellName(event), event.cell_index, title);
    if (event.has_error !== true) {
      return { icon: "ran", tone: "plain", text: translator.text("event.cell_executed", { cell }) };
    }
    const text = event.error_name
      ? translator.text("event.cell_failed", { cell, error: event.error_name })
      : translator.text("event.failed", { cell });
    return { icon: "failed", tone: "stuck", text };
  }
  if (type === "cell_started") {
    const cell = cellTitle(translator, cellName(event), event.cell_index, title);
    return { icon: "resume", tone: "plain", text: translator.text("event.cell_started", { cell }) };
  }
  if (type === "kernel_died") {
    return { icon: "failed", tone: "stuck", text: translator.text("event.kernel_died", { notebook }) };
  }
  if (type === "exercise_checked") {
    const exercise = exerciseTitle({ id: event.exercise_id ?? "?", label: event.label });
    return event.passed === true
      ? { icon: "done", tone: "plain", text: translator.text("event.exercise_passed", { exercise }) }
      : { icon: "failed", tone: "stuck", text: translator.text("event.exercise_failed", { exercise }) };
  }
  if (type === "help") return { icon: "help", tone: "help", text: translator.text("event.help") };
  if (type === "help_stop") return { icon: "done", tone: "plain", text: translator.text("event.help_stop") };
  if (["notebook_opened", "notebook_saved", "notebook_closed"].includes(type)) {
    return { icon: "opened", tone: "plain", text: translator.text(`event.${type}`, { notebook }) };
  }
  return { icon: "opened", tone: "plain", text: translator.text("event.other", { type }) };
}

function shorten(text, length) {
  const characters = [...text];
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : text;
}
