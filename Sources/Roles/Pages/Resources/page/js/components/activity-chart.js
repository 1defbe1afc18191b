import { element, setAttribute, setText, svg } from "../view/dom.js";
import { bucketCount } from "../state/activity.js";
import { Panel } from "./panel.js";

const width = 600;
const height = 120;
const slot = width / bucketCount;

/**
 * Executions a minute over the last hour: bars of those without error, those with an error on top.
 * Sixty rectangles need no chart library.
 */
export class ActivityChart extends Panel {
  build() {
    this.okKey = element("span", { class: "key", "data-key": "solved" });
    this.errorKey = element("span", { class: "key", "data-key": "error" });
    this.aside.append(element("div", { class: "legend" }, this.okKey, this.errorKey));
    this.bars = Array.from({ length: bucketCount }, (_, place) => makeBar(place));
    this.chart = svg("svg", {
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      role: "img",
      class: "activity",
    });
    this.chart.append(
      svg("line", { class: "grid", x1: 0, x2: width, y1: 0.5, y2: 0.5 }),
      svg("line", { class: "grid", x1: 0, x2: width, y1: height / 2, y2: height / 2 }),
      ...this.bars.map(({ group }) => group),
      svg("line", { class: "axis", x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }),
    );
    this.top = element("span", { class: "scale" });
    this.times = [0, 1, 2].map(() => element("span"));
    this.note = element("p", { class: "quiet" });
    this.body.append(
      element("div", { class: "plot" }, this.top, this.chart),
      element("div", { class: "times", "aria-hidden": "true" }, ...this.times),
      this.note,
    );
  }

  update({ activity, isActivityMissing }, translator) {
    this.title(translator.text("activity.title"));
    setText(this.okKey, translator.text("activity.ok"));
    setText(this.errorKey, translator.text("activity.error"));
    const top = niceBound(Math.max(1, ...activity.map(({ ok, errors }) => ok + errors)));
    setText(this.top, translator.number(top));
    activity.forEach((bucket, place) => updateBar(this.bars[place], bucket, top, translator));
    const errors = activity.reduce((sum, bucket) => sum + bucket.errors, 0);
    const count = activity.reduce((sum, bucket) => sum + bucket.ok, errors);
    const summary = translator.text("activity.summary", { count, errors });
    setAttribute(this.chart, "aria-label", summary);
    [0, bucketCount / 2, bucketCount - 1].forEach((place, order) => {
      setText(this.times[order], translator.time(activity[place].start));
    });
    setText(this.note, isActivityMissing ? translator.text("activity.unavailable") : summary);
  }
}

function makeBar(place) {
  const x = place * slot + 1;
  const box = { x, width: slot - 2, y: height, height: 0 };
  const ok = svg("rect", { class: "ok", ...box });
  const error = svg("rect", { class: "error", ...box });
  const title = svg("title");
  return { group: svg("g", {}, title, ok, error), ok, error, title };
}

function updateBar(bar, { start, ok, errors }, top, translator) {
  const face = `${start} ${ok} ${errors} ${top}`;
  if (bar.face === face && bar.translator === translator) return;
  Object.assign(bar, { face, translator });
  const okHeight = ((ok / top) * height).toFixed(1);
  const errorHeight = ((errors / top) * height).toFixed(1);
  setAttribute(bar.ok, "y", (height - okHeight).toFixed(1));
  setAttribute(bar.ok, "height", okHeight);
  setAttribute(bar.error, "y", (height - okHeight - errorHeight).toFixed(1));
  setAttribute(bar.error, "height", errorHeight);
  const values = { time: translator.time(start), ok, error: errors };
  setText(bar.title, translator.text("activity.minute", values));
}

/** The next number that is easy to read: of one digit, or 15, 25, 150, 250, … */
export function niceBound(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = power < 10 ? [1, 2, 3, 4, 5, 6, 8, 10] : [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
  return steps.map((step) => step * power).find((bound) => bound >= value);
}
