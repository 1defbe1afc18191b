import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import {
  Translator, catalogs, chooseLanguage,
} from "../../../Sources/Roles/Pages/Resources/page/js/i18n/translator.js";
import { states } from "../../../Sources/Roles/Pages/Resources/page/js/state/learner-state.js";
import { page } from "./support.js";

const forms = (message) => (typeof message === "string" ? { other: message } : message);
const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("every message is there in every language, with the same placeholders", () => {
  const keys = Object.keys(catalogs.en).sort();
  for (const [language, catalog] of Object.entries(catalogs)) {
    assert.deepEqual(Object.keys(catalog).sort(), keys, language);
    for (const key of keys) {
      const expected = placeholders(forms(catalogs.en[key]).other);
      for (const category of new Intl.PluralRules(language).resolvedOptions().pluralCategories) {
        const text = forms(catalog[key])[category] ?? forms(catalog[key]).other;
        assert.ok(text, `${language} ${key} ${category}`);
        assert.deepEqual(placeholders(text), expected, `${language} ${key} ${category}`);
      }
    }
  }
});

test("every message that the page asks for exists, and none is left over", async () => {
  const used = new Set(states.map((state) => `state.${state}`));
  const prefixes = new Set();
  for (const folder of ["js", "js/components", "js/ops", "js/view"]) {
    for (const file of await readdir(new URL(folder, page))) {
      if (!file.endsWith(".js")) continue;
      const source = await readFile(new URL(`${folder}/${file}`, page), "utf8");
      for (const [, key] of source.matchAll(/["'`]([a-z]\w*\.\w+)["'`]/g)) used.add(key);
      for (const [, prefix] of source.matchAll(/`([a-zA-Z]+\.)\$\{/g)) prefixes.add(prefix);
    }
  }
  for (const key of Object.keys(catalogs.en)) {
    assert.ok(used.has(key) || [...prefixes].some((prefix) => key.startsWith(prefix)), `unused: ${key}`);
  }
  const namespaces = new Set(Object.keys(catalogs.en).map((key) => key.split(".")[0]));
  for (const key of used) {
    if (namespaces.has(key.split(".")[0])) assert.ok(key in catalogs.en, `missing: ${key}`);
  }
});

test("the browser's first language that the page speaks is taken", () => {
  assert.equal(chooseLanguage(["fr-FR", "ja-JP", "en"]), "ja");
  assert.equal(chooseLanguage(["en-GB"]), "en");
  assert.equal(chooseLanguage(["de"]), "en");
  assert.equal(chooseLanguage(["constructor"]), "en");
});

test("counts choose the plural, and values are never read as patterns", () => {
  const english = new Translator("en");
  assert.equal(english.text("roster.count", { count: 1 }), "1 learner");
  assert.equal(english.text("roster.count", { count: 1200 }), "1,200 learners");
  assert.equal(english.text("help.joined", { name: "{name} $& <b>" }), "{name} $& <b> asks for help");
  assert.throws(() => english.text("no.such"), RangeError);
});

test("the reader's region decides how times look", () => {
  const afternoon = new Date(2026, 3, 1, 15, 4, 5);
  assert.equal(new Translator("en", ["ja", "en-GB"]).timeWithSeconds(afternoon), "15:04:05");
  assert.match(new Translator("en", ["en-US"]).time(afternoon), /^03:04\sPM$/);
});

test("waiting times and durations", () => {
  // A number and its unit stay on one line.
  const english = new Translator("en");
  assert.equal(english.wait(-5), "0\u00A0sec");
  assert.equal(english.wait(59_999), "59\u00A0sec");
  assert.equal(english.wait(60_000), "1\u00A0min");
  assert.equal(english.wait(3_900_000), "1\u00A0hr 5\u00A0min");
  assert.equal(english.wait(7_200_000), "2\u00A0hr");
  assert.equal(english.wait(3 * 86_400_000), "3\u00A0days");
  assert.equal(english.duration(12.4), "12\u00A0ms");
  assert.equal(english.duration(1_540), "1.5\u00A0sec");
  assert.equal(english.duration(59_999), "59\u00A0sec");
  assert.equal(new Translator("ja").wait(180_000), "3\u00A0分");
});
