import { LiveConnection } from "../live/live-connection.js";
import { Backoff } from "../live/backoff.js";
import { comparePositions, earliestPosition } from "../live/stream-position.js";
import { Activity } from "./activity.js";
import { applyEvent } from "./apply-event.js";
import { ClassDetails } from "./class-details.js";
import { Classroom } from "./classroom.js";
import { EventLog } from "./event-log.js";
import { Feed } from "./feed.js";
import { Inbox, eventsATask } from "./inbox.js";
import { RecentIDs } from "./recent-ids.js";
import { inSlices } from "./slices.js";

/** What only the API knows (durations, the most common error) is read anew this often, in ms. */
const refreshInterval = 60_000;
/** What the page cannot know by itself is asked for so soon, and no more often, in ms. */
const unsureInterval = 5_000;
/** The class is read anew so often where names are hidden: live events hold them. In ms. */
const hiddenInterval = 5_000;
const refreshedNotice = 15_000;
const rememberedEvents = 5_000;

/** Follows one class: loads it, applies what comes live, and loads it again when events are lost. */
export class ClassSession {
  /**
   * @param {{api: object, course: string, notebook: string | null, onChange: () => void,
   *   onEvent?: (event: object) => void, onAccessEnded?: () => void, backoff?: Backoff}} options
   *   without `notebook` the API chooses the one that the class works on
   */
  constructor({
    api, course, notebook, onChange, onEvent = () => {}, onAccessEnded = () => {}, backoff = new Backoff(),
  }) {
    this.api = api;
    this.course = course;
    this.notebookChoice = notebook;
    this.onChange = onChange;
    this.onEvent = onEvent;
    this.classroom = new Classroom(course, notebook);
    this.activity = new Activity();
    this.feed = new Feed();
    this.details = new ClassDetails({
      api,
      course,
      notebook: () => this.classroom.notebook,
      notebooks: () => this.classroom.notebooks,
      now: () => this.now(),
      onChange,
      onRoster: (roster) => (this.classroom.listed = roster.byID),
      // The API gives the roster's names to those who are here.
      onNewRoster: () => this.refreshSoon(),
    });
    this.seen = new RecentIDs();
    this.recent = new EventLog(rememberedEvents);
    this.inbox = new Inbox((events) => this.apply(events));
    this.clockOffset = 0;
    this.status = "connecting";
    this.problem = null;
    this.isActivityMissing = false;
    this.isLoaded = false;
    this.isStopped = false;
    /** Whether pseudonyms are shown, and so no live event is taken. */
    this.hidesNames = api.hidesNames === true;
    /** Before every load but the first, whatever made it necessary. */
    this.backoff = backoff;
    /** Whether the class is to be loaded, or is being loaded, to go on from there. */
    this.isReloading = false;
    this.isLoadDue = false;
    this.loads = 0;
    this.isRefreshDue = false;
    this.timers = new Set();
    this.connection = new LiveConnection({
      course,
      isBusDown: () => api.isBusDown(),
      handlers: {
        onEvents: (events) => this.inbox.add(events),
        onReload: () => this.reload(),
        onPhase: (phase) => this.follow(phase),
        onAccessEnded,
      },
    });
  }

  /** The server's time, Unix milliseconds. */
  now() {
    return Date.now() + this.clockOffset;
  }

  start() {
    this.loadAndConnect();
    // A class that nobody has joined cannot be loaded yet.
    this.details.joiningCode.read();
    this.details.takeRoster();
    this.scheduleRefresh();
  }

  stop() {
    this.isStopped = true;
    this.details.stop();
    for (const timer of this.timers) clearTimeout(timer);
    this.inbox.clear();
    this.connection.stop();
  }

  // Loading

  async loadAndConnect() {
    this.isReloading = true;
    const loaded = await this.load();
    if (this.isStopped) return;
    if (loaded === null) {
      if (this.hidesNames) this.setStatus("reconnecting");
      return this.loadLater();
    }
    this.isReloading = false;
    this.backoff.succeeded();
    this.show(loaded);
    if (this.hidesNames) {
      this.setStatus("namesHidden");
      return this.later(hiddenInterval * (0.8 + 0.4 * Math.random()), () => this.loadAndConnect());
    }
    if (this.status === "refreshing") this.noteRefreshed();
    this.connection.start(loaded.position);
  }

