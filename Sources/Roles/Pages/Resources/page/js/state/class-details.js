import { JoiningCode } from "./joining-code.js";
import { Messages } from "./messages.js";
import { Outline, outlinePath } from "./outline.js";
import { Roster } from "./roster.js";

/**
 * What is known of a class besides what its learners do. What cannot be read stays as it was: the class is shown
 * with what is known.
 */
export class ClassDetails {
  /**
   * @param {{api: object, course: string, notebook: () => string | null, notebooks: () => object[], now: () => number,
   *   onChange: () => void, onRoster: (roster: Roster) => void, onNewRoster: () => void}} options
   *   `notebook` is the one that is shown, `now` the server's time in Unix milliseconds
   */
  constructor({ api, course, notebook, notebooks, now, onChange, onRoster, onNewRoster }) {
    this.api = api;
    this.course = course;
    this.notebook = notebook;
    this.notebooks = notebooks;
    this.now = now;
    this.onChange = onChange;
    this.onRoster = onRoster;
    this.onNewRoster = onNewRoster;
    this.messages = new Messages(course);
    this.joiningCode = new JoiningCode({ api, course, onChange });
    this.outline = new Outline();
    this.roster = new Roster();
    /** After how many days what learners do is deleted; null where it is kept for ever, or not known. */
    this.keptDays = null;
    /** The server has none, and is not asked again. */
    this.hasNoMessages = false;
    this.isStopped = false;
  }

  stop() {
    this.isStopped = true;
  }

  /** Takes what was read together with the class; null is what could not be. */
  take({ outline, roster }) {
    if (outline !== null) this.outline = outline;
    if (roster !== null) this.roster = roster;
  }

  /** @returns {Promise<Outline | null>} null where it cannot be read */
  async readOutline(notebook) {
    if (notebook === null) return new Outline();
    const answer = await read(this.api.outline(this.course, notebook));
    return answer === undefined ? null : new Outline(answer);
  }

  /** Throws `Problem`. @param {object} notebook as `notebookToSend` gives it */
  async uploadOutline(notebook) {
    const path = this.notebook();
    await this.api.uploadOutline(this.course, this.outline.path ?? outlinePath(path, this.notebooks()), notebook);
    await this.outlineChanged(path);
  }

  /** Throws `Problem`. */
  async deleteOutline() {
    await this.api.deleteOutline(this.course, this.outline.path);
    await this.outlineChanged(this.notebook());
  }

  async outlineChanged(path) {
    const outline = await this.readOutline(path);
    if (this.isStopped || outline === null || path !== this.notebook()) return;
    this.outline = outline;
    this.onChange();
  }

  /** @returns {Promise<Roster | null>} null where it cannot be read */
  async readRoster() {
    const askedAt = this.now() * 1_000;
    const answer = await read(this.api.roster(this.course));
    return answer === undefined ? null : new Roster(answer, askedAt);
  }

  /** Throws `Problem`. @param {Blob} list a CSV file */
  async uploadRoster(list) {
    await this.api.uploadRoster(this.course, list);
    await this.rosterChanged();
  }

  /** Throws `Problem`. */
  async deleteRoster() {
    await this.api.deleteRoster(this.course);
    await this.rosterChanged();
  }

  async rosterChanged() {
    await this.takeRoster();
    if (!this.isStopped) this.onNewRoster();
  }

  async takeRoster() {
    const roster = await this.readRoster();
    if (this.isStopped || roster === null) return;
    this.roster = roster;
    this.onRoster(roster);
    this.onChange();
  }

  async readMessages() {
    if (this.hasNoMessages) return;
    const askedAt = this.now() * 1_000;
    const answer = await read(this.api.messages(this.course));
    if (this.isStopped || answer === undefined) return;
    this.messages.load(answer, askedAt);
    this.hasNoMessages = answer === null;
    this.onChange();
  }

  async readRetention() {
    const answer = await read(this.api.retention(this.course));
    if (this.isStopped || answer === undefined || answer.days === this.keptDays) return;
    this.keptDays = answer.days;
    this.onChange();
  }
}

/** What the API answers; undefined for a `Problem`. */
async function read(answer) {
  try {
    return await answer;
  } catch (problem) {
    if (problem.name !== "Problem") throw problem;
    return undefined;
  }
}
