import { Problem } from "./problem.js";

const pageSize = 1_000;
const deadline = 15_000;

/** Reads the API. Every method throws `Problem`. */
export class ClassroomClient {
  constructor(fetchFunction = (...parameters) => fetch(...parameters)) {
    this.fetch = fetchFunction;
  }

  courses() {
    return this.allPages("/api/v1/courses", {}, "courses");
  }

  progress(course, notebook) {
    return this.allPages(coursePath(course, "progress"), { notebook }, "cells");
  }

  students(course, notebook) {
    return this.allPages(coursePath(course, "students"), { notebook }, "students");
  }

  exercises(course, notebook) {
    return this.get(coursePath(course, "exercises"), { notebook });
  }

  activity(course) {
    return this.get(coursePath(course, "activity"), { minutes: 60, bucket: "1m" });
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
      const response = await this.fetch("/health/ready", { signal: AbortSignal.timeout(deadline) });
      const report = await response.json();
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

  async get(path, query) {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined) parameters.set(name, value);
    }
    let response;
    try {
      response = await this.fetch(`${path}?${parameters}`, {
        headers: { accept: "application/json" },
        signal: AbortSignal.timeout(deadline),
      });
    } catch {
      throw new Problem(0, "");
    }
    const body = await response.json().catch(() => null);
    if (!response.ok) throw new Problem(response.status, body?.detail ?? body?.title ?? response.statusText);
    if (body === null) throw new Problem(502, "the answer is no JSON");
    return body;
  }
}

function coursePath(course, resource) {
  return `/api/v1/courses/${encodeURIComponent(course)}/${resource}`;
}
