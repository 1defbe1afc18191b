import { Problem } from "../api/problem.js";
import { LagTrend } from "./health-rules.js";

export const deadLettersAPage = 50;
const mostDeadLetters = 1_000;

/**
 * What the page knows of the server: the newest answer of each part, and the problem of a part whose newest
 * answer is none. An old answer stays: it is better than nothing, and the page says how old it is.
 */
export class Operations {
  constructor(api, now = () => Date.now()) {
    this.api = api;
    this.now = now;
    this.parts = { bus: part(), sinks: part(), deadLetters: part(), mirror: part() };
    /** Whose dead letters there can be, as the last list named them. */
    this.deadLetterSinks = [];
    this.filter = { sink: "", reason: "" };
    this.shown = deadLettersAPage;
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
      this.readPart("deadLetters", () => this.readDeadLetters(filter)),
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

  async readDeadLetters(filter) {
    const page = await this.api.deadLetters(filter, Math.min(this.shown, mostDeadLetters));
    this.deadLetterSinks = page.sinks;
    // The answer to what was asked before the filter changed.
    return filter === this.filter ? { list: page.dead_letters, hasMore: page.next_cursor !== null } : undefined;
  }

  async readMirror() {
    const [status, health] = await Promise.all([this.api.mirrorStatus(), this.api.mirrorHealth()]);
    return { status, health };
  }

  setFilter(filter) {
    this.filter = { ...this.filter, ...filter };
    this.shown = deadLettersAPage;
    this.parts.deadLetters = part();
  }

  showMore() {
    this.shown = Math.min(mostDeadLetters, this.shown + deadLettersAPage);
  }

  get canShowMore() {
    return this.parts.deadLetters.answer?.hasMore === true && this.shown < mostDeadLetters;
  }

  /** Of all sinks, where both stores have been asked. */
  get deadLetterCount() {
    const bus = this.parts.bus.answer;
    const mirror = this.parts.mirror.answer;
    return bus === null || mirror === null ? null : bus.dead_letters.count + mirror.status.totals.failed;
  }
}

function part() {
  return { answer: null, problem: null };
}
