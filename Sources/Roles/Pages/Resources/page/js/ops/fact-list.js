import { element, setText } from "../view/dom.js";

/** Figures with their names. A figure without a value is not shown. */
export class FactList {
  /** @param {string[]} names message keys */
  constructor(names) {
    this.facts = new Map(names.map((name) => [name, { term: element("dt"), value: element("dd") }]));
    const pairs = [...this.facts.values()].map(({ term, value }) => element("div", {}, term, value));
    this.node = element("dl", { class: "facts" }, ...pairs);
  }

  /** @param {Record<string, string>} values by message key */
  update(values, translator) {
    for (const [name, { term, value }] of this.facts) {
      setText(term, translator.text(name));
      setText(value, values[name] ?? "");
      term.parentElement.hidden = (values[name] ?? "") === "";
    }
  }
}
