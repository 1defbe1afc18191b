import { element, setAttribute, setText } from "../view/dom.js";

/** What stands in the page's place until somebody signs in. */
export class SignInPanel extends HTMLElement {
  connectedCallback() {
    this.heading = element("h2", { id: "sign-in-title" });
    this.reason = element("p", { id: "sign-in-reason", role: "alert" });
    this.provider = element("a", { class: "button", href: "/sign-in/openid" });
    this.or = element("p", { class: "or" });
    this.label = element("label", { for: "sign-in-token" });
    this.token = element("input", {
      id: "sign-in-token", type: "password", autocomplete: "off", spellcheck: "false", required: true,
      "aria-describedby": "sign-in-reason sign-in-hint",
    });
    this.button = element("button", { type: "submit", class: "button" });
    this.hint = element("p", { id: "sign-in-hint", class: "hint" });
    this.form = element("form", {}, this.label, this.token, this.button, this.hint);
    this.hidden = true;
    this.replaceChildren(
      element("section", { class: "sign-in", role: "main", "aria-labelledby": "sign-in-title" },
        this.heading, this.reason, this.provider, this.or, this.form));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.token.value;
      // It does not stay in the page either.
      this.token.value = "";
      this.dispatchEvent(new CustomEvent("sign-in", { detail: text, bubbles: true }));
    });
  }

  update({ signIn }, translator) {
    const wasHidden = this.hidden;
    this.hidden = !signIn.isNeeded;
    if (this.hidden) return;
    const isLacking = signIn.phase === "lacking";
    setText(this.heading, translator.text(isLacking ? "signIn.lackingTitle" : "signIn.title"));
    setText(this.reason, reasonText(signIn, translator));
    this.reason.hidden = this.reason.textContent === "";
    this.provider.hidden = signIn.provider === null;
    this.or.hidden = signIn.provider === null;
    if (signIn.provider !== null) {
      const page = location.pathname + location.search;
      setAttribute(this.provider, "href", `${signIn.provider}?${new URLSearchParams({ page })}`);
    }
    setText(this.provider, translator.text("signIn.provider"));
    setText(this.or, translator.text("signIn.or"));
    setText(this.label, translator.text("signIn.token"));
    setText(this.button, translator.text("signIn.submit"));
    setText(this.hint, translator.text("signIn.hint"));
    this.button.disabled = signIn.isBusy;
    if (wasHidden) this.token.focus();
  }
}

function reasonText({ phase, reason, subject }, translator) {
  if (reason !== null) return translator.text(`signIn.${reason}`);
  if (phase === "lacking") return translator.text("signIn.lacking", { name: subject ?? "" });
  return "";
}
