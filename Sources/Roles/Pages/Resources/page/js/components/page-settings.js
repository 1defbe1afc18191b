import { languageNames } from "../i18n/translator.js";
import { element, setText } from "../view/dom.js";
import { themes } from "../view/language-and-theme.js";
import { setOptions } from "./option-list.js";

/** Language and appearance. */
export class PageSettings extends HTMLElement {
  connectedCallback() {
    this.languageLabel = element("span", { class: "visually-hidden" });
    this.language = element("select", { id: "language" });
    this.themeLabel = element("span", { class: "visually-hidden" });
    this.theme = element("select", { id: "theme" });
    this.replaceChildren(
      element("label", {}, this.languageLabel, this.language),
      element("label", {}, this.themeLabel, this.theme),
    );
    this.language.addEventListener("change", () => this.announce("language-change", this.language.value));
    this.theme.addEventListener("change", () => this.announce("theme-change", this.theme.value));
  }

  announce(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }

  update({ theme }, translator) {
    if (this.shown?.theme === theme && this.shown.translator === translator) return;
    this.shown = { theme, translator };
    setText(this.languageLabel, translator.text("language.label"));
    setText(this.themeLabel, translator.text("theme.label"));
    const languages = Object.entries(languageNames).map(([value, label]) => ({ value, label }));
    setOptions(this.language, languages, translator.language);
    const options = themes.map((value) => ({ value, label: translator.text(`theme.${value}`) }));
    setOptions(this.theme, options, theme);
  }
}
