import { element } from "../view/dom.js";

/** A line of a board: a title, a bar of two shares, figures and a note. */
export function makeBar() {
  const parts = {
    title: element("span", { class: "cell-title" }),
    reached: element("span", { class: "bar reached" }),
    solved: element("span", { class: "bar solved" }),
    count: element("span", { class: "count" }),
    total: element("span", { class: "total" }),
    note: element("span", { class: "note" }),
  };
  parts.meter = element("span", { class: "meter", role: "img" }, parts.reached, parts.solved);
  const figures = element("span", { class: "figures" }, parts.count, " ", parts.total);
  const bar = element("li", { class: "cell" }, parts.title, parts.meter, figures, parts.note);
  bar.parts = parts;
  return bar;
}

export function setShare(bar, share) {
  const text = share.toFixed(4);
  if (bar.share === text) return;
  bar.share = text;
  bar.style.setProperty("--share", text);
}
