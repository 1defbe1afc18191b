import { en } from "./en.js";
import { ja } from "./ja.js";

export const catalogs = { en, ja };

/** Languages in their own names, for the switch. */
export const languageNames = { en: "English", ja: "日本語" };

/**
 * @param {readonly string[]} preferred language tags, the best one first
 * @returns {string} a language that the page speaks
 */
export function chooseLanguage(preferred) {
  for (const tag of preferred) {
    const language = tag.toLowerCase().split("-")[0];
    if (Object.hasOwn(catalogs, language)) return language;
  }
  return "en";
}

/** Speaks one language: messages, numbers, times and durations. */
export class Translator {
  /** @param {readonly string[]} preferred the reader's language tags: a region decides how times look */
  constructor(language, preferred = []) {
    this.language = language;
    this.locale = preferred.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
    this.catalog = catalogs[language];
    this.plurals = new Intl.PluralRules(language);
    this.numbers = new Intl.NumberFormat(this.locale);
    this.clock = new Intl.DateTimeFormat(this.locale, { hour: "2-digit", minute: "2-digit" });
    this.clockWithSeconds = new Intl.DateTimeFormat(this.locale, {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    this.calendar = new Intl.DateTimeFormat(this.locale, {
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    this.units = new Map();
  }

  /**
   * @param {string} key
   * @param {Record<string, string | number>} values fill the placeholders; `count` chooses the plural
   */
  text(key, values = {}) {
    const message = this.catalog[key];
    if (message === undefined) throw new RangeError(`no message ${key} in ${this.language}`);
    const form =
      typeof message === "string"
        ? message
        : (message[this.plurals.select(values.count)] ?? message.other);
    return form.replace(/\{(\w+)\}/g, (_, name) => {
      const value = values[name];
      return typeof value === "number" ? this.number(value) : String(value);
    });
  }

  number(value) {
    return this.numbers.format(value);
  }

  time(milliseconds) {
    return this.clock.format(milliseconds);
  }

  timeWithSeconds(milliseconds) {
    return this.clockWithSeconds.format(milliseconds);
  }

  /** A moment that may be days ago. */
  moment(milliseconds) {
    return this.calendar.format(milliseconds);
  }

  /** An amount of memory. */
  bytes(count) {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
    const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
    const value = count / 1_000 ** power;
    return this.unit(value < 10 ? Math.round(value * 10) / 10 : Math.round(value), units[power]);
  }

  /** How long somebody has waited: seconds below a minute, then minutes, hours and days. */
  wait(milliseconds) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
    if (seconds < 60) return this.unit(seconds, "second");
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return this.unit(minutes, "minute");
    const hours = Math.floor(minutes / 60);
    if (hours >= 24) return this.unit(Math.floor(hours / 24), "day");
    const rest = minutes % 60;
    const whole = this.unit(hours, "hour");
    return rest === 0 ? whole : `${whole} ${this.unit(rest, "minute")}`;
  }

  /** How long a cell ran. */
  duration(milliseconds) {
    if (milliseconds < 1_000) return this.unit(Math.round(milliseconds), "millisecond");
    if (milliseconds < 59_950) return this.unit(Math.round(milliseconds / 100) / 10, "second");
    return this.wait(milliseconds);
  }

  unit(value, unit) {
    let format = this.units.get(unit);
    if (format === undefined) {
      const unitDisplay = unit === "day" ? "long" : "short";
      format = new Intl.NumberFormat(this.locale, { style: "unit", unit, unitDisplay });
      this.units.set(unit, format);
    }
    // A number and its unit stay on one line.
    return format.format(value).replaceAll(" ", "\u00A0");
  }
}
