import { element, setText } from "../view/dom.js";

/** Asks before something is done to many, or cannot be undone. Escape and the first button say no. */
export class ConfirmDialog extends HTMLElement {
  connectedCallback() {
    this.heading = element("h2", { id: "confirm-title" });
    this.scope = element("p", { id: "confirm-scope" });
    this.no = element("button", { type: "button", class: "small" });
    this.yes = element("button", { type: "button", class: "small" });
    this.dialog = element("dialog",
      { class: "confirm", role: "alertdialog", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-scope" },
      this.heading, this.scope, element("div", { class: "actions" }, this.no, this.yes));
    this.replaceChildren(this.dialog);
    this.no.addEventListener("click", () => this.dialog.close());
    this.yes.addEventListener("click", () => {
      this.answer = true;
      this.dialog.close();
    });
    this.dialog.addEventListener("close", () => {
      this.resolve?.(this.answer);
      this.resolve = null;
    });
  }

  /**
   * @param {{key: string, values: object, action: string, filter?: {sink: string, reason: string}}} question
   * @returns {Promise<boolean>}
   */
  ask(question) {
    this.question = question;
    this.answer = false;
    this.dispatchEvent(new CustomEvent("view-change", { bubbles: true }));
    this.show(this.translator);
    this.dialog.showModal();
    this.no.focus();
    return new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  update(_, translator) {
    this.translator = translator;
    if (this.question !== undefined) this.show(translator);
  }

  show(translator) {
    const { key, values, action, filter } = this.question;
    setText(this.heading, translator.text(key, values));
    const scope = [];
    if (filter?.sink) scope.push(translator.text("confirm.ofSink", { sink: filter.sink }));
    if (filter?.reason) scope.push(translator.text("confirm.withReason", { reason: filter.reason }));
    if (filter && scope.length === 0) scope.push(translator.text("confirm.ofAll"));
    if (action === "confirm.purge") scope.push(translator.text("confirm.forGood"));
    setText(this.scope, scope.join(" "));
    setText(this.no, translator.text("confirm.cancel"));
    setText(this.yes, translator.text(action));
    this.yes.classList.toggle("danger", action === "confirm.purge");
  }
}
