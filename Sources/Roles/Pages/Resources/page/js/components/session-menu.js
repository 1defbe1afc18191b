import { element, setText } from "../view/dom.js";

/** Who is signed in, and the way out. Not there where nobody has to sign in. */
export class SessionMenu extends HTMLElement {
  connectedCallback() {
    this.name = element("span", { class: "name" });
    this.button = element("button", { type: "button", class: "small" });
    this.hidden = true;
    this.replaceChildren(this.name, this.button);
    this.button.addEventListener("click", () => {
      this.dispatchEvent(new CustomEvent("sign-out", { bubbles: true }));
    });
  }

  update({ signIn }, translator) {
    this.hidden = signIn.phase !== "in" && signIn.phase !== "lacking";
    if (this.hidden) return;
    setText(this.name, signIn.subject === null ? "" : translator.text("signIn.name", { name: signIn.subject }));
    setText(this.button, translator.text("signIn.out"));
  }
}
