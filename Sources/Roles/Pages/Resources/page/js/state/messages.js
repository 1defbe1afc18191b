import { microseconds } from "./timestamp.js";

const rememberedMessages = 50;
const rememberedTakes = 8;

/** Hands that somebody has taken, and what was sent to learners: as the API tells it, and as it comes live. */
export class Messages {
  constructor(course) {
    this.course = course;
    /** Whether the server has messages, as far as known. */
    this.isOn = false;
    /** By learner; times are microseconds since 1970. */
    this.takes = new Map();
    /** Newest first. */
    this.sent = [];
  }

  /**
   * @param {object | null} answer null where the server has none
   * @param {number} at when it was asked for, microseconds since 1970 by the server's clock
   */
  load(answer, at = 0) {
    this.isOn = answer !== null;
    if (answer === null) return;
    for (const hand of answer.hands) {
      if (hand.teacher !== null) this.take(hand.student_id, hand.teacher, hand.asked_at, hand.taken_at);
    }
    const known = new Map(this.sent.map((message) => [message.id, message]));
    const seenOf = (id) => new Set([...(known.get(id)?.shownTo ?? []), ...(known.get(id)?.shownSince ?? [])]);
    const loaded = answer.messages.map((message) => ({
      id: message.message_id, to: message.to, learner: message.student_id, team: message.team,
      teacher: message.teacher, text: message.text, shown: message.shown,
      shownTo: seenOf(message.message_id), shownSince: new Set(), loadedAt: at,
    }));
    const ids = new Set(loaded.map(({ id }) => id));
    // What came live may not be stored yet.
    const newer = this.sent.filter(({ id, isLive }) => isLive && !ids.has(id));
    this.sent = [...newer, ...loaded].slice(0, rememberedMessages);
  }

  /**
   * Applying an event again changes nothing.
   *
   * @returns {boolean} whether it is about messages of this class
   */
  add(event) {
    if (event.course_id !== this.course) return false;
    if (event.event_type === "hand_taken") {
      return this.take(event.student_id, event.teacher, event.asked_at, event.occurred_at);
    }
    if (event.event_type === "message_sent") {
      if (this.sent.some(({ id }) => id === event.event_id)) return true;
      const message = {
        id: event.event_id, to: event.recipient, learner: event.student_id ?? null, team: event.team ?? null,
        teacher: event.teacher, text: event.text, shown: 0, shownTo: new Set(), shownSince: new Set(), loadedAt: 0, isLive: true,
      };
      this.sent = [message, ...this.sent].slice(0, rememberedMessages);
      return true;
    }
    if (event.event_type !== "message_shown") return false;
    const message = this.sent.find(({ id }) => id === event.message_id);
    // Who was not meant is not counted.
    if (message === undefined || (message.to === "learner" && message.learner !== event.student_id)) return true;
    const isNews = !message.shownTo.has(event.student_id) && (microseconds(event.received_at) ?? 0) > message.loadedAt;
    if (isNews && message.loadedAt > 0) message.shownSince.add(event.student_id);
    else if (!message.shownSince.has(event.student_id)) message.shownTo.add(event.student_id);
    return true;
  }

  take(learner, teacher, asked, taken) {
    const askedAt = microseconds(asked);
    const takenAt = microseconds(taken);
    if (askedAt === null || takenAt === null) return false;
    const others = (this.takes.get(learner) ?? []).filter(
      (take) => take.takenAt !== takenAt || take.teacher !== teacher);
    const takes = [...others, { teacher, askedAt, takenAt }].sort((a, b) => a.takenAt - b.takenAt);
    this.takes.set(learner, takes.slice(-rememberedTakes));
    return true;
  }

  /** Who has the learner's hand: whoever took it first since it is up. Null while nobody has. */
  takerOf({ id, helpSince }) {
    if (helpSince === null) return null;
    return this.takes.get(id)?.find(({ askedAt }) => askedAt >= helpSince)?.teacher ?? null;
  }

  /** How many learners were shown a message, as far as known. */
  shownCount({ shown, shownTo, shownSince }) {
    // Who is among those that the answer counts is not known; who was shown it afterwards is not.
    return Math.max(shown, shownTo.size) + shownSince.size;
  }
}
