import { svg } from "./dom.js";

/** Line drawings on a grid of 20; each state has a shape of its own. */
const paths = {
  help: ["M4 4h12v9H9l-4 3.5V13H4z", "M8.2 7.2a1.8 1.8 0 1 1 2.4 1.8c-.4.2-.6.5-.6.9", "M10 11.4v.1"],
  stuck: ["M10 3 18 16.5H2z", "M10 8v4", "M10 14.2v.1"],
  behind: ["M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14z", "M10 6v4l3 2"],
  idle: ["M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14z", "M8 7.5v5", "M12 7.5v5"],
  on_track: ["M3 15l5-6 3 3 6-7", "M12.5 5H17v4.5"],
  done: ["M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14z", "M6.8 10.2l2.3 2.3 4.2-4.8"],
  all: ["M7 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z", "M2.5 16c0-2.6 2-4.5 4.5-4.5s4.5 1.9 4.5 4.5", "M13 5a2.2 2.2 0 0 1 0 4.4", "M14 11.8c2 .3 3.5 2 3.5 4.2"],
  live: ["M10 8.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z", "M6 6a5.6 5.6 0 0 0 0 8", "M14 6a5.6 5.6 0 0 1 0 8"],
  connecting: ["M4 10h.1", "M10 10h.1", "M16 10h.1"],
  reconnecting: ["M16 10a6 6 0 1 1-1.8-4.3", "M16.5 3v3.5H13"],
  unreachable: ["M5.5 5.5l9 9", "M14.5 5.5l-9 9"],
  signedOut: ["M6 9V7a4 4 0 0 1 8 0v2", "M4.5 9h11v8h-11z"],
  refreshing: ["M16 10a6 6 0 1 1-1.8-4.3", "M16.5 3v3.5H13"],
  refreshed: ["M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14z", "M10 6.5v4", "M10 13.4v.1"],
  lookingBack: ["M4 10a6 6 0 1 0 1.8-4.3", "M3.5 3v3.5H7", "M10 7v3.5l2.5 1.5"],
  namesHidden: ["M2.5 10c2-3.5 4.6-5 7.5-5s5.5 1.5 7.5 5c-2 3.5-4.6 5-7.5 5s-5.5-1.5-7.5-5z", "M4 16L16 4"],
  ran: ["M4.5 10.5l3.5 3.5 7.5-8"],
  failed: ["M5.5 5.5l9 9", "M14.5 5.5l-9 9"],
  opened: ["M4 4h8l4 4v8H4z", "M12 4v4h4"],
  close: ["M5 5l10 10", "M15 5L5 15"],
  pause: ["M7 5v10", "M13 5v10"],
  resume: ["M6.5 4.5l9 5.5-9 5.5z"],
};

/** An icon always stands beside its meaning in words, so it is hidden from screen readers. */
export function icon(name) {
  const drawing = svg("svg", { viewBox: "0 0 20 20", class: "icon", "aria-hidden": "true" });
  drawing.dataset.icon = name;
  drawing.append(...paths[name].map((d) => svg("path", { d })));
  return drawing;
}

/** Puts the icon into a holder, unless it is there. */
export function setIcon(holder, name) {
  if (holder.firstElementChild?.dataset.icon === name) return;
  holder.replaceChildren(icon(name));
}