  /**
   * @returns {Promise<object | null>} the class as the API tells it, and the position from which the
   *   stream goes on; null on failure, and when a later load has begun
   */
  async load() {
    this.loads += 1;
    const load = this.loads;
    try {
      const progress = await this.api.progress(this.course, this.notebookChoice);
      const [list, answer, exercises, outline, roster] = await Promise.all([
        this.api.students(this.course, progress.notebook_path),
        this.api.activity(this.course).catch(() => null),
        this.api.exercises(this.course, progress.notebook_path).catch(() => null),
        this.details.readOutline(progress.notebook_path),
        this.details.readRoster(),
      ]);
      const classroom = await inSlices(Classroom.building(progress, list, exercises));
      classroom.listed = (roster ?? this.details.roster).byID;
      if (this.isStopped || load !== this.loads) return null;
      return {
        classroom,
        outline,
        roster,
        activity: answer === null ? null : Activity.fromAnswer(answer),
        clockOffset: Date.parse(list.generated_at) - Date.now(),
        position: earliestPosition([...progress.streamIDs, ...list.streamIDs]),
      };
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      if (load !== this.loads) return null;
      this.problem = problem;
      this.onChange();
      return null;
    }
  }

  show({ classroom, outline, roster, activity, clockOffset }) {
    this.classroom = classroom;
    this.details.take({ outline, roster });
    this.isActivityMissing = activity === null;
    if (activity !== null) this.activity = activity;
    this.clockOffset = clockOffset;
    this.isLoaded = true;
    this.problem = null;
    this.onChange();
    this.details.readMessages();
    this.details.readRetention();
  }

  reload() {
    this.setStatus("refreshing");
    // An answer that is still on its way knows nothing of what was missed.
    this.loads += 1;
    this.recent.clear();
    this.inbox.clear();
    this.loadLater();
  }

  /** Loads after a wait, and once, however often it is asked for until then. */
  loadLater() {
    this.isReloading = true;
    if (this.isLoadDue) return;
    this.isLoadDue = true;
    this.later(this.backoff.next(), () => {
      this.isLoadDue = false;
      this.loadAndConnect();
    });
  }

  scheduleRefresh() {
    this.later(refreshInterval * (0.8 + 0.4 * Math.random()), async () => {
      if (this.status === "live" && !document.hidden) {
        this.details.joiningCode.read();
        await this.refresh();
      }
      if (!this.isStopped) this.scheduleRefresh();
    });
  }

  /** Asks for what only the API knows, soon. */
  refreshSoon() {
    if (this.isRefreshDue) return;
    this.isRefreshDue = true;
    this.later(unsureInterval * (0.8 + 0.4 * Math.random()), async () => {
      await this.refresh();
      this.isRefreshDue = false;
    });
  }

  /** Reads the class anew while the live connection goes on, or is being made again. */
  async refresh() {
    // It would read the same, and make that one's answer void.
    if (this.isReloading || this.hidesNames) return;
    const loaded = await this.load();
    if (this.isStopped || loaded === null) return;
    const { loads } = this;
    const isComplete = await this.catchUp(loaded);
    if (this.isStopped || loads !== this.loads) return;
    this.show(loaded);
    if (isComplete) return;
    // What came since is not remembered here: the journal tells.
    this.inbox.clear();
    this.connection.start(loaded.position);
  }

  /**
   * Brings what was loaded up to what has come live. Nothing comes between its last step and the answer.
   *
   * @returns {Promise<boolean>} whether all of it is remembered
   */
  async catchUp({ classroom, activity, position }) {
    if (position === null || !this.recent.reachesBackTo(position)) return false;
    // The class and the activity both take an event that their answer holds already; most of what is
    // remembered is older still.
    const begin = earliestPosition([position, (activity ?? this.activity).position]) ?? position;
    return inSlices(this.recent.replaying(begin, eventsATask, (event) => {
      applyEvent(classroom, event);
      activity?.add(event);
    }));
  }

  // Live

  apply(events) {
    for (const event of events) {
      if (this.details.messages.add(event) || !applyEvent(this.classroom, event)) continue;
      this.recent.add(event);
      if (!this.seen.add(event.event_id)) continue;
      this.activity.add(event);
      this.feed.add(event);
      this.onEvent(event);
    }
    if (this.classroom.isStreakUnsure) {
      this.classroom.isStreakUnsure = false;
      this.refreshSoon();
    }
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
