import { element, setText } from "../view/dom.js";
import { setOptions } from "./option-list.js";
import { Panel } from "./panel.js";

const lengths = [45, 60, 90, 120, 180, 240, 480];
const usualLength = 90;

/** The code by which a class joins: in the panel, and large for a projector. */
export class JoiningBoard extends Panel {
  build() {
    this.hint = element("p", { class: "quiet" });
    this.lengthLabel = element("span");
    this.length = element("select", { name: "minutes" });
    this.make = element("button", { type: "submit", class: "small" });
    this.form = element(
      "form", { class: "joining-form" }, element("label", {}, this.lengthLabel, this.length), this.make);
    this.code = element("p", { class: "joining-code" });
    this.line = element("code", { class: "joining-line" });
    this.ends = element("p", { class: "quiet" });
    this.enlarge = element("button", { type: "button", class: "small" });
    this.end = element("button", { type: "button", class: "small" });
    this.open = element(
      "div", { class: "joining-open" }, this.code, this.line, this.ends,
      element("div", { class: "joining-actions" }, this.enlarge, this.end));
    this.outcome = element("p", { class: "quiet", role: "status" });
    this.large = {
      code: element("p", { class: "joining-code", id: "joining-large" }),
      line: element("code", { class: "joining-line" }),
      close: element("button", { type: "button", class: "small" }),
    };
    this.dialog = element(
      "dialog", { class: "joining-large", "aria-labelledby": "joining-large" },
      this.large.code, this.large.line, this.large.close);
    this.body.append(this.hint, this.form, this.open, this.outcome, this.dialog);
    this.minutes = usualLength;
    this.length.addEventListener("change", () => { this.minutes = Number(this.length.value); });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.announce("joining-code-make", this.minutes);
    });
    this.end.addEventListener("click", () => this.announce("joining-code-end"));
    this.enlarge.addEventListener("click", () => this.dialog.showModal());
    this.large.close.addEventListener("click", () => this.dialog.close());
    this.hidden = true;
  }

  update({ joiningCode, now }, translator) {
    this.hidden = !joiningCode.isOn;
    const isOpen = joiningCode.isOpen(now);
    if (!isOpen || this.hidden) this.dialog.close();
    if (this.hidden) return;
    this.title(translator.text("joining.title"));
    setText(this.hint, translator.text(isOpen ? "joining.openHint" : "joining.hint"));
    setText(this.lengthLabel, translator.text("joining.length"));
    const options = lengths.map((minutes) => ({
      value: String(minutes), label: translator.text("joining.minutes", { count: minutes }),
    }));
    setOptions(this.length, options, String(this.minutes));
    setText(this.make, translator.text("joining.make"));
    this.form.hidden = isOpen;
    this.open.hidden = !isOpen;
    const line = `%progressbus join ${joiningCode.code} "${translator.text("joining.name")}"`;
    for (const { code, line: shown } of [this, this.large]) {
      setText(code, joiningCode.code ?? "");
      setText(shown, line);
    }
    setText(this.ends, translator.text("joining.ends", { time: translator.time(joiningCode.endsAt) }));
    setText(this.enlarge, translator.text("joining.enlarge"));
    setText(this.end, translator.text("joining.end"));
    setText(this.large.close, translator.text("joining.close"));
    const { problem } = joiningCode;
    const detail = problem?.message || translator.text("problem.offline");
    setText(this.outcome, problem === null ? "" : translator.text("messages.problem", { detail }));
  }
}
