import { themes } from "../components/page-settings.js";
import { Translator, catalogs, chooseLanguage } from "../i18n/translator.js";
import { settings } from "../settings/settings.js";
import { setAttribute, setText } from "../view/dom.js";
import { Painter } from "../view/painter.js";
import { Operations } from "./operations.js";
import { OrderDesk } from "./order-desk.js";
import { Poller } from "./poller.js";

/** Holds the operators' page together: the user's choices, what is known of the server, and the painting. */
export class OperationsPage {
  constructor(document, api) {
    this.document = document;
    this.api = api;
    this.operations = new Operations(api);
    this.painter = new Painter((budget) => this.paint(budget));
    this.poller = new Poller(() => this.poll());
    const saved = settings.get("language");
    const language = Object.hasOwn(catalogs, saved ?? "") ? saved : chooseLanguage(navigator.languages);
    this.translator = new Translator(language, navigator.languages);
    this.theme = themes.includes(settings.get("theme")) ? settings.get("theme") : "system";
    const names = [
      "page-links", "connection-status", "page-settings", "bus-panel", "sinks-panel", "dead-letters-panel",
      "mirror-panel", "letter-drawer", "confirm-dialog",
    ];
    this.components = names.map((name) => document.querySelector(name));
    this.drawer = document.querySelector("letter-drawer");
    this.desk = new OrderDesk({
      api,
      operations: this.operations,
      dialog: document.querySelector("confirm-dialog"),
      onChange: () => this.painter.request(),
      onDone: () => this.poller.now(),
    });
    this.notice = document.querySelector("#notice");
  }

  start() {
    const { desk, operations, drawer } = this;
    const handlers = {
      "filter-change": (filter) => this.setFilter(filter),
      "letters-more": () => {
        operations.showMore();
        this.poller.now();
      },
      "letter-open": (id) => drawer.open(this.api, id),
      "letter-replay": (id) => desk.replayOne(id).then((isGone) => isGone && drawer.close()),
      "letter-purge": (id) => desk.purgeOne(id).then((isGone) => isGone && drawer.close()),
      "letters-replay": () => desk.order("replay"),
      "letters-purge": () => desk.order("purge"),
      "mirror-flush": () => desk.flushMirror(),
      "mirror-retry": () => desk.retryMirror(),
      "mirror-failures": () => {
        this.setFilter({ sink: "bigquery", reason: "" });
        this.document.querySelector("dead-letters-panel").focusFilter();
      },
      "view-change": () => {},
      "language-change": (language) => {
        settings.set("language", language);
        this.translator = new Translator(language, navigator.languages);
      },
      "theme-change": (theme) => {
        settings.set("theme", theme);
        this.theme = theme;
      },
    };
    for (const [type, handle] of Object.entries(handlers)) {
      this.document.addEventListener(type, ({ detail }) => {
        handle(detail);
        this.painter.request();
      });
    }
    const look = () => this.poller.setVisible(this.document.visibilityState === "visible");
    this.document.addEventListener("visibilitychange", look);
    look();
    this.painter.request();
  }

  setFilter(filter) {
    this.operations.setFilter(filter);
    this.desk.forgetResult("letters");
    this.poller.now();
  }

  async poll() {
    const isAnswered = await this.operations.read();
    this.painter.request();
    return isAnswered;
  }

  /** @param {import("../view/frame-budget.js").FrameBudget} budget */
  paint(budget) {
    const { translator, operations, document } = this;
    setAttribute(document.documentElement, "lang", translator.language);
    setAttribute(document.documentElement, "data-theme", this.theme);
    const moment = { operations, desk: this.desk, theme: this.theme, status: this.status };
    for (const component of this.components) component.update(moment, translator, budget);
    setText(document.querySelector("title"), translator.text("operations.title"));
    setText(document.querySelector("#skip"), translator.text("operations.skip"));
    this.showNotice();
  }

  get status() {
    if (this.operations.isUnreachable) return "unreachable";
    return this.operations.answeredAt === null ? "connecting" : "live";
  }

  showNotice() {
    const { translator, operations } = this;
    this.notice.hidden = !operations.isUnreachable;
    if (!operations.isUnreachable) return setText(this.notice, "");
    const since = operations.answeredAt;
    const text =
      since === null
        ? translator.text("operations.neverReached")
        : translator.text("operations.unreachable", { time: translator.timeWithSeconds(since) });
    setText(this.notice, text);
  }
}
