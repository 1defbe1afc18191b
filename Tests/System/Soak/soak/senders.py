"""Senders: each remembers what was accepted, and sends again what was not, under the same event_id."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

COURSE = "soak"
SENDERS = 6
LEARNERS_EACH = 10
#: A sender posts what is due this often.
BEAT = 0.1
EVENTS_PER_POST = 200
#: A sender that waits for an answer goes on with its lesson, up to here.
LARGEST_BACKLOG = 20_000
#: One event in so many is refused at the edge, and one by PostgreSQL for good.
INVALID_EVERY = 211
REFUSED_EVERY = 503


@dataclass
class Ledger:
    """What one sender knows. Only its thread writes; the account reads when the thread has ended."""

    #: event_id, and when it was answered as accepted (time.monotonic()).
    accepted: dict[str, float] = field(default_factory=dict)
    #: Sent, and never answered as accepted: it may be stored or not.
    unsure: set[str] = field(default_factory=set)
    #: Refused at the edge, as it should be.
    rejected: set[str] = field(default_factory=set)
    #: Refused at the edge or accepted there, as it should not be: event_id and why.
    wrong: list[tuple[str, str]] = field(default_factory=list)
    #: When an answer accepted something, and how many answers did not, by status (0: none came).
    successes: list[float] = field(default_factory=list)
    failures: dict[int, int] = field(default_factory=dict)


@dataclass
class Lesson:
    """What faults change about the class while senders read it."""

    #: How far learners' clocks are off, in seconds.
    clocks: dict[str, float] = field(default_factory=dict)
    #: Whether every cell fails with a long traceback: 4 kB an event instead of 0.4 kB.
    everything_fails: bool = False


class Sender(threading.Thread):
    """A share of the class, which sends over one connection to one of `ports`, and to the next when it
    gets no answer."""

    def __init__(self, number: int, ports: list[int], rate: float, seed: int, lesson: Lesson) -> None:
        super().__init__(name=f"sender-{number}", daemon=True)
        self.learners = [f"learner-{number}-{place}" for place in range(LEARNERS_EACH)]
        self.ledger = Ledger()
        self._ports = itertools.cycle(ports[number % len(ports):] + ports[:number % len(ports)])
        self._rate = rate
        self._draw = random.Random(seed * 1000 + number)
        self._lesson = lesson
        self._count = 0
        self._last_moment = datetime.now(UTC)
        self._backlog: deque[dict] = deque()
        self._asked: deque[tuple[str, str]] = deque()
        self._stopping = threading.Event()
        self._drain_deadline = 0.0
        self._connection: http.client.HTTPConnection | None = None

    def tell(self, learner: str, event_type: str) -> None:
        """Lets one of this sender's learners do something, besides the lesson."""
        self._asked.append((learner, event_type))

    def stop(self, drain_seconds: float) -> None:
        """No new events; what is not accepted within `drain_seconds` stays unsure."""
        self._drain_deadline = time.monotonic() + drain_seconds
        self._stopping.set()

    def run(self) -> None:
        began = time.monotonic()
        while not self._stopping.is_set():
            due = int((time.monotonic() - began) * self._rate) - self._count
            for _ in range(min(due, LARGEST_BACKLOG - len(self._backlog))):
                self._backlog.append(self._next_event())
            while self._asked:
                self._backlog.append(self._event(*self._asked.popleft()))
            wait = self._post_some() if self._backlog else 0
            self._stopping.wait(wait or (0 if len(self._backlog) > EVENTS_PER_POST else BEAT))
        while self._backlog and time.monotonic() < self._drain_deadline:
            time.sleep(self._post_some())
        self.ledger.unsure.update(event["event_id"] for event in self._backlog)

    # --- Events ---------------------------------------------------------------------------------

    def _next_event(self) -> dict:
        self._count += 1
        kinds = ["cell_executed"] * 16 + ["notebook_saved", "notebook_opened", "help", "help_stop"]
        learner = self._draw.choice(self.learners)
        # The last one calls for help only when a fault makes it.
        kind = "cell_executed" if learner == self.learners[-1] else self._draw.choice(kinds)
        event = self._event(learner, kind)
        if self._count % INVALID_EVERY == 0:
            event["duration_ms"] = -1
        elif self._count % REFUSED_EVERY == 0:
            event["cell_id"] = "refused"
        return event

    def _event(self, learner: str, kind: str) -> dict:
        # Each a microsecond of its own: two points of a learner in one would be one to InfluxDB.
        now = max(datetime.now(UTC), self._last_moment + timedelta(microseconds=1))
        self._last_moment = now
        now += timedelta(seconds=self._lesson.clocks.get(learner, 0))
        event = {
            "event_id": str(uuid.UUID(int=self._draw.getrandbits(128), version=4)),
            "event_type": kind, "occurred_at": now.isoformat(timespec="microseconds"),
            "course_id": COURSE, "student_id": learner, "notebook_path": "week1/lesson.ipynb",
            "team": f"team-{learner[-1]}",
        }
        if kind == "cell_executed":
            failed = self._draw.random() < 0.1 or self._lesson.everything_fails
            event |= {
                "cell_id": f"cell-{self._draw.randrange(30):02d}", "cell_type": "code",
                "has_error": failed, "duration_ms": round(self._draw.random() * 500, 1),
            }
            if failed:
                event |= {"error_name": "NameError", "error_message": "name 'x' is not defined"}
                if self._lesson.everything_fails:
                    event["error_message"] += "\n  in f" * 500
        return event

    # --- Requests -------------------------------------------------------------------------------

    def _post_some(self) -> float:
        """Sends the head of the backlog once. Returns how long to wait before the next try."""
        batch = list(itertools.islice(self._backlog, EVENTS_PER_POST))
        try:
            status, retry_after, answer = self._post(batch)
        except (OSError, http.client.HTTPException, ValueError):
            self._connection = None
            self._note_failure(0)
            return self._draw.uniform(0.1, 0.5)
        if status not in (202, 207, 422):
            self._note_failure(status)
            return min(retry_after, 1) * self._draw.uniform(0.5, 1)
        for _ in batch:
            self._backlog.popleft()
        self._settle(batch, answer)
        return 0

    def _post(self, batch: list[dict]) -> tuple[int, float, dict]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", next(self._ports), timeout=10)
        body, media_type = json.dumps(batch), "application/json"
        if self._count % 2:
            body, media_type = "\n".join(map(json.dumps, batch)), "application/x-ndjson"
        self._connection.request(
            "POST", "/student-progress", body.encode(), {"Content-Type": media_type})
        answer = self._connection.getresponse()
        text = answer.read()
        return answer.status, float(answer.headers.get("Retry-After", 1)), json.loads(text)

    def _note_failure(self, status: int) -> None:
        self.ledger.failures[status] = self.ledger.failures.get(status, 0) + 1

    def _settle(self, batch: list[dict], answer: dict) -> None:
        now = time.monotonic()
        for item in answer["accepted"]:
            event = batch[item["index"]]
            self.ledger.accepted[event["event_id"]] = now
            if item["event_id"] != event["event_id"]:
                self.ledger.wrong.append((event["event_id"], "was accepted under another event_id"))
            if event.get("duration_ms") == -1:
                self.ledger.wrong.append((event["event_id"], "is invalid, and was accepted"))
        for item in answer["rejected"]:
            event = batch[item["index"]]
            if event.get("duration_ms") == -1:
                self.ledger.rejected.add(event["event_id"])
            else:
                self.ledger.wrong.append((event["event_id"], f"was rejected: {item['errors']}"))
        if len(answer["accepted"]) + len(answer["rejected"]) != len(batch):
            self.ledger.wrong.append((batch[0]["event_id"], "an answer did not name each event"))
        if answer["accepted"]:
            self.ledger.successes.append(now)


