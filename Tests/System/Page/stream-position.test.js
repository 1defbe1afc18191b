import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  canonicalPosition, comparePositions, earliestPosition, isCursor, partitionOf,
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

test("where the journal has several partitions, a position is a cursor and an event's place is compared in its own", () => {
  const cursor = "17-3_0-0_18446744073709551615-0";
  assert.equal(canonicalPosition("017-3_0-00_18446744073709551615-0"), cursor);
  assert.ok(isCursor(cursor) && !isCursor("17-3") && !isCursor("17-3_x"));
  assert.deepEqual(["17-3", "3:17-3", "0:17-3", null].map(partitionOf), [0, 3, 0, 0]);
  assert.deepEqual(
    ["1:17-2", "1:17-3", "1:17-4", "2:0-1", "3:18446744073709551614-9"].map((place) => comparePositions(place, cursor)),
    [-1, 0, 1, 1, -1],
  );
  for (const value of ["17-3", "4:1-0", "x:1-0", "1:", cursor]) {
    assert.ok(Number.isNaN(comparePositions(value, cursor)), value);
  }
  for (const value of ["1:17-3", "17-3_", "_17-3", "17-3_1:2-0"]) assert.equal(canonicalPosition(value), null, value);
  assert.equal(earliestPosition(["9-0_20-0", "10-0_19-1"]), "9-0_19-1");
  assert.equal(earliestPosition(["9-0_20-0", "10-0"]), null);
  assert.equal(earliestPosition(["9-0_20-0", "9-0_20-0_1-0"]), null);
});
