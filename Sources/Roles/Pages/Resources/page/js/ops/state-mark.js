import { element, setAttribute, setText } from "../view/dom.js";
import { setIcon } from "../view/icons.js";

/** A state in a shape, a colour and a word. */
export function stateMark() {
  const mark = element("span", { class: "mark" });
  const label = element("span");
  const node = element("span", { class: "state-mark" }, mark, label);
  return {
    node,
    show(tone, text) {
      setAttribute(node, "data-state", tone);
      setIcon(mark, tone);
      setText(label, text);
    },
  };
}
