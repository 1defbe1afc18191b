import { ApiClient } from "./api-client.js";
import { Problem } from "./problem.js";

const pageSize = 1_000;
/** As the server takes it, in bytes. */
const largestRoster = 2 << 20;

/** Reads the API. Every method throws `Problem`. */
export class ClassroomClient extends ApiClient {
  /** Whether the server is asked for pseudonyms. Whatever it cannot answer with them is not asked for. */
  hidesNames = false;

  get names() {
    return this.hidesNames ? "hidden" : null;
  }

  courses() {
    return this.allPages("/api/v1/courses", {}, "courses");
  }

  /** @param {string | null} at here and below: an earlier moment as RFC 3339; null for now */
  progress(course, notebook, at = null) {
    return this.allPages(coursePath(course, "progress"), { notebook, at, names: this.names }, "cells");
  }

  students(course, notebook, at = null) {
    return this.allPages(coursePath(course, "students"), { notebook, at, names: this.names }, "students");
  }

  exercises(course, notebook, at = null) {
    return this.get(coursePath(course, "exercises"), { notebook, at, names: this.names });
  }

  /** The course's lessons, the newest first. */
  lessons(course) {
    return this.get(coursePath(course, "lessons"), {});
  }

  outline(course, notebook) {
    return this.get(coursePath(course, "outline"), { notebook });
  }

  /** @param {object} content what of a notebook's file an outline is made of */
  uploadOutline(course, notebook, content) {
    return this.send("PUT", `${coursePath(course, "outline")}?${new URLSearchParams({ notebook })}`, content);
  }

  deleteOutline(course, notebook) {
    return this.send("DELETE", `${coursePath(course, "outline")}?${new URLSearchParams({ notebook })}`);
  }

  retention(course) {
    return this.get(coursePath(course, "retention"), {});
  }

  roster(course) {
    return this.get(coursePath(course, "roster"), { names: this.names });
  }

  /** @param {Blob} list a CSV file */
  async uploadRoster(course, list) {
    if (list.size > largestRoster) throw new Problem(413, `the file has more than ${largestRoster >> 20} MiB`);
    return this.sendFile("PUT", coursePath(course, "roster"), list, "text/csv");
  }

  deleteRoster(course) {
    return this.send("DELETE", coursePath(course, "roster"));
  }

  /** Hands that are taken, and messages; null where the server has none. */
  async messages(course) {
    if (this.hidesNames) return null;
    try {
      return await this.get(coursePath(course, "messages"), {});
    } catch (problem) {
      if (problem.status === 404) return null;
      throw problem;
    }
  }

  sendMessage(course, message) {
    return this.send("POST", coursePath(course, "messages"), message);
  }

  /** @param {string | null} askedAt since when the hand is up: the server may not have stored it yet */
  takeHand(course, student, teacher, askedAt) {
    const path = coursePath(course, `hands/${encodeURIComponent(student)}/take`);
    return this.send("POST", path, {
      ...(teacher === "" ? {} : { teacher }), ...(askedAt === null ? {} : { asked_at: askedAt }),
    });
  }

  /** The course's code; null where nobody joins by one. */
  async joiningCode(course) {
    try {
      return await this.get(coursePath(course, "joining-code"), {});
    } catch (problem) {
      if (problem.status === 404) return null;
      throw problem;
    }
  }

  makeJoiningCode(course, minutes) {
    return this.send("POST", coursePath(course, "joining-code"), { minutes });
  }

  endJoiningCode(course) {
    return this.send("DELETE", coursePath(course, "joining-code"));
  }

  /** The newest lesson beside the one before. */
  comparison(course, notebook, at = null) {
    return this.get(coursePath(course, "comparison"), { notebook, at });
  }

  activity(course, at = null) {
    return this.get(coursePath(course, "activity"), { minutes: 60, bucket: "1m", at });
  }

  /** One page of a learner's timeline, newest first. */
  student(student, course, cursor = null) {
    return this.get(`/api/v1/students/${encodeURIComponent(student)}`, {
      course_id: course,
      limit: 100,
      cursor,
    });
  }

  /** Whether the server says that its bus is away; no answer says nothing about the bus. */
  async isBusDown() {
    try {
      const report = await (await this.ask("/health/ready")).json();
      return report.checks?.bus?.status === "down";
    } catch {
      return false;
    }
  }

  /** The first page's answer, with the items of all pages; `streamIDs` are those of every page. */
  async allPages(path, query, items) {
    const first = await this.get(path, { ...query, limit: pageSize });
    first.streamIDs = [first.stream_id];
    for (let cursor = first.next_cursor; cursor !== null && cursor !== undefined; ) {
      const page = await this.get(path, { ...query, limit: pageSize, cursor });
      first[items].push(...page[items]);
      first.streamIDs.push(page.stream_id);
      cursor = page.next_cursor;
    }
    return first;
  }
}

function coursePath(course, resource) {
  return `/api/v1/courses/${encodeURIComponent(course)}/${resource}`;
}
