import { ClassSession } from "./state/class-session.js";
import { classView } from "./state/class-view.js";
import { Feed } from "./state/feed.js";
import { JoiningCode } from "./state/joining-code.js";
import { LessonComparison } from "./state/lesson-comparison.js";
import { LookBack } from "./state/look-back.js";
import { Messages } from "./state/messages.js";
import { displayName } from "./state/name-order.js";
import { TeacherActs } from "./teacher-acts.js";
import { AlertSignals } from "./view/alert-signals.js";
import { browserStorage } from "./view/browser-storage.js";
import { saveClass } from "./view/class-file.js";
import { setText } from "./view/dom.js";
import { LanguageAndTheme } from "./view/language-and-theme.js";
import { Notices } from "./view/notices.js";
import { Painter } from "./view/painter.js";

const courseInterval = 30_000;
const emptyCourseInterval = 3_000;
/** Waiting times and states move on even when nothing happens. */
const tick = 1_000;

/** Holds the page together: the user's choices, the class that is followed, and the painting. */
export class ClassroomPage {
  /** @param {import("./state/sign-in.js").SignIn} signIn which hears of what `api` asks */
  constructor(document, api, signIn) {
    this.document = document;
    this.api = api;
    this.signIn = signIn;
    this.courses = [];
    this.session = null;
    /** Null while the class is shown as it is now. */
    this.lookBack = null;
    this.comparison = null;
    this.filter = "all";
    this.problem = null;
    this.painter = new Painter((budget) => this.paint(budget));
    this.languageAndTheme = new LanguageAndTheme();
    this.alertSignals = new AlertSignals();
    this.api.hidesNames = browserStorage.get("names") === "hidden";
    const names = [
      "page-links", "class-picker", "connection-status", "page-settings", "session-menu", "sign-in-panel", "look-back-panel", "class-alerts",
      "state-counters", "help-queue", "attention-list", "attendance-board", "message-board", "joining-board", "progress-board", "exercise-board", "learner-roster", "activity-chart", "comparison-board",
      "live-feed", "learner-drawer",
    ];
    this.components = names.map((name) => document.querySelector(name));
    this.drawer = document.querySelector("learner-drawer");
    this.messageBoard = document.querySelector("message-board");
    this.attendanceBoard = document.querySelector("attendance-board");
    this.helpQueue = document.querySelector("help-queue");
    this.acts = new TeacherActs({
      api,
      signIn,
      messageBoard: this.messageBoard,
      attendanceBoard: this.attendanceBoard,
      helpQueue: this.helpQueue,
      progressBoard: document.querySelector("progress-board"),
      session: () => this.session,
    });
    this.main = document.querySelector("main");
    this.notices = new Notices(document, (course) => {
      this.follow(course, null);
      this.painter.request();
    });
  }

  get translator() {
    return this.languageAndTheme.translator;
  }

