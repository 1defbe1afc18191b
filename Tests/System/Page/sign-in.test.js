import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../../Sources/Roles/Pages/Resources/page/js/api/problem.js";
import { SignIn, classroomScopes, operationsScopes } from "../../../Sources/Roles/Pages/Resources/page/js/state/sign-in.js";

const nobody = { required: true, signed_in: false, subject: null, scopes: [], provider: null };
const teacher = { required: true, signed_in: true, subject: "lee", scopes: ["dashboard"], provider: null };

/** A server that answers one of these, and a browser at this address. */
function opened({ status = nobody, signIn, hash = "", scopes = classroomScopes } = {}) {
  const answer = (value) => (value instanceof Error ? Promise.reject(value) : Promise.resolve(value));
  const browser = { tokens: [], addresses: [], reloads: 0, signOuts: 0 };
  const client = {
    status: () => answer(status),
    signIn: (token) => {
      browser.tokens.push(token);
      return answer(signIn);
    },
    signOut: () => {
      browser.signOuts += 1;
      return answer(null);
    },
  };
  const page = new SignIn({
    client, scopes, location: { hash, pathname: "/", search: "?course=a" },
    history: { state: null, replaceState: (_, __, address) => browser.addresses.push(address) },
    reload: () => { browser.reloads += 1; },
  });
  return { page, browser };
}

test("where nobody has to sign in the page is shown", async () => {
  const { page } = opened({ status: { ...nobody, required: false } });
  assert.equal(await page.start(), true);
  assert.equal(page.phase, "open");
});

test("a server that does not answer is the page's to tell", async () => {
  const { page } = opened({ status: new Problem(0, "") });
  assert.equal(await page.start(), true);
  // It answers then, and wants a token.
  page.ended();
  assert.deepEqual([page.phase, page.reason], ["out", null]);
});

test("a link's token leaves the address before it is sent", async () => {
  const { page, browser } = opened({ hash: "#token=a.b.c", signIn: teacher });
  const started = page.start();
  assert.deepEqual(browser.addresses, ["/?course=a"]);
  assert.equal(await started, true);
  assert.deepEqual(browser.tokens, ["a.b.c"]);
  assert.deepEqual([page.phase, page.subject], ["in", "lee"]);
});

test("a fragment that is no token stays", async () => {
  const { page, browser } = opened({ hash: "#class", status: teacher });
  await page.start();
  assert.deepEqual([browser.addresses, browser.tokens], [[], []]);
});

test("why a token is not taken is told", async () => {
  for (const [status, reason] of [
    [401, "refused"], [403, "notAllowed"], [413, "tooManyCourses"], [503, "unavailable"], [0, "offline"],
  ]) {
    const { page } = opened({ hash: "#token=a", signIn: new Problem(status, "") });
    assert.equal(await page.start(), false);
    assert.deepEqual([page.phase, page.reason, page.isBusy], ["out", reason, false]);
  }
});

test("a provider's failure is told, and one that is made up is not repeated", async () => {
  for (const [word, reason] of [["noCourses", "noCourses"], ["<b>", "wrongAnswer"], ["title", "wrongAnswer"]]) {
    const { page, browser } = opened({ hash: `#sign-in-failed=${word}` });
    assert.equal(await page.start(), false);
    assert.equal(page.reason, reason);
    assert.equal(browser.addresses.length, 1);
  }
});

test("a page that the scopes are not enough for says so", async () => {
  const { page } = opened({ status: teacher, scopes: operationsScopes });
  assert.equal(await page.start(), false);
  assert.equal(page.phase, "lacking");
});

test("a whole link may be pasted", async () => {
  const { page, browser } = opened({ signIn: teacher });
  await page.start();
  assert.equal(await page.signIn(" https://class.example/?course=a#token=a.b.c\n"), true);
  assert.deepEqual(browser.tokens, ["a.b.c"]);
});

test("an answer of 401 ends what is shown, once", async () => {
  const { page } = opened({ status: teacher });
  await page.start();
  let changes = 0;
  page.onChange = () => { changes += 1; };
  const fetch = page.watching(() => Promise.resolve({ status: 401 }));
  assert.equal((await fetch("/")).status, 401);
  assert.deepEqual([page.phase, page.reason], ["out", "ended"]);
  await fetch("/");
  await new Promise(setImmediate);
  assert.equal(changes, 2);
});

test("signing out has the page read anew", async () => {
  const { page, browser } = opened({ status: teacher });
  await page.start();
  await page.signOut();
  assert.deepEqual([browser.signOuts, browser.reloads], [1, 1]);
});