class Class:
    """All senders."""

    def __init__(self, ports: list[int], rate: float, seed: int) -> None:
        self.lesson = Lesson()
        self._senders = [
            Sender(number, ports, rate / SENDERS, seed, self.lesson) for number in range(SENDERS)]

    @property
    def learners(self) -> list[str]:
        return [learner for sender in self._senders for learner in sender.learners]

    @property
    def ledgers(self) -> list[Ledger]:
        return [sender.ledger for sender in self._senders]

    @property
    def callers(self) -> list[str]:
        """Those who call for help only when a fault makes them."""
        return [sender.learners[-1] for sender in self._senders]

    def start(self) -> None:
        for sender in self._senders:
            sender.start()

    def tell(self, learner: str, event_type: str) -> None:
        next(s for s in self._senders if learner in s.learners).tell(learner, event_type)

    def stop(self, drain_seconds: float) -> None:
        for sender in self._senders:
            sender.stop(drain_seconds)
        for sender in self._senders:
            # A request under way may take as long as its time-out.
            sender.join(drain_seconds + 15)

    def longest_refusal(self, start: float, end: float) -> tuple[float, float]:
        """Begin and end of the longest time between `start` and `end` in which no sender had anything
        accepted."""
        moments = sorted(
            moment for ledger in self.ledgers for moment in ledger.successes.copy()
            if start < moment < end)
        edges = [start, *moments, end]
        return max(zip(edges, edges[1:]), key=lambda pair: pair[1] - pair[0])
