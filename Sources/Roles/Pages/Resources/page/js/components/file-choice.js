import { element } from "../view/dom.js";

/**
 * What lets a teacher choose a file and take it away again: a button each, and the browser's own choice behind them.
 *
 * @param {{accept: string, onChosen: (file: File) => void, onRemove: () => void}} options
 */
export function makeFileChoice({ accept, onChosen, onRemove }) {
  const file = element("input", { type: "file", accept, hidden: true });
  file.addEventListener("change", () => {
    const [chosen] = file.files;
    // The same file may be chosen again.
    file.value = "";
    if (chosen !== undefined) onChosen(chosen);
  });
  const button = (act) => {
    const button = element("button", { type: "button", class: "small" });
    button.addEventListener("click", act);
    return button;
  };
  return { upload: button(() => file.click()), remove: button(onRemove), file };
}
