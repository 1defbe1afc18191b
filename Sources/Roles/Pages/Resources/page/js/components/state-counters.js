import { states } from "../state/learner-state.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { icon } from "../view/icons.js";

/** How many learners are in each state; pressing one shows those learners. */
export class StateCounters extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "group");
    this.counters = new Map(["all", ...states].map((state) => [state, this.counter(state)]));
    this.replaceChildren(...[...this.counters.values()].map(({ button }) => button));
  }

  counter(state) {
    const count = element("span", { class: "count" });
    const label = element("span", { class: "label" });
    const head = element("span", { class: "counter-head" }, icon(state), label);
    const button = element("button", { type: "button", class: "counter", "data-state": state }, count, head);
    button.addEventListener("click", () => {
      this.dispatchEvent(new CustomEvent("filter-toggle", { detail: state, bubbles: true }));
    });
    return { button, count, label };
  }

  update({ view, filter }, translator) {
    setAttribute(this, "aria-label", translator.text("counters.title"));
    for (const [state, { button, count, label }] of this.counters) {
      const number = state === "all" ? view.rows.length : view.counters[state];
      setText(count, translator.number(number));
      setText(label, translator.text(state === "all" ? "counters.all" : `state.${state}`));
      setAttribute(button, "aria-pressed", String(filter === state));
      setAttribute(button, "data-empty", number === 0);
    }
  }
}
