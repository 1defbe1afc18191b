"""The read API's numbers, worked out from the events themselves: a second opinion on the page's."""

from __future__ import annotations

import statistics
from datetime import datetime, timezone

RULES = {
    "idle_seconds": 300, "stuck_errors": 3, "stuck_seconds": 300, "stuck_fades_seconds": 1800,
    "behind_ratio": 0.5, "behind_minimum_median": 4, "required_share": 0.1,
    "alert_learners": 5, "alert_share": 0.3, "alert_seconds": 600,
}


def timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp()


class ClassModel:
    """One course. Events come in order."""

    def __init__(self, course: str):
        self.course = course
        self.events: list[dict] = []

    def add(self, event: dict) -> None:
        self.events.append(event)

    def played_back(self, moment: float) -> ClassModel:
        """The course as it was then."""
        earlier = ClassModel(self.course)
        earlier.events = [event for event in self.events if seconds(event["received_at"]) <= moment]
        return earlier

    def notebook(self, wanted: str | None) -> str | None:
        if wanted:
            return wanted
        runs = [e["notebook_path"] for e in self.events if e["event_type"] == "cell_executed"]
        return runs[-1] if runs else None

    def students(self, wanted: str | None, now: float) -> dict:
        notebook = self.notebook(wanted)
        cells: dict[str, int | None] = {}
        learners: dict[str, dict] = {}
        for event in self.events:
            learner = learners.setdefault(event["student_id"], new_student(event))
            apply(learner, event)
            if event["event_type"] == "cell_executed" and event["notebook_path"] == notebook:
                cells.setdefault(cell_of(event), event.get("cell_index"))
                note_run(learner["letters"], event)
        order = sorted(cells, key=lambda cell: (cells[cell] is None, cells[cell] or 0))
        working = [x for x in learners.values() if x["letters"]]
        reached = {c: sum(c in x["letters"] for x in working) for c in order}
        required = [c for c in order if reached[c] >= RULES["required_share"] * len(working)]
        median = statistics.median([solved(x) for x in working]) if working else 0
        students = []
        for learner in sorted(learners.values(), key=lambda x: x["student_id"]):
            letters = learner.pop("letters")
            streaks = learner.pop("streaks")
            learner["cell_states"] = "".join(letters.get(c, ".") for c in order)
            learner["failing_streaks"] = [
                streaks[(notebook, c)] for c in order if letters.get(c, ".") in "ex"]
            learner["solved_cells"] = sum(x in "sx" for x in letters.values())
            learner["remaining_cells"] = sum(letters.get(c, ".") not in "sx" for c in required)
            learner["state"], learner["reason"] = state(learner, len(required), median, now)
            students.append(learner)
        return {
            "course_id": self.course, "notebook_path": notebook, "generated_at": timestamp(now),
            "median_solved": median, "required_cells": len(required), "cells": order,
            "students": students, "next_cursor": None, "rules": RULES, "cell_indexes": cells,
        }

    def progress(self, wanted: str | None, now: float) -> dict:
        answer = self.students(wanted, now)
        students = answer.pop("students")
        indexes = answer.pop("cell_indexes")
        counters = dict.fromkeys(["on_track", "behind", "stuck", "help", "idle", "done"], 0)
        for student in students:
            counters[student["state"]] += 1
        notebooks = sorted({e["notebook_path"] for e in self.events})
        cells = [
            self.cell(cell, place, indexes[cell], answer["notebook_path"], students)
            for place, cell in enumerate(answer["cells"])
        ]
        return answer | {
            "learners": len(students), "states": counters, "cells": cells,
            "notebooks": [
                {"notebook_path": path, "current_learners": 0, "first_seen_at": timestamp(now)}
                for path in notebooks
            ],
        }

    def cell(self, cell, place, index, notebook, students) -> dict:
        letters = [s["cell_states"][place] for s in students]
        runs = [
            e for e in self.events
            if e["event_type"] == "cell_executed" and e["notebook_path"] == notebook
            and cell_of(e) == cell
        ]
        durations = sorted(e["duration_ms"] for e in runs if e.get("duration_ms") is not None)
        errors = [e["error_name"] for e in runs if e.get("error_name")]
        top = max(set(errors), key=errors.count) if errors else None
        return {
            "cell": cell, "cell_index": index, "required": True,
            "reached": sum(x != "." for x in letters), "solved": sum(x in "sx" for x in letters),
            "errors_now": sum(x in "ex" for x in letters),
            "median_duration_ms": statistics.median(durations) if durations else None,
            "p90_duration_ms": durations[int(len(durations) * 0.9)] if durations else None,
            "top_error_name": top, "top_error_learners": errors.count(top) if top else 0,
        }

    def activity(self, now: float) -> dict:
        first = int(now // 60 - 59) * 60
        buckets = [
            {"at": timestamp(first + 60 * n), "events": 0, "executions": 0, "errors": 0, "help": 0}
            for n in range(60)
        ]
        for event in self.events:
            place = int(seconds(event["occurred_at"]) - first) // 60
            if not 0 <= place < 60:
                continue
            buckets[place]["events"] += 1
            if event["event_type"] == "cell_executed":
                buckets[place]["executions"] += 1
                buckets[place]["errors"] += bool(event.get("has_error"))
        return {
            "course_id": self.course, "generated_at": timestamp(now), "source": "influxdb",
            "bucket_seconds": 60, "buckets": buckets,
        }

    def student(self, student: str, now: float) -> dict | None:
        events = [e for e in reversed(self.events) if e["student_id"] == student]
        if not events:
            return None
        return {
            "student_id": student, "student_name": events[0].get("student_name"),
            "generated_at": timestamp(now), "courses": [], "events": events[:100],
            "next_cursor": None,
        }


def cell_of(event: dict) -> str:
    return event.get("cell_id") or str(event["cell_index"])


def solved(learner: dict) -> int:
    return sum(x in "sx" for x in learner["letters"].values())


def note_run(letters: dict[str, str], event: dict) -> None:
    cell = cell_of(event)
    was_solved = letters.get(cell, ".") in "sx"
    letters[cell] = ("x" if was_solved else "e") if event.get("has_error") else "s"


def new_student(event: dict) -> dict:
    return {
        "student_id": event["student_id"], "student_name": None, "team": None,
        "current_notebook_path": None, "current_cell": None, "current_cell_index": None,
        "consecutive_errors": 0, "last_error_name": None, "executions": 0, "errors": 0,
        "notebook_closed": False, "help_since": None, "help_stopped_at": None,
        "first_seen_at": event["occurred_at"], "last_seen_at": event["occurred_at"],
        "last_executed_at": None, "last_success_at": None, "clock_skew_seconds": None, "letters": {}, "streaks": {},
    }


def apply(learner: dict, event: dict) -> None:
    at = event["occurred_at"]
    learner["last_seen_at"] = at
    learner["student_name"] = event.get("student_name") or learner["student_name"]
    learner["team"] = event.get("team") or learner["team"]
    kind = event["event_type"]
    learner["notebook_closed"] = kind == "notebook_closed"
    if kind == "help":
        learner["help_since"] = learner["help_since"] or at
    elif kind == "help_stop":
        learner["help_since"], learner["help_stopped_at"] = None, at
    elif kind == "cell_executed":
        failed = bool(event.get("has_error"))
        place = (event["notebook_path"], cell_of(event))
        streaks = learner["streaks"]
        streaks[place] = streaks.get(place, 0) + 1 if failed else 0
        learner["consecutive_errors"] = streaks[place]
        learner["last_error_name"] = event.get("error_name") if failed else None
        learner["current_notebook_path"], learner["current_cell"] = place
        learner["current_cell_index"] = event.get("cell_index")
        learner["executions"] += 1
        learner["errors"] += failed
        learner["last_executed_at"] = at
        if not failed:
            learner["last_success_at"] = at


def state(learner: dict, required: int, median: float, now: float) -> tuple[str, dict]:
    silence = now - seconds(learner["last_seen_at"])
    silent = silence >= RULES["idle_seconds"]
    solved_all = required > 0 and learner["remaining_cells"] == 0
    failing = learner["consecutive_errors"] > 0
    success = seconds(learner["last_success_at"] or learner["first_seen_at"])
    if learner["help_since"]:
        found = "help", "asked_for_help"
    elif solved_all and not failing and (learner["notebook_closed"] or silent):
        found = "done", "all_solved"
    elif learner["consecutive_errors"] >= RULES["stuck_errors"] and silence < RULES["stuck_fades_seconds"]:
        found = "stuck", "errors_in_a_row"
    elif silent:
        found = "idle", "no_activity"
    elif (not solved_all or failing) and now - success >= RULES["stuck_seconds"]:
        found = "stuck", "nothing_solved"
    elif median >= RULES["behind_minimum_median"] and learner["solved_cells"] < RULES["behind_ratio"] * median:
        found = "behind", "few_solved"
    else:
        found = "on_track", "on_track"
    return found[0], {"code": found[1], "since": None, "count": None}


STATES_OF_MODEL = ["help", "stuck", "behind", "idle", "on_track", "done"]
