import { element, setAttribute, setText } from "../view/dom.js";
import { setIcon } from "../view/icons.js";

/** Says plainly whether what the page shows is of this moment. */
export class ConnectionStatus extends HTMLElement {
  connectedCallback() {
    this.mark = element("span", { class: "mark" });
    this.label = element("span");
    this.setAttribute("role", "status");
    this.replaceChildren(this.mark, this.label);
  }

  update({ status }, translator) {
    setAttribute(this, "data-status", status);
    setIcon(this.mark, status);
    setText(this.label, translator.text(`connection.${status}`));
  }
}
