import { Activity } from "./activity.js";
import { Classroom } from "./classroom.js";
import { Outline } from "./outline.js";
import { inSlices } from "./slices.js";
import { timestamp } from "./timestamp.js";

/** The class at earlier moments of its lessons, as the API tells it. Nothing that comes live gets in. */
export class LookBack {
  /** @param {{api: object, course: string, notebook: string | null, onChange: () => void}} options */
  constructor({ api, course, notebook, onChange }) {
    this.api = api;
    this.course = course;
    this.notebook = notebook;
    this.onChange = onChange;
    /** Newest first, in Unix milliseconds; null until they are read. */
    this.lessons = null;
    this.lesson = null;
    /** What is asked for, and what is shown; Unix milliseconds. */
    this.wanted = null;
    this.moment = null;
    this.classroom = new Classroom(course, notebook);
    this.outline = new Outline();
    this.activity = new Activity();
    this.problem = null;
    this.isReading = false;
    this.isStopped = false;
  }

  get isLoading() {
    return this.problem === null && (this.lessons === null || this.wanted !== this.moment);
  }

  async start() {
    try {
      const { lessons } = await this.api.lessons(this.course);
      if (this.isStopped) return;
      this.lessons = lessons.map(({ started_at: start, ended_at: end }) => ({
        // The second in which the first event came: at its end something is known.
        start: Date.parse(start) + 1_000,
        end: Math.max(Date.parse(end), Date.parse(start) + 1_000),
      }));
      if (this.lessons.length > 0) this.choose(0);
    } catch (problem) {
      this.fail(problem);
    }
    this.onChange();
  }

  stop() {
    this.isStopped = true;
  }

  /** @param {number} place of the lesson among all */
  choose(place) {
    this.lesson = this.lessons[place];
    this.seek(this.lesson.end);
  }

  /** @param {number} moment Unix milliseconds; the nearest one of the lesson is taken */
  seek(moment) {
    if (this.lesson === null) return;
    const { start, end } = this.lesson;
    this.wanted = Math.min(Math.max(moment, start), end);
    this.problem = null;
    this.read();
  }

  /** Reads what is wanted; of what is asked for meanwhile, the last. */
  async read() {
    if (this.isReading) return;
    this.isReading = true;
    while (!this.isStopped && this.problem === null && this.moment !== this.wanted) {
      const { wanted } = this;
      try {
        const loaded = await this.load(timestamp(wanted * 1_000));
        if (this.isStopped) return;
        Object.assign(this, loaded, { moment: wanted });
      } catch (problem) {
        // Another moment may have been asked for.
        if (wanted === this.wanted) this.fail(problem);
        else if (problem.name !== "Problem") throw problem;
      }
      this.onChange();
    }
    this.isReading = false;
  }

  async load(at) {
    const { api, course } = this;
    const progress = await api.progress(course, this.notebook, at);
    const notebook = progress.notebook_path;
    const [list, activity, exercises, outline] = await Promise.all([
      api.students(course, notebook, at), api.activity(course, at), api.exercises(course, notebook, at),
      notebook === null ? new Outline() : api.outline(course, notebook).then((answer) => new Outline(answer)),
    ]);
    const classroom = await inSlices(Classroom.building(progress, list, exercises));
    return { classroom, outline, activity: Activity.fromAnswer(activity) };
  }

  fail(problem) {
    if (problem.name !== "Problem") throw problem;
    this.problem = problem;
  }
}
