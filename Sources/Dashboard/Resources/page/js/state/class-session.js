import { LiveConnection } from "../live/live-connection.js";
import { retryDelay } from "../live/backoff.js";
import { comparePositions, earliestPosition } from "../live/stream-position.js";
import { Activity } from "./activity.js";
import { applyEvent } from "./apply-event.js";
import { Classroom } from "./classroom.js";
import { Feed } from "./feed.js";
import { RecentIDs } from "./recent-ids.js";

/** What only the API knows (durations, the most common error) is read anew this often, in ms. */
const refreshInterval = 60_000;
const refreshedNotice = 15_000;
const rememberedEvents = 5_000;

/** Follows one class: loads it, applies what comes live, and loads it again when events are lost. */
export class ClassSession {
  /**
   * @param {{api: object, course: string, notebook: string | null, onChange: () => void,
   *   onEvent?: (event: object) => void}} options
   *   without `notebook` the API chooses the one that the class works on
   */
  constructor({ api, course, notebook, onChange, onEvent = () => {} }) {
    this.api = api;
    this.course = course;
    this.notebookChoice = notebook;
    this.onChange = onChange;
    this.onEvent = onEvent;
    this.classroom = new Classroom(course, notebook);
    this.activity = new Activity();
    this.feed = new Feed();
    this.seen = new RecentIDs();
    this.recent = [];
    this.clockOffset = 0;
    this.status = "connecting";
    this.problem = null;
    this.isActivityMissing = false;
    this.isLoaded = false;
    this.isStopped = false;
    this.failures = 0;
    this.loads = 0;
    this.timers = new Set();
    this.connection = new LiveConnection({
      course,
      isBusDown: () => api.isBusDown(),
      handlers: {
        onEvents: (events) => this.receive(events),
        onReload: () => this.reload(),
        onPhase: (phase) => this.follow(phase),
      },
    });
  }

  /** The server's time, Unix milliseconds. */
  now() {
    return Date.now() + this.clockOffset;
  }

  start() {
    this.loadAndConnect();
    this.scheduleRefresh();
  }

  stop() {
    this.isStopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.connection.stop();
  }

  // Loading

  async loadAndConnect() {
    const position = await this.load();
    if (this.isStopped) return;
    if (position === undefined) {
      this.later(retryDelay(this.failures), () => this.loadAndConnect());
      this.failures += 1;
      return;
    }
    this.failures = 0;
    if (this.status === "refreshing") this.noteRefreshed();
    this.connection.start(position);
  }

  /**
   * @returns {Promise<string | null | undefined>} the position of the answer; undefined on failure, and
   *   when a later load has begun
   */
  async load() {
    this.loads += 1;
    const load = this.loads;
    try {
      const progress = await this.api.progress(this.course, this.notebookChoice);
      const [list, activity] = await Promise.all([
        this.api.students(this.course, progress.notebook_path),
        this.api.activity(this.course).catch(() => null),
      ]);
      if (this.isStopped || load !== this.loads) return undefined;
      this.classroom = Classroom.fromAnswers(progress, list, this.classroom);
      this.isActivityMissing = activity === null;
      if (activity !== null) this.activity = Activity.fromAnswer(activity);
      this.clockOffset = Date.parse(list.generated_at) - Date.now();
      this.isLoaded = true;
      this.problem = null;
      this.onChange();
      return earliestPosition([...progress.streamIDs, ...list.streamIDs]);
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      if (load !== this.loads) return undefined;
      this.problem = problem;
      this.onChange();
      return undefined;
    }
  }

  reload() {
    this.setStatus("refreshing");
    this.recent = [];
    this.loadAndConnect();
  }

  scheduleRefresh() {
    this.later(refreshInterval * (0.8 + 0.4 * Math.random()), async () => {
      if (this.status === "live" && !document.hidden) await this.refresh();
      if (!this.isStopped) this.scheduleRefresh();
    });
  }

  /** Reads the class anew while the live connection goes on, or is being made again. */
  async refresh() {
    const position = await this.load();
    if (this.isStopped || position === undefined) return;
    const oldest = this.recent[0]?.stream_id;
    const hasForgotten = this.recent.length >= rememberedEvents;
    if (position === null || (hasForgotten && comparePositions(oldest, position) > 0)) {
      // What came since is not remembered here: the journal tells.
      this.connection.start(position);
      return;
    }
    // Both take an event that their answer holds already; most of what is remembered is older still.
    const begin = earliestPosition([position, this.activity.position]) ?? position;
    let first = this.recent.length;
    while (first > 0 && comparePositions(this.recent[first - 1].stream_id, begin) > 0) first -= 1;
    for (const event of this.recent.slice(first)) {
      applyEvent(this.classroom, event);
      this.activity.add(event);
    }
    this.onChange();
  }

  // Live

  receive(events) {
    for (const event of events) {
      if (!applyEvent(this.classroom, event)) continue;
      this.recent.push(event);
      if (!this.seen.add(event.event_id)) continue;
      this.activity.add(event);
      this.feed.add(event);
      this.onEvent(event);
    }
    if (this.recent.length > 2 * rememberedEvents) this.recent = this.recent.slice(-rememberedEvents);
    this.onChange();
  }

  follow(phase) {
    if (phase === "waiting") this.setStatus("reconnecting");
    if (phase === "open" && this.status !== "refreshed") this.setStatus("live");
  }

  noteRefreshed() {
    this.setStatus("refreshed");
    this.later(refreshedNotice, () => {
      if (this.status === "refreshed") this.setStatus("live");
    });
  }

  setStatus(status) {
    if (this.status === status) return;
    this.status = status;
    this.onChange();
  }

  later(delay, action) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, delay);
    this.timers.add(timer);
  }
}
