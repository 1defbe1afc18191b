import { Translator, catalogs, chooseLanguage } from "../i18n/translator.js";
import { browserStorage } from "./browser-storage.js";
import { setAttribute } from "./dom.js";

export const themes = ["system", "light", "dark"];

/** The reader's language and appearance, on every page: what was chosen before, else what the browser asks for. */
export class LanguageAndTheme {
  /** @param {readonly string[]} preferred the reader's language tags, the best one first */
  constructor(preferred = navigator.languages) {
    this.preferred = preferred;
    const language = browserStorage.get("language");
    const theme = browserStorage.get("theme");
    this.speak(Object.hasOwn(catalogs, language ?? "") ? language : chooseLanguage(preferred));
    this.theme = themes.includes(theme) ? theme : "system";
  }

  speak(language) {
    this.translator = new Translator(language, this.preferred);
  }

  /** What the page does when the reader chooses, by the event's type. */
  get handlers() {
    return {
      "language-change": (language) => {
        browserStorage.set("language", language);
        this.speak(language);
      },
      "theme-change": (theme) => {
        browserStorage.set("theme", theme);
        this.theme = theme;
      },
    };
  }

  paint(document) {
    setAttribute(document.documentElement, "lang", this.translator.language);
    setAttribute(document.documentElement, "data-theme", this.theme);
  }
}
