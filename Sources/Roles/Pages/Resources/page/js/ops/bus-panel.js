import { Panel } from "../components/panel.js";
import { element, setAttribute, setText } from "../view/dom.js";
import { KeyedList } from "../view/keyed-list.js";
import { FactList } from "./fact-list.js";
import { partNote, showPartNote } from "./part-note.js";
import { stateMark } from "./state-mark.js";
import { busFaults, share } from "./health-rules.js";

/** Redis, the journal and the channel. */
export class BusPanel extends Panel {
  build() {
    this.state = stateMark();
    this.note = partNote();
    this.fill = element("div", { class: "gauge-fill" });
    this.gauge = element("div", { class: "gauge", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100 }, this.fill);
    this.gaugeText = element("p", { class: "quiet" });
    this.faultList = element("ul", { class: "faults" });
    this.facts = new FactList(["bus.memory", "bus.policy", "bus.appendOnly", "bus.subscribers", "bus.newest", "bus.version"]);
    this.content = element("div", { class: "stack" }, this.gaugeText, this.gauge, this.faultList, this.facts.node);
    this.aside.append(this.state.node);
    this.body.append(this.note, this.content);
    this.faults = new KeyedList(this.faultList, {
      key: ({ code, reason = "" }) => code + reason,
      face: ({ code, reason = "" }) => code + reason,
      create: () => {
        const mark = stateMark();
        const line = element("li", {}, mark.node);
        line.mark = mark;
        return line;
      },
      update: (line, { tone, code, reason }) =>
        line.mark.show(tone, this.translator.text(`busFault.${code}`, { reason })),
    });
  }

  update({ operations }, translator, budget) {
    this.translator = translator;
    const { bus } = operations.parts;
    this.title(translator.text("bus.title"));
    showPartNote(this.note, bus, operations.isUnreachable, translator);
    this.content.hidden = bus.answer === null;
    this.state.node.hidden = bus.answer === null || bus.problem !== null;
    if (bus.answer === null) return;
    const { redis, journal, channel } = bus.answer;
    const faults = busFaults(bus.answer);
    const worst = faults.some(({ tone }) => tone === "stuck") ? "stuck" : faults.length > 0 ? "behind" : "done";
    this.state.show(worst, translator.text(`busState.${worst}`));
    const values = { entries: journal.entries, capacity: journal.capacity };
    const full = Math.round(share(journal.entries, journal.capacity) * 100);
    setText(this.gaugeText, translator.text("bus.journal", values));
    setAttribute(this.gauge, "aria-label", translator.text("bus.journal", values));
    setAttribute(this.gauge, "aria-valuenow", full);
    setAttribute(this.gauge, "data-state", worst === "done" ? "on_track" : worst);
    // The length of a bar is a fact; the style sheet reads it.
    this.fill.style.setProperty("--share", `${full}%`);
    this.faults.update(faults, budget, translator);
    const newest = Number(journal.last_stream_id.split("-")[0]);
    this.facts.update({
      "bus.memory": memory(redis, translator),
      "bus.policy": redis.memory_policy ?? "",
      "bus.appendOnly": redis.append_only === null ? "" : translator.text(redis.append_only ? "bus.on" : "bus.off"),
      "bus.subscribers": channel.subscribers === null ? "" : translator.number(channel.subscribers),
      "bus.newest": newest === 0 ? translator.text("bus.none") : translator.moment(newest),
      "bus.version": redis.version ?? "",
    }, translator);
  }
}

function memory({ used_memory_bytes: used, memory_limit_bytes: limit }, translator) {
  if (used === null) return "";
  const key = limit > 0 ? "bus.memoryOf" : "bus.memoryUnlimited";
  return translator.text(key, { used: translator.bytes(used), limit: translator.bytes(limit ?? 0) });
}
