import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  canonicalPosition, comparePositions, earliestPosition,
} from "../../../Sources/Roles/Pages/Resources/page/js/live/stream-position.js";

/** The server's tests run the same table: `StreamIDTests.swift`. */
const table = new URL("../../Support/Fixtures/stream-positions.json", import.meta.url);
const { positions, malformed } = JSON.parse(readFileSync(table, "utf8"));

test("a position is written as the server writes it", () => {
  for (const { text, canonical } of positions) {
    assert.equal(canonicalPosition(text), canonical);
    assert.equal(canonicalPosition(canonical), canonical);
  }
});

test("positions stand in the order of the table, none the same as another", () => {
  positions.forEach(({ text: a, canonical }, place) => {
    positions.forEach(({ text: b, canonical: other }, otherPlace) => {
      const order = canonical === other ? 0 : Math.sign(place - otherPlace);
      assert.equal(comparePositions(a, b), order, `${a} ${b}`);
    });
  });
});

test("the earliest is found whatever the order, and written as the server writes it", () => {
  const texts = positions.map(({ text }) => text);
  for (let count = texts.length; count > 0; count -= 1) {
    const last = texts.slice(-count);
    const { canonical } = positions[positions.length - count];
    assert.equal(earliestPosition(last), canonical);
    assert.equal(earliestPosition(last.reverse()), canonical);
  }
});

test("what is no position has no form, no order and makes the earliest unknown", () => {
  for (const value of [...malformed, null, undefined, 0, 7, 1n, {}, ["1-0"]]) {
    assert.equal(canonicalPosition(value), null, String(value));
    assert.ok(Number.isNaN(comparePositions(value, "1-0")));
    assert.ok(Number.isNaN(comparePositions("1-0", value)));
    assert.equal(earliestPosition(["1-0", value]), null);
  }
  assert.equal(earliestPosition([]), null);
});
