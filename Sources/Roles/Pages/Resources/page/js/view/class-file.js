import { classTable } from "../state/class-export.js";
import { classView } from "../state/class-view.js";
import { element } from "./dom.js";

/**
 * Gives a class as it is shown to the browser, to be saved as a file.
 *
 * @param {{classroom: object, outline: object, now: number}} shown the class, and the moment in Unix milliseconds
 */
export function saveClass(course, { classroom, outline, now }) {
  const table = classTable(classView(classroom, now * 1_000, outline));
  const address = URL.createObjectURL(new Blob([table], { type: "text/csv;charset=utf-8" }));
  const day = new Date(now).toISOString().slice(0, 10);
  const name = `${course}-${day}.csv`.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-");
  element("a", { href: address, download: name }).click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
