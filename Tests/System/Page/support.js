import { Classroom } from "../../../Sources/Roles/Pages/Resources/page/js/state/classroom.js";

export const page = new URL("../../../Sources/Roles/Pages/Resources/page/", import.meta.url);
export const start = Date.parse("2026-04-01T09:00:00Z");

let number = 0;

/** An event of Aiko's, `seconds` after the start of the lesson. */
export function event(seconds, fields = {}) {
  number += 1;
  return {
    event_id: `event-${number}`,
    event_type: "cell_executed",
    stream_id: `${start + seconds * 1000}-${number}`,
    occurred_at: new Date(start + seconds * 1000).toISOString().replace("Z", "000Z"),
    course_id: "python-1",
    student_id: "aiko",
    notebook_path: "a.ipynb",
    ...(fields.event_type === undefined ? { cell_id: "c0", cell_index: 0, has_error: false } : {}),
    ...fields,
  };
}

export const microsecondsAt = (seconds) => (start + seconds * 1000) * 1000;

export const emptyClass = () => new Classroom("python-1");
