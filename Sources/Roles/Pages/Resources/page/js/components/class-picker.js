import { element, setText } from "../view/dom.js";
import { notebookTitle } from "../view/wording.js";
import { setOptions } from "./option-list.js";

/** Chooses the class and its notebook. */
export class ClassPicker extends HTMLElement {
  connectedCallback() {
    this.courseLabel = element("span");
    this.course = element("select", { id: "course" });
    this.notebookLabel = element("span");
    this.notebook = element("select", { id: "notebook" });
    this.replaceChildren(
      element("label", {}, this.courseLabel, this.course),
      element("label", {}, this.notebookLabel, this.notebook),
    );
    this.course.addEventListener("change", () => this.announce("course-change", this.course.value));
    this.notebook.addEventListener("change", () => {
      this.announce("notebook-change", this.notebook.value || null);
    });
  }

  announce(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }

  update({ courses, course, notebook, notebooks, notebookChoice }, translator) {
    // Lists may be long, and hardly ever change.
    const face = [translator, courses, course, notebook, notebookChoice, notebooks, notebooks.size];
    if (this.face?.every((part, place) => part === face[place])) return;
    this.face = face;
    setText(this.courseLabel, translator.text("course.label"));
    setText(this.notebookLabel, translator.text("notebook.label"));
    this.hidden = courses.length === 0;
    setOptions(this.course, courses.map((id) => ({ value: id, label: id })), course ?? "");
    const options = [...notebooks].sort().map((path) => ({ value: path, label: notebookTitle(path) }));
    // Only where the class is followed is it known what it works on.
    const isNamed = notebook !== null && notebookChoice === null;
    const current = isNamed
      ? translator.text("notebook.currentNamed", { notebook: notebookTitle(notebook) })
      : translator.text("notebook.current");
    options.unshift({ value: "", label: current });
    setOptions(this.notebook, options, notebookChoice ?? "");
  }
}
