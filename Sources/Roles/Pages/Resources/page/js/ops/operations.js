import { Problem } from "../api/problem.js";
import { LagTrend } from "./verdicts.js";

export const pageOfLetters = 50;
const mostLetters = 1_000;

/**
 * What the page knows of the server: the newest answer of each part, and the problem of a part whose newest
 * answer is none. An old answer stays: it is better than nothing, and the page says how old it is.
 */
export class Operations {
  constructor(api, now = () => Date.now()) {
    this.api = api;
    this.now = now;
    this.parts = { bus: part(), sinks: part(), letters: part(), mirror: part() };
    this.filter = { sink: "", reason: "" };
    this.shown = pageOfLetters;
    this.trend = new LagTrend();
    this.answeredAt = null;
    this.isUnreachable = false;
  }

  /** @returns {Promise<boolean>} whether the server answered at all */
  async read() {
    const { filter } = this;
    const answers = await Promise.all([
      this.readPart("bus", () => this.api.bus()),
      this.readPart("sinks", () => this.api.sinks()),
      this.readPart("letters", () => this.readLetters(filter)),
      this.readPart("mirror", () => this.readMirror()),
    ]);
    this.isUnreachable = !answers.some((isAnswered) => isAnswered);
    if (!this.isUnreachable) this.answeredAt = this.now();
    return !this.isUnreachable;
  }

  async readPart(name, read) {
    const known = this.parts[name];
    try {
      const answer = await read();
      if (answer === undefined) return true;
      known.answer = answer;
      known.problem = null;
      if (name === "sinks") this.trend.add(answer, this.now());
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      known.problem = problem;
      return problem.status !== 0;
    }
  }

  async readLetters(filter) {
    const page = await this.api.deadLetters(filter, Math.min(this.shown, mostLetters));
    // The answer to what was asked before the filter changed.
    return filter === this.filter ? { list: page.dead_letters, hasMore: page.next_cursor !== null } : undefined;
  }

  async readMirror() {
    const [status, health] = await Promise.all([this.api.mirrorStatus(), this.api.mirrorHealth()]);
    return { status, health };
  }

  setFilter(filter) {
    this.filter = { ...this.filter, ...filter };
    this.shown = pageOfLetters;
    this.parts.letters = part();
  }

  showMore() {
    this.shown = Math.min(mostLetters, this.shown + pageOfLetters);
  }

  get canShowMore() {
    return this.parts.letters.answer?.hasMore === true && this.shown < mostLetters;
  }

  /** Of all sinks, where both stores have been asked. */
  get letterCount() {
    const bus = this.parts.bus.answer;
    const mirror = this.parts.mirror.answer;
    return bus === null || mirror === null ? null : bus.dead_letters.count + mirror.status.totals.failed;
  }
}

function part() {
  return { answer: null, problem: null };
}
