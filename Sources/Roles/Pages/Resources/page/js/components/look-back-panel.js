import { element, setAttribute, setText } from "../view/dom.js";
import { setOptions } from "./option-list.js";
import { Panel } from "./panel.js";

/** Of the slider, in milliseconds. */
const sliderStep = 10_000;
const step = 60_000;

/** Leads to earlier moments of the class, says that they are not live, and leads back. */
export class LookBackPanel extends Panel {
  build() {
    this.toggle = element("button", { type: "button", class: "small" });
    this.toggle.addEventListener("click", () => this.announce(this.isOpen ? "look-back-end" : "look-back-begin"));
    this.aside.append(this.toggle);
    this.told = element("p", { class: "told", role: "status" });
    this.lessonLabel = element("span");
    this.lesson = element("select");
    this.lesson.addEventListener("change", () => this.announce("look-back-lesson", Number(this.lesson.value)));
    this.sliderLabel = element("span", { class: "visually-hidden" });
    this.slider = element("input", { type: "range", min: "0", step: "1" });
    this.slider.addEventListener("input", () => {
      this.announce("look-back-seek", this.start + Number(this.slider.value) * sliderStep);
    });
    this.earlier = this.stepper(-step);
    this.later = this.stepper(step);
    this.controls = element(
      "div", { class: "controls" }, element("label", {}, this.lessonLabel, this.lesson), this.earlier,
      element("label", { class: "slider" }, this.sliderLabel, this.slider), this.later);
    this.body.append(this.told, this.controls);
    this.isOpen = false;
  }

  stepper(change) {
    const button = element("button", { type: "button", class: "small" });
    button.addEventListener("click", () => this.announce("look-back-step", change));
    return button;
  }

  update({ lookBack, canLookBack }, translator) {
    this.hidden = !canLookBack;
    this.isOpen = lookBack !== null;
    this.title(translator.text("lookBack.title"));
    setText(this.toggle, translator.text(this.isOpen ? "lookBack.end" : "lookBack.begin"));
    this.body.hidden = !this.isOpen;
    setAttribute(this, "data-open", String(this.isOpen));
    if (!this.isOpen) return;
    setText(this.told, toldOf(lookBack, translator));
    this.controls.hidden = lookBack.lesson === null;
    if (lookBack.lesson !== null) this.showLesson(lookBack, translator);
  }

  showLesson({ lessons, lesson, wanted }, translator) {
    this.start = lesson.start;
    setText(this.lessonLabel, translator.text("lookBack.lesson"));
    const options = lessons.map(({ start, end }, place) => ({
      value: String(place),
      label: translator.text("lookBack.span", { begin: translator.moment(start), end: translator.time(end) }),
    }));
    setOptions(this.lesson, options, String(lessons.indexOf(lesson)));
    setText(this.earlier, translator.text("lookBack.earlier"));
    setText(this.later, translator.text("lookBack.later"));
    // Not disabled, which would take the focus away.
    setAttribute(this.earlier, "aria-disabled", String(wanted <= lesson.start));
    setAttribute(this.later, "aria-disabled", String(wanted >= lesson.end));
    setText(this.sliderLabel, translator.text("lookBack.moment"));
    setAttribute(this.slider, "max", String(Math.ceil((lesson.end - lesson.start) / sliderStep)));
    setAttribute(this.slider, "aria-valuetext", translator.timeWithSeconds(wanted));
    const value = String(Math.ceil((wanted - lesson.start) / sliderStep));
    if (this.slider.value !== value) this.slider.value = value;
  }
}

function toldOf({ lessons, moment, problem, isLoading }, translator) {
  if (problem !== null) {
    return translator.text("lookBack.problem", { detail: problem.message || translator.text("problem.offline") });
  }
  if (lessons?.length === 0) return translator.text("lookBack.none");
  if (moment === null) return translator.text("lookBack.loading");
  const told = translator.text("lookBack.notLive", { time: translator.moment(moment) });
  return isLoading ? `${told} ${translator.text("lookBack.loading")}` : told;
}
