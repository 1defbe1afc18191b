import { eventMoment } from "../state/timestamp.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { setIcon } from "../view/icons.js";
import { describeEvent } from "../view/wording.js";
import { Panel } from "./panel.js";

/**
 * What happens, newest first. Lines are reused by place rather than made for each event: at hundreds of
 * events a second every line changes with each painting.
 */
export class LiveFeed extends Panel {
  build() {
    this.held = element("span", { class: "quiet" });
    this.mark = element("span", { class: "mark" });
    this.label = element("span");
    this.button = element("button", { type: "button", class: "small" }, this.mark, this.label);
    this.button.addEventListener("click", () => this.announce("feed-toggle"));
    this.aside.append(this.held, this.button);
    // Not live for screen readers: it would never fall silent.
    this.list = element("ol", { class: "feed", tabindex: "0", "aria-live": "off" });
    this.empty = element("p", { class: "empty" });
    this.body.append(this.list, this.empty);
    this.lines = [];
  }

  update({ feed, nameOf, view, lookBack, hidesNames }, translator) {
    this.hidden = lookBack !== null || hidesNames;
    this.title(translator.text("feed.title"));
    setAttribute(this.list, "aria-label", translator.text("feed.title"));
    setIcon(this.mark, feed.isPaused ? "resume" : "pause");
    setText(this.label, translator.text(feed.isPaused ? "feed.resume" : "feed.pause"));
    setAttribute(this.button, "aria-pressed", String(feed.isPaused));
    setText(this.held, feed.isPaused ? translator.text("feed.held", { count: feed.heldCount }) : "");
    while (this.lines.length > feed.shown.length) this.lines.pop().node.remove();
    feed.shown.forEach((event, place) => this.show(event, place, { nameOf, titleOf: view.titleOf }, translator));
    setText(this.empty, translator.text("feed.empty"));
    this.empty.hidden = feed.shown.length > 0;
    this.list.hidden = feed.shown.length === 0;
  }

  show(event, place, { nameOf, titleOf }, translator) {
    const line = this.lines[place] ?? this.addLine();
    const { icon, tone, text } = describeEvent(translator, event, titleOf);
    setAttribute(line.node, "data-state", tone);
    setText(line.time, translator.timeWithSeconds(Date.parse(eventMoment(event))));
    setIcon(line.mark, icon);
    setText(line.name, nameOf(event.student_id));
    setText(line.text, text);
  }

  addLine() {
    const line = {
      time: element("time"),
      mark: element("span", { class: "mark" }),
      name: element("span", { class: "name" }),
      text: element("span", { class: "what" }),
    };
    line.node = element("li", {}, line.time, line.mark, element("span", { class: "who" }, line.name, " ", line.text));
    this.lines.push(line);
    this.list.append(line.node);
    return line;
  }
}
