"""The day: everything starts, faults come one after another, and the account is made."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import watch
from .account import Account, Stored
from .faults import FAULTS
from .journal import SINKS, dead_letters, groups
from .listeners import Listener
from .processes import SoakError, wait_for
from .report import Round
from .scene import Scene
from .senders import Class
from .stack import Stack

#: Before the first fault.
WARM_UP = 5
#: After a fault was undone, before the next one at the earliest.
REST = 6
#: A sink takes over what a killed worker held within 30 s (docs/guarantees.md).
CATCH_UP = 90
#: /health/ready must tell by then that events are refused: Redis is asked every 5 s.
NOTICED_WITHIN = 6
#: Memory of shorter days is shown, not judged.
JUDGE_MEMORY_FROM = 300


@dataclass(frozen=True)
class Options:
    seconds: int
    rate: int
    every: int
    seed: int
    faults: list[str]


class Day:
    def __init__(self, stack: Stack, options: Options, say: Callable[[str], None]) -> None:
        self._stack = stack
        self._options = options
        self._say = say
        self.rounds: list[Round] = []
        self._wrong: list[str] = []
        ports = [stack.ingest.port, stack.dashboard.port]
        self._class = Class(ports, options.rate, options.seed)
        self._staying = Listener("stays", stack.dashboard.port)
        self._leaving = Listener("leaves and comes back", stack.dashboard.port, leave_every=15)
        self._watch = watch.Watch(stack)
        self._scene = Scene(
            stack, self._class, [self._staying, self._leaving], random.Random(options.seed))

    def run(self) -> Account:
        for listener in self._scene.listeners:
            listener.start()
        for listener in self._scene.listeners:
            if not listener.is_subscribed.wait(15):
                raise SoakError("a dashboard could not subscribe")
        self._watch.start()
        began = time.monotonic()
        self._class.start()
        time.sleep(WARM_UP)
        deck: list[str] = []
        while time.monotonic() + self._options.every <= began + self._options.seconds:
            # Each fault once before any comes again.
            if not deck:
                deck = self._scene.draw.sample(self._options.faults, len(self._options.faults))
            self._one_round(deck.pop(), time.monotonic() - began)
        time.sleep(max(began + self._options.seconds - time.monotonic(), 0))
        return self._settle()

    def _one_round(self, name: str, at: float) -> None:
        self._say(f"{at:5.0f} s  {name}: {FAULTS[name].summary}")
        began = time.monotonic()
        FAULTS[name].apply(self._scene)
        lasted = time.monotonic() - began
        time.sleep(max(self._options.every - lasted, REST))
        ended = time.monotonic()
        behind = self._stack.lag().values()
        refused_from, refused_to = self._class.longest_refusal(began, ended)
        round_ = Round(
            fault=name, lasted=lasted, refused=refused_to - refused_from,
            late=self._lateness(began, ended),
            pages_failed=sum(began < moment < ended for moment, _, _ in self._watch.failures.copy()),
            behind=None if None in behind else max(behind),
            wrongly_ready=sum(
                refused_from + NOTICED_WITHIN < moment < refused_to - 1
                for moment in self._watch.ready.copy()))
        self.rounds.append(round_)
        self._say(
            f"         lasted {lasted:.1f} s, senders refused {round_.refused:.1f} s, dashboard late "
            f"{round_.late:.1f} s, {round_.pages_failed} pages failed, behind {round_.behind}")
        self._judge(round_)

    def _judge(self, round_: Round) -> None:
        allowed = FAULTS[round_.fault].longest_wait(round_.lasted)
        complaints = [
            f"{what} for {seconds:.1f} s, and the fault lasted {round_.lasted:.1f} s"
            for what, seconds in (
                ("senders were refused", round_.refused), ("a dashboard was late", round_.late))
            if seconds > allowed]
        if round_.wrongly_ready:
            complaints.append(
                f"the ingest said {round_.wrongly_ready} times that it is ready, more than "
                f"{NOTICED_WITHIN} s after it began to refuse events")
        complaints += self._scene.complaints
        self._scene.complaints.clear()
        for complaint in complaints:
            self._say(f"         {complaint}")
            self._wrong.append(f"{round_.fault}: {complaint}")

    def _lateness(self, began: float, ended: float) -> float:
        """What has not been heard by now is as late as it is old."""
        late = 0.0
        excused = self._scene.lost.of_listener.get(self._staying.name, set())
        for ledger in self._class.ledgers:
            for event, accepted in ledger.accepted.copy().items():
                if began < accepted < ended and event not in excused:
                    late = max(late, self._staying.heard.get(event, ended) - accepted)
        return late

    # --- The account ----------------------------------------------------------------------------

    def _settle(self) -> Account:
        account = Account(wrong=self._wrong)
        self._say("        no more faults; senders finish, sinks catch up")
        self._class.stop(drain_seconds=60)
        self._wait_for_sinks(account)
        ledgers = self._class.ledgers
        accepted = {event: moment for ledger in ledgers for event, moment in ledger.accepted.items()}
        unsure = set().union(*(ledger.unsure for ledger in ledgers))
        self._note_senders(account, accepted, unsure)
        self._note_sinks(account, set(accepted), unsure)
        self._note_listeners(account, set(accepted))
        self._watch.stop()
        self._note_pages(account)
        account.add_memory(self._watch.memory, judge=self._options.seconds >= JUDGE_MEMORY_FROM)
        return account

    def _wait_for_sinks(self, account: Account) -> None:
        began = time.monotonic()
        try:
            wait_for("lag 0", lambda: set(self._stack.lag().values()) == {0}, CATCH_UP)
            account.note("all sinks at lag 0 after the last event", f"{time.monotonic() - began:.1f} s")
        except SoakError:
            for sink, lag in self._stack.lag().items():
                if lag != 0:
                    account.complain(f"{sink} is {lag} events behind {CATCH_UP} s after the last event")

    def _note_senders(self, account: Account, accepted: dict[str, float], unsure: set[str]) -> None:
        account.note("accepted (202, or 207 by item)", len(accepted))
        rejected = sum(len(ledger.rejected) for ledger in self._class.ledgers)
        account.note("invalid, and refused at the edge", rejected)
        failures: dict[int, int] = {}
        for ledger in self._class.ledgers:
            for status, count in ledger.failures.items():
                failures[status] = failures.get(status, 0) + count
            for event, what in ledger.wrong[:3]:
                account.complain(f"{event} {what}")
        account.note("requests not accepted, and sent again", ", ".join(
            f"{count:,} × {status or 'no answer'}" for status, count in sorted(failures.items())) or 0)
        if unsure:
            account.complain("events were not accepted within 60 s after the last fault", unsure)
        if not accepted:
            account.complain("nothing was accepted")

    def _note_sinks(self, account: Account, accepted: set[str], unsure: set[str]) -> None:
        scene = self._scene
        with self._stack.redis.client() as client:
            letters = scene.dead_letters | dead_letters(client)
            consumers = {name: group["consumers"] for name, group in groups(client).items()}
        for sink, store in zip(SINKS, (self._stack.postgres, self._stack.influx)):
            account.add_sink(
                Stored(
                    sink, store.stored(), store.stored_in_retired(),
                    {event for name, event in letters if name == sink}, scene.lost.of_sink[sink]),
                accepted, unsure)
        account.note("consumers that the groups still know, with two workers alive", ", ".join(
            f"{name} {count}" for name, count in sorted(consumers.items())))
        if others := {name for name, _ in letters} - set(SINKS):
            account.complain(f"there are dead letters of {', '.join(others)}")
        if off := self._stack.postgres.query(WRONG_SUMS):
            account.complain(f"{off.count(chr(10)) + 1} learners' sums are not those of their events")

    def _note_listeners(self, account: Account, accepted: set[str]) -> None:
        for listener in self._scene.listeners:
            excused = self._scene.lost.of_listener.get(listener.name, set())
            try:
                wait_for("all heard", lambda: accepted <= listener.heard.copy().keys() | excused, 20)
            except SoakError:
                pass
            listener.stop()
            account.add_listener(listener.name, accepted, set(listener.heard), excused)
            emptied = sum(round_.fault == "redis-emptied" for round_ in self.rounds)
            account.note("… gaps it was told of; times it was cut off or turned away", f"{len(listener.gaps)}; {listener.cut}")
            # Who comes back before the first event behind a gap may be told of it again.
            most = emptied * (1 if listener.leave_every is None else 2)
            if len(listener.gaps) > most:
                account.complain(
                    f"the dashboard that {listener.name} was told of {len(listener.gaps)} gaps, and Redis "
                    f"was emptied {emptied} times")
            for before, after in listener.out_of_order[:3]:
                account.complain(f"the dashboard that {listener.name} heard {after} behind {before}")

    def _note_pages(self, account: Account) -> None:
        dead = watch.what_is_dead(self._stack)
        account.note("pages and answers at the end", "all 200" if not dead else f"{len(dead)} dead")
        for page in dead:
            account.complain(f"at the end {page}")
        failures = self._watch.failures
        account.note(
            "pages and answers during the day",
            f"{self._watch.asked:,} asked for, {len(failures):,} not 200")
        expected = {503}
        if any(round_.fault == "postgres-emptied" for round_ in self.rounds):
            # Of the learner whom the new cluster does not know yet.
            expected.add(404)
        for status in sorted({status for _, _, status in failures} - expected):
            paths = sorted({path for _, path, answered in failures if answered == status})
            account.complain(f"answered with {status or 'nothing within 10 s'} during the day: {', '.join(paths)}")


#: Learners whose executions and errors in `enrollments` are not those of their events.
WRONG_SUMS = """
select student_id from enrollments full join (
  select course_id, student_id, count(*) as runs, count(*) filter (where has_error) as failed
  from progress_events where event_type = 'cell_executed' group by 1, 2
) as events using (course_id, student_id)
where executions is distinct from coalesce(runs, 0) or errors is distinct from coalesce(failed, 0)
"""