  start() {
    const requestPaint = () => this.painter.request();
    const handlers = {
      "course-change": (course) => this.follow(course, null),
      "notebook-change": (notebook) => this.follow(this.session.course, notebook),
      // By what was chosen last, not by what is painted: a second press can come before the painting.
      "filter-toggle": (state) => { this.filter = this.filter === state ? "all" : state; },
      "names-hide": (isOn) => this.hideNames(isOn),
      // A timeline is of somebody by name.
      "learner-open": (id) => this.api.hidesNames || this.drawer.open({ api: this.api, course: this.session.course, id }),
      "class-save": () => this.save(),
      "look-back-begin": () => this.beginLookBack(),
      "look-back-end": () => this.endLookBack(),
      "look-back-lesson": (place) => this.lookBack?.choose(place),
      // From what was asked for last, not from what is painted.
      "look-back-step": (change) => this.lookBack?.seek(this.lookBack.wanted + change),
      "look-back-seek": (moment) => this.lookBack?.seek(moment),
      "comparison-open": () => this.comparison.open(),
      "comparison-close": () => this.comparison.close(),
      "outline-upload": (file) => this.acts.uploadOutline(file).then(requestPaint),
      "outline-remove": () => this.acts.removeOutline().then(requestPaint),
      "roster-upload": (file) => this.acts.uploadRoster(file).then(requestPaint),
      "roster-remove": () => this.acts.removeRoster().then(requestPaint),
      "message-to": (id) => this.messageBoard.address(id),
      "message-send": (message) => this.acts.sendMessage(message).then(requestPaint),
      "hand-take": (id) => this.acts.takeHand(id).then(requestPaint),
      "joining-code-make": (minutes) => this.session.details.joiningCode.make(minutes),
      "joining-code-end": () => this.session.details.joiningCode.end(),
      "alert-sound-toggle": (isOn) => this.alertSignals.setSound(isOn),
      "alert-notice-toggle": (isOn) => this.alertSignals.setNotice(isOn).then(requestPaint),
      "learner-close": () => {},
      "view-change": () => {},
      "sign-in": (token) => this.signIn.signIn(token).then((mayRead) => mayRead && this.signIn.reload()),
      "sign-out": () => this.signIn.signOut(),
      "feed-toggle": () => this.session.feed.toggle(),
      ...this.languageAndTheme.handlers,
    };
    for (const [type, handle] of Object.entries(handlers)) {
      this.document.addEventListener(type, ({ detail }) => {
        handle(detail);
        requestPaint();
      });
    }
    addEventListener("popstate", () => {
      const { course, notebook } = this.address();
      if (course !== null && !this.signIn.isNeeded) this.follow(course, notebook, "none");
    });
    addEventListener("hashchange", () => this.signIn.fragmentChanged());
    setInterval(requestPaint, tick);
    this.signIn.onChange = () => {
      if (this.signIn.isNeeded) this.leave();
      requestPaint();
    };
    this.signIn.start().then((mayRead) => mayRead && this.readCourses());
    requestPaint();
  }

  address() {
    const parameters = new URLSearchParams(location.search);
    return { course: parameters.get("course"), notebook: parameters.get("notebook") };
  }

  /** Nothing of the class stays in sight of somebody who may not see it any more. */
  leave() {
    this.endLookBack();
    this.session?.stop();
    this.session = null;
    this.comparison?.close();
    this.messageBoard.reset();
    this.helpQueue.tell(null);
    this.drawer.leave();
  }

  async readCourses() {
    if (this.signIn.isNeeded) return;
    try {
      const { courses } = await this.api.courses();
      this.courses = courses.map(({ course_id }) => course_id);
      this.problem = null;
      if (this.session === null) this.chooseCourse(courses);
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      if (this.session === null) this.problem = problem;
    }
    if (this.signIn.isNeeded) return;
    const delay = this.session === null ? emptyCourseInterval : courseInterval;
    setTimeout(() => this.readCourses(), delay);
    this.painter.request();
  }

  /** The class in the address, else the last one that was looked at, else the one active last. */
  chooseCourse(courses) {
    const { course, notebook } = this.address();
    // The path of a notebook may have a name in it.
    if (course !== null && this.api.hidesNames) return this.follow(course, null, "replace");
    if (course !== null) return this.follow(course, notebook, "none");
    const remembered = browserStorage.get("course");
    const newest = [...courses].sort((a, b) =>
      (b.last_activity_at ?? "").localeCompare(a.last_activity_at ?? ""));
    const choice = this.courses.includes(remembered) ? remembered : newest[0]?.course_id;
    if (choice !== undefined) this.follow(choice, null, "replace");
  }

  /** @param {"push" | "replace" | "none"} address what becomes of the address, which names the class */
  follow(course, notebook, address = "push") {
    if (this.session?.course !== course) {
      this.messageBoard.reset();
      this.attendanceBoard.tell(null);
      this.helpQueue.tell(null);
    }
    this.endLookBack();
    this.session?.stop();
    if (address === "push") browserStorage.set("course", course);
    const parameters = new URLSearchParams({ course, ...(notebook === null ? {} : { notebook }) });
    if (address === "push") history.pushState(null, "", `?${parameters}`);
    else if (address === "replace") history.replaceState(null, "", `?${parameters}`);
    this.filter = "all";
    this.comparison = this.newComparison(course);
    this.session = new ClassSession({
      api: this.api,
      course,
      notebook,
      onChange: () => this.painter.request(),
      onEvent: (event) => this.drawer.add(event),
      onAccessEnded: () => this.signIn.ended(),
    });
    this.session.start();
  }

