import { languageNames } from "../i18n/translator.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { themes } from "../view/language-and-theme.js";
import { setOptions } from "./option-list.js";

/** Language and appearance and, where a class is shown, whether with names. */
export class PageSettings extends HTMLElement {
  connectedCallback() {
    this.languageLabel = element("span", { class: "visually-hidden" });
    this.language = element("select", { id: "language" });
    this.themeLabel = element("span", { class: "visually-hidden" });
    this.theme = element("select", { id: "theme" });
    this.names = element("input", { type: "checkbox", id: "hide-names" });
    this.namesText = element("span");
    this.namesLabel = element("label", { class: "hide-names", hidden: true }, this.names, this.namesText);
    this.replaceChildren(
      this.namesLabel,
      element("label", {}, this.languageLabel, this.language),
      element("label", {}, this.themeLabel, this.theme),
    );
    this.names.addEventListener("change", () => this.announce("names-hide", this.names.checked));
    this.language.addEventListener("change", () => this.announce("language-change", this.language.value));
    this.theme.addEventListener("change", () => this.announce("theme-change", this.theme.value));
  }

  announce(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }

  update({ theme, hidesNames }, translator) {
    const { shown } = this;
    if (shown?.theme === theme && shown.hidesNames === hidesNames && shown.translator === translator) return;
    this.shown = { theme, hidesNames, translator };
    this.namesLabel.hidden = hidesNames === undefined;
    this.names.checked = hidesNames === true;
    if (hidesNames !== undefined) {
      setText(this.namesText, translator.text("names.hide"));
      setAttribute(this.namesLabel, "title", translator.text("names.hint"));
    }
    setText(this.languageLabel, translator.text("language.label"));
    setText(this.themeLabel, translator.text("theme.label"));
    const languages = Object.entries(languageNames).map(([value, label]) => ({ value, label }));
    setOptions(this.language, languages, translator.language);
    const options = themes.map((value) => ({ value, label: translator.text(`theme.${value}`) }));
    setOptions(this.theme, options, theme);
  }
}
