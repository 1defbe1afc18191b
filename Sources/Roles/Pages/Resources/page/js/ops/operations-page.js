import { setText } from "../view/dom.js";
import { LanguageAndTheme } from "../view/language-and-theme.js";
import { Painter } from "../view/painter.js";
import { Operations } from "./operations.js";
import { OperatorActions } from "./operator-actions.js";
import { Poller } from "./poller.js";

/** Holds the operators' page together: the user's choices, what is known of the server, and the painting. */
export class OperationsPage {
  /** @param {import("../state/sign-in.js").SignIn} signIn which hears of what `api` asks */
  constructor(document, api, signIn) {
    this.document = document;
    this.api = api;
    this.signIn = signIn;
    this.operations = new Operations(api);
    this.painter = new Painter((budget) => this.paint(budget));
    this.poller = new Poller(() => this.poll());
    this.languageAndTheme = new LanguageAndTheme();
    const names = [
      "page-links", "connection-status", "page-settings", "session-menu", "sign-in-panel", "bus-panel", "sinks-panel", "dead-letters-panel",
      "mirror-panel", "dead-letter-drawer", "confirm-dialog",
    ];
    this.components = names.map((name) => document.querySelector(name));
    this.drawer = document.querySelector("dead-letter-drawer");
    this.actions = new OperatorActions({
      api,
      operations: this.operations,
      dialog: document.querySelector("confirm-dialog"),
      onChange: () => this.painter.request(),
      onDone: () => this.poller.now(),
    });
    this.notice = document.querySelector("#notice");
  }

  get translator() {
    return this.languageAndTheme.translator;
  }

  start() {
    const { actions, operations, drawer } = this;
    const handlers = {
      "filter-change": (filter) => this.setFilter(filter),
      "dead-letters-more": () => {
        operations.showMore();
        this.poller.now();
      },
      "dead-letter-open": (id) => drawer.open(this.api, id),
      "dead-letter-replay": (id) => actions.replayOne(id).then((isGone) => isGone && drawer.close()),
      "dead-letter-purge": (id) => actions.purgeOne(id).then((isGone) => isGone && drawer.close()),
      "dead-letters-replay": () => actions.order("replay"),
      "dead-letters-purge": () => actions.order("purge"),
      "mirror-flush": () => actions.flushMirror(),
      "mirror-retry": () => actions.retryMirror(),
      "mirror-failures": () => {
        this.setFilter({ sink: "bigquery", reason: "" });
        this.document.querySelector("dead-letters-panel").focusFilter();
      },
      "view-change": () => {},
      "sign-in": (token) => this.signIn.signIn(token).then((mayRead) => mayRead && this.signIn.reload()),
      "sign-out": () => this.signIn.signOut(),
      ...this.languageAndTheme.handlers,
    };
    for (const [type, handle] of Object.entries(handlers)) {
      this.document.addEventListener(type, ({ detail }) => {
        handle(detail);
        this.painter.request();
      });
    }
    addEventListener("hashchange", () => this.signIn.fragmentChanged());
    this.signIn.onChange = () => {
      if (this.signIn.isNeeded) this.leave();
      this.painter.request();
    };
    this.signIn.start().then((mayRead) => mayRead && this.look());
    this.document.addEventListener("visibilitychange", () => this.look());
    this.painter.request();
  }

  /** Asks the server while somebody looks who may. */
  look() {
    const isAllowed = this.signIn.phase === "in" || this.signIn.phase === "open";
    this.poller.setVisible(isAllowed && this.document.visibilityState === "visible");
  }

  /** Nothing stays in sight of somebody who may not see it any more. */
  leave() {
    this.look();
    for (const dialog of this.document.querySelectorAll("dialog[open]")) dialog.close();
  }

  setFilter(filter) {
    this.operations.setFilter(filter);
    this.actions.forgetResult("deadLetters");
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
    this.languageAndTheme.paint(document);
    const moment = { operations, actions: this.actions, theme: this.languageAndTheme.theme, status: this.status,
      signIn: this.signIn };
    for (const component of this.components) component.update(moment, translator, budget);
    setText(document.querySelector("title"), translator.text("operations.title"));
    setText(document.querySelector("#skip"), translator.text("operations.skip"));
    const isHidden = this.signIn.isNeeded || this.signIn.phase === "checking";
    document.querySelector("main").hidden = isHidden;
    this.showNotice(isHidden);
  }

  get status() {
    if (this.signIn.isNeeded) return "signedOut";
    if (this.operations.isUnreachable) return "unreachable";
    return this.operations.answeredAt === null ? "connecting" : "live";
  }

  showNotice(isHidden) {
    const { translator, operations } = this;
    this.notice.hidden = isHidden || !operations.isUnreachable;
    if (this.notice.hidden) return setText(this.notice, "");
    const since = operations.answeredAt;
    const text =
      since === null
        ? translator.text("operations.neverReached")
        : translator.text("operations.unreachable", { time: translator.timeWithSeconds(since) });
    setText(this.notice, text);
  }
}
