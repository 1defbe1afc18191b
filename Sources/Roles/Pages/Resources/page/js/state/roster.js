import { byName } from "./name-order.js";
import { microseconds } from "./timestamp.js";

/** So many who have not come are named. */
export const namedAbsent = 60;

/** Who is in a course by the teacher's list, as the API told it. */
export class Roster {
  /**
   * @param {object | null} answer of `/roster`
   * @param {number} askedAt when, by the server's clock, in microseconds since 1970
   */
  constructor(answer = null, askedAt = 0) {
    const learners = answer?.learners ?? [];
    this.learners = learners
      .map(({ student_id: id, student_name: name, team }) => ({ id, name, team }))
      .sort(byName);
    this.byID = new Map(this.learners.map((learner) => [learner.id, learner]));
    this.lessonBeganAt = microseconds(answer?.lesson_began_at ?? null);
    this.askedAt = askedAt;
  }

  get isEmpty() {
    return this.learners.length === 0;
  }

  /**
   * Who has come: to the lesson that goes on, else to the course. Whatever was heard after the list was read, when no lesson
   * went on, has begun one.
   *
   * @param {import("./classroom.js").Classroom} classroom
   * @returns {{isLesson: boolean, here: number, total: number, absent: object[]}}
   */
  attendance(classroom) {
    let since = this.lessonBeganAt;
    if (since === null && this.learners.some(({ id }) => lastSeenAt(classroom, id) >= this.askedAt)) since = this.askedAt;
    const absent = this.learners.filter(({ id }) => lastSeenAt(classroom, id) < (since ?? 0));
    const total = this.learners.length;
    return { isLesson: since !== null, here: total - absent.length, total, absent };
  }
}

function lastSeenAt(classroom, id) {
  const learner = classroom.learners.get(id);
  return learner === undefined ? -Infinity : (learner.lastSeenAt ?? 0);
}
