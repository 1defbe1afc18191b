import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { applyEvent } from "../../../Sources/Roles/Pages/Resources/page/js/state/apply-event.js";
import { classView } from "../../../Sources/Roles/Pages/Resources/page/js/state/class-view.js";
import { Classroom, standardRules } from "../../../Sources/Roles/Pages/Resources/page/js/state/classroom.js";
import { learnerState } from "../../../Sources/Roles/Pages/Resources/page/js/state/learner-state.js";
import { microseconds } from "../../../Sources/Roles/Pages/Resources/page/js/state/timestamp.js";

/** The server's tests run the same tables: `SharedRulesTests.swift`. */
const fixtures = new URL("../../Support/Fixtures/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, fixtures), "utf8"));

const { cases } = read("learner-states.json");
const { now: moment, lessons } = read("lessons.json");
/** What the server answered when the first events of a lesson were stored; its tests see to that. */
const answers = read("lesson-answers.json");
const now = microseconds(moment);

for (const { name, learner, expected, rules, median_solved, required_cells } of cases) {
  test(`state: ${name}`, () => {
    const ago = (seconds) => (seconds === null ? null : now - seconds * 1e6);
    const found = learnerState(
      {
        firstSeenAt: ago(learner.first_seen),
        lastSeenAt: ago(learner.last_seen),
        lastSuccessAt: ago(learner.last_success),
        helpSince: ago(learner.help_since),
        errorsInARow: learner.errors_in_a_row,
        solved: learner.solved,
        isNotebookClosed: learner.notebook_closed,
        running: learner.running_since === undefined ? null : { since: ago(learner.running_since) },
        currentExercise:
          learner.failed_checks === undefined
            ? null
            : {
                failuresInARow: learner.failed_checks,
                failingSince: ago(learner.failing_since),
                lastCheckedAt: ago(learner.last_checked),
              },
      },
      {
        rules: { ...standardRules, ...rules },
        medianSolved: median_solved,
        requiredCells: required_cells,
        remaining: learner.remaining,
      },
      now,
    );
    assert.deepEqual(found, { ...expected, since: ago(expected.since) });
  });
}

const rfc3339 = (moment) => new Date(moment / 1e3).toISOString().replace("Z", "000Z");

function liveEvent(
  { at, ahead, student, type, notebook, cell, index, failed, error, exercise, passed, session },
  number,
) {
  const moment = now + at * 1e6;
  return {
    event_id: `event-${number}`,
    event_type: type,
    stream_id: `1-${number}`,
    occurred_at: rfc3339(moment + (ahead ?? 0) * 1e6),
    ...(ahead === undefined ? {} : { corrected_at: rfc3339(moment) }),
    course_id: "lesson",
    student_id: student,
    notebook_path: notebook,
    ...(type === "cell_executed" ? { has_error: failed } : {}),
    ...(cell === undefined ? {} : { cell_id: cell, cell_index: index }),
    ...(exercise === undefined ? {} : { exercise_id: exercise, passed }),
    ...(error === undefined ? {} : { error_name: error }),
    ...(session === undefined ? {} : { session_id: session }),
  };
}

function alertsOf(classroom) {
  return classView(classroom, now).alerts.map(({ exercise, cell, failing, atWork, error }) => ({
    exercise, cell: exercise === null ? cell : null, failing, at_work: atWork, error,
  }));
}

function statesOf(classroom) {
  const rows = classView(classroom, now).rows.map(({ learner, state, reason, since, count }) => [
    learner.id,
    { state, reason, since: since === null ? null : (since - now) / 1e6, count },
  ]);
  return Object.fromEntries(rows);
}

for (const lesson of lessons) {
  test(`live from the first event: ${lesson.name}`, () => {
    const classroom = new Classroom("lesson", "n.ipynb");
    lesson.events.forEach((event, number) => applyEvent(classroom, liveEvent(event, number)));
    assert.deepEqual(statesOf(classroom), lesson.expected);
    assert.equal(classroom.isStreakUnsure, false);
    assert.deepEqual(alertsOf(classroom), lesson.alerts ?? []);
  });

  test(`loaded in between: ${lesson.name}`, () => {
    const { progress, students } = answers[lesson.name];
    const classroom = Classroom.fromAnswers(progress, students);
    // What the answers hold may come again.
    lesson.events.forEach((event, number) => {
      if (number >= lesson.stored - 2) applyEvent(classroom, liveEvent(event, number));
    });
    assert.equal(classroom.isStreakUnsure, lesson.page_asks === true);
    if (lesson.page_asks) return;
    assert.deepEqual(statesOf(classroom), lesson.expected);
    assert.deepEqual(alertsOf(classroom), lesson.alerts ?? []);
  });
}
