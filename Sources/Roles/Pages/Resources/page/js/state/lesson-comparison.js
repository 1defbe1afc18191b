import { timestamp } from "./timestamp.js";

/** Read anew this often while it is looked at, in milliseconds. */
const interval = 60_000;

/** The newest lesson of a class beside the one before, as the API told it last. It is read while somebody looks at it. */
export class LessonComparison {
  /** @param {{api: object, course: string, onChange: () => void}} options */
  constructor({ api, course, onChange }) {
    this.api = api;
    this.course = course;
    this.onChange = onChange;
    this.isOpen = false;
    this.answer = null;
    this.problem = null;
    /** Of what was asked for last. */
    this.key = null;
    this.askedAt = 0;
    this.isReading = false;
  }

  open() {
    this.isOpen = true;
  }

  close() {
    Object.assign(this, { isOpen: false, answer: null, problem: null, key: null });
  }

  /**
   * Reads it where what is known is too old, or of another moment.
   *
   * @param {string | null} notebook whose cells are compared
   * @param {number | null} moment that is looked back at, Unix milliseconds; null for now
   */
  async follow(notebook, moment, now = Date.now()) {
    if (!this.isOpen || this.isReading) return;
    const key = `${notebook}\0${moment}`;
    if (key === this.key && now - this.askedAt < interval) return;
    Object.assign(this, { key, askedAt: now, isReading: true });
    try {
      const at = moment === null ? null : timestamp(moment * 1_000);
      const answer = await this.api.comparison(this.course, notebook, at);
      if (this.isOpen) Object.assign(this, { answer, problem: null });
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      if (this.isOpen) Object.assign(this, { answer: null, problem });
    } finally {
      this.isReading = false;
    }
    this.onChange();
  }
}
