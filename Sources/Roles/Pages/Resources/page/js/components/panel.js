import { element, setText } from "../view/dom.js";

/**
 * A titled part of the page. A subclass fills `body` in `build()`, and shows a moment in
 * `update(model, translator)`.
 */
export class Panel extends HTMLElement {
  connectedCallback() {
    if (this.heading !== undefined) return;
    const id = `${this.localName}-title`;
    this.heading = element("h2", { id });
    this.aside = element("div", { class: "panel-aside" });
    this.body = element("div", { class: "panel-body" });
    this.setAttribute("role", "region");
    this.setAttribute("aria-labelledby", id);
    this.classList.add("panel");
    this.append(element("div", { class: "panel-head" }, this.heading, this.aside), this.body);
    this.build();
  }

  title(text) {
    setText(this.heading, text);
  }

  /** Tells the page what the user wants. */
  announce(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }
}