  newComparison(course) {
    this.comparison?.close();
    return new LessonComparison({ api: this.api, course, onChange: () => this.painter.request() });
  }

  /** Nothing that was read with names stays. */
  hideNames(isOn) {
    this.api.hidesNames = isOn;
    browserStorage.set("names", isOn ? "hidden" : "shown");
    const course = this.session?.course;
    this.leave();
    if (course !== undefined) this.follow(course, null, "replace");
  }

  /** The class is followed all the while, unseen. */
  beginLookBack() {
    const { course, notebookChoice } = this.session;
    this.lookBack = new LookBack({
      api: this.api, course, notebook: notebookChoice, onChange: () => this.painter.request(),
    });
    this.lookBack.start();
  }

  endLookBack() {
    this.lookBack?.stop();
    this.lookBack = null;
  }

  /** The class that is shown, and by which moment; Unix milliseconds. */
  shown(session) {
    const { lookBack } = this;
    const { classroom, activity } = lookBack ?? session;
    const { outline } = lookBack ?? session.details;
    return { classroom, outline, activity, now: lookBack === null ? session.now() : (lookBack.moment ?? session.now()) };
  }

  /** Gives the class as it is shown to the browser, to be saved as a file. */
  save() {
    const { session } = this;
    if (session === null) return;
    saveClass(session.course, this.shown(session));
  }

  /** @param {import("./view/frame-budget.js").FrameBudget} budget */
  paint(budget) {
    const { translator, session, document } = this;
    this.languageAndTheme.paint(document);
    const moment = session === null ? this.emptyMoment() : this.sessionMoment(session);
    this.comparison?.follow(moment.notebook, this.lookBack?.moment ?? null);
    for (const component of this.components) component.update(moment, translator, budget);
    const waits = this.lookBack === null ? moment.view.helpQueue.length : 0;
    setText(document.querySelector("title"), (waits > 0 ? `(${waits}) ` : "") + translator.text("page.title"));
    setText(document.querySelector("#skip"), translator.text("page.skip"));
    this.main.hidden = session === null;
    this.notices.show(moment, session === null, translator);
  }

  sessionMoment(session) {
    const { lookBack } = this;
    const isLive = lookBack === null;
    const { classroom, outline, activity, now } = this.shown(session);
    const courses = this.courses.includes(session.course) ? this.courses : [session.course, ...this.courses];
    return {
      courses,
      course: session.course,
      notebook: classroom.notebook,
      notebooks: classroom.notebooks,
      notebookChoice: session.notebookChoice,
      view: classView(classroom, now * 1_000, outline),
      activity: activity.window(now),
      isActivityMissing: isLive && session.isActivityMissing,
      // What happens now, and what can be done now, is no part of an earlier moment.
      feed: isLive ? session.feed : new Feed(),
      messages: isLive ? session.details.messages : new Messages(session.course),
      joiningCode: isLive ? session.details.joiningCode : new JoiningCode({ api: this.api, course: session.course }),
      attendance: session.details.roster.attendance(classroom),
      keptDays: session.details.keptDays,
      lookBack,
      canLookBack: session.isLoaded,
      comparison: (this.comparison ??= this.newComparison(session.course)),
      isComparable: session.isLoaded && !this.api.hidesNames,
      nameOf: (id) => displayName(classroom.learners.get(id) ?? session.details.roster.byID.get(id) ?? { id }),
      status: isLive ? session.status : "lookingBack",
      isLoaded: isLive && session.isLoaded,
      problem: session.problem,
      filter: this.filter,
      signIn: this.signIn,
      hidesNames: this.api.hidesNames,
      theme: this.languageAndTheme.theme,
      alertSignals: this.alertSignals,
      now,
    };
  }

  emptyMoment() {
    this.blank ??= new ClassSession({ api: this.api, course: "", notebook: null, onChange: () => {} });
    const moment = { ...this.sessionMoment(this.blank), courses: this.courses, problem: this.problem };
    return this.signIn.isNeeded ? { ...moment, courses: [], status: "signedOut" } : moment;
  }
}
