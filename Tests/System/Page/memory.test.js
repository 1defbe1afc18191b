import assert from "node:assert/strict";
import { test } from "node:test";
import { Activity, bucketCount } from "../../../Sources/Roles/Pages/Resources/page/js/state/activity.js";
import { Feed } from "../../../Sources/Roles/Pages/Resources/page/js/state/feed.js";
import { RecentIDs } from "../../../Sources/Roles/Pages/Resources/page/js/state/recent-ids.js";
import { event, start } from "./support.js";

test("the feed keeps the newest and holds what comes while it is paused", () => {
  const feed = new Feed(3);
  for (const n of [1, 2, 3, 4]) feed.add(n);
  assert.deepEqual(feed.shown, [4, 3, 2]);
  feed.pause();
  for (const n of [5, 6]) feed.add(n);
  assert.deepEqual(feed.shown, [4, 3, 2]);
  assert.equal(feed.heldCount, 2);
  feed.resume();
  assert.deepEqual(feed.shown, [6, 5, 4]);
  assert.equal(feed.heldCount, 0);
});

test("ids are known until at least as many others have come", () => {
  const ids = new RecentIDs(100);
  assert.equal(ids.add("first"), true);
  assert.equal(ids.add("first"), false);
  for (let n = 0; n < 99; n += 1) ids.add(`id-${n}`);
  assert.equal(ids.add("first"), false);
  for (let n = 0; n < 1000; n += 1) ids.add(`more-${n}`);
  assert.equal(ids.add("first"), true);
  assert.ok(ids.young.size + ids.old.size <= 200);
});

test("activity adds what the answer does not hold yet, and forgets what is over an hour old", () => {
  const activity = Activity.fromAnswer({
    stream_id: `${start}-0`,
    buckets: [{ at: "2026-04-01T09:00:00.000000Z", events: 5, executions: 4, errors: 1 }],
  });
  activity.add(event(-1));
  activity.add(event(1, { event_type: "cell_executed", has_error: true }));
  activity.add(event(2, { event_type: "help" }));
  const window = activity.window(start + 30_000);
  assert.equal(window.length, bucketCount);
  assert.deepEqual(window.at(-1), { start, ok: 3, errors: 2 });
  assert.equal(activity.window(start + 3_600_000).reduce((sum, { ok }) => sum + ok, 0), 0);
  assert.equal(activity.buckets.size, 0);
});
