import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { AlertMemory, classAlerts } from "../../../Sources/Roles/Pages/Resources/page/js/state/class-alerts.js";
import { standardRules } from "../../../Sources/Roles/Pages/Resources/page/js/state/classroom.js";

/** The server's tests run the same table: `ClassAlertsTests.swift`. */
const { cases } = JSON.parse(
  readFileSync(new URL("../../Support/Fixtures/class-alerts.json", import.meta.url), "utf8"),
);
const now = 1_800_000_000_000_000;
const ago = (seconds) => now - seconds * 1e6;

function learner({ seen, run = null, check = null }) {
  return {
    lastSeenAt: ago(seen),
    notebook: run === null ? null : "n.ipynb",
    cell: run?.cell ?? null,
    cellIndex: run?.index ?? null,
    lastExecutedAt: run === null ? null : ago(run.ago),
    errorsInARow: run?.failed ? 1 : 0,
    lastError: run?.error ?? null,
    currentExercise: check === null ? null : {
      id: check.exercise,
      cell: check.cell,
      failuresInARow: check.failed ? 1 : 0,
      lastCheckedAt: ago(check.ago),
    },
  };
}

for (const { name, rules, learners, expected } of cases) {
  test(`alerts: ${name}`, () => {
    const all = learners.flatMap((group) => Array.from({ length: group.learners }, () => learner(group)));
    const ruled = rules === null
      ? standardRules
      : { alert_learners: rules.learners, alert_share: rules.share, alert_seconds: rules.seconds };
    const found = classAlerts(all, "n.ipynb", ruled, now).map((alert) => ({
      exercise: alert.exercise,
      cell: alert.exercise === null ? alert.cell : null,
      index: alert.exercise === null ? alert.index : null,
      failing: alert.failing,
      at_work: alert.atWork,
      error: alert.error,
      error_learners: alert.errorLearners,
    }));
    assert.deepEqual(found, expected.map(({ text, ...alert }) => alert));
  });
}

test("a cause is news once while it stands, and again when it was gone for five minutes", () => {
  const memory = new AlertMemory();
  const alerts = [{ cause: "cell a" }, { cause: "cell b" }];
  const told = (place, alerts, seconds) => memory.news(place, alerts, seconds * 1_000).map(({ cause }) => cause);
  assert.deepEqual(told("c1", alerts, 0), ["cell a", "cell b"]);
  for (const seconds of [1, 250, 500]) assert.deepEqual(told("c1", alerts, seconds), []);
  assert.deepEqual(told("c2", alerts.slice(0, 1), 500), ["cell a"]);
  assert.deepEqual(told("c1", [], 600), []);
  assert.deepEqual(told("c1", alerts, 800), []);
  assert.deepEqual(told("c1", alerts, 1_101), ["cell a", "cell b"]);
});
