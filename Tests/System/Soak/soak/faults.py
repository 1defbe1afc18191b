"""The faults. Each is a function that brings it about, lets it last for a while, and undoes it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

from .listeners import Listener, SlowReader, position, subscribe_without_reading
from .processes import Process, SoakError, free_port, wait_for
from .redis_client import RedisClient
from .senders import Class
from .servers import Redis
from .stack import DEAD_LETTERS, JOURNAL, SINKS, Stack
from .watch import is_asking_for_help


@dataclass
class Lost:
    """What was in Redis alone when it was emptied. It may be missing at the end, and nothing else."""

    of_sink: dict[str, set[str]] = field(default_factory=lambda: {sink: set() for sink in SINKS})
    #: Accepted, and the listener had not heard it yet.
    of_listener: dict[str, set[str]] = field(default_factory=dict)


@dataclass
class Scene:
    """What faults work on, and what they leave for the account."""

    stack: Stack
    class_: Class
    listeners: list[Listener]
    draw: random.Random
    lost: Lost = field(default_factory=Lost)
    #: sink, event_id: of letters that went away with an emptied Redis.
    dead_letters: set[tuple[str, str]] = field(default_factory=set)
    #: What the fault saw itself and should not have.
    complaints: list[str] = field(default_factory=list)


class Wait(Enum):
    """Seconds, with time to spare for a busy machine."""

    NOT = 5
    FOR_A_MOMENT = 8
    #: And 10 s more.
    WHILE_IT_LASTS = None


@dataclass(frozen=True)
class Fault:
    name: str
    summary: str
    senders_wait: Wait
    apply: Callable[[Scene], None]

    def longest_wait(self, seconds: float) -> float:
        """How long senders may be refused, and dashboards be late, when it lasted so many seconds."""
        return seconds + 10 if self.senders_wait is Wait.WHILE_IT_LASTS else self.senders_wait.value


FAULTS: dict[str, Fault] = {}
#: How long most faults last, in seconds: shorter and longer than the program's time-outs.
SHORTEST, LONGEST = 3.0, 12.0


def fault(name: str, summary: str, senders_wait: Wait = Wait.NOT):
    """Registers a function as a fault."""

    def register(function: Callable[[Scene], None]) -> None:
        FAULTS[name] = Fault(name, summary, senders_wait, function)

    return register


def last(scene: Scene) -> None:
    time.sleep(scene.draw.uniform(SHORTEST, LONGEST))


def last_longer_than_a_moment(scene: Scene) -> None:
    last(scene)
    time.sleep(Wait.FOR_A_MOMENT.value)


# --- The program's own processes ------------------------------------------------------------------


@fault("worker-killed", "`kill -9` of a worker, started again after 1 s")
def worker_killed(scene: Scene):
    worker = scene.draw.choice(scene.stack.workers)
    worker.process.kill()
    time.sleep(1)
    worker.start()


# --- Servers --------------------------------------------------------------------------------------


def stopped(server_of: Callable[[Stack], object]):
    def apply(scene: Scene):
        server = server_of(scene.stack)
        server.process.stop()
        last(scene)
        server.start()

    return apply


def frozen(server_of: Callable[[Stack], object]):
    def apply(scene: Scene):
        process: Process = server_of(scene.stack).process
        process.freeze()
        last(scene)
        process.thaw()

    return apply


def emptied(server_of: Callable[[Stack], object]):
    def apply(scene: Scene):
        server = server_of(scene.stack)
        server.process.stop()
        server.replace()

    return apply


fault("redis-stopped", "Redis is stopped, and comes back with its data", Wait.WHILE_IT_LASTS)(
    stopped(lambda stack: stack.redis))
fault("postgres-stopped", "PostgreSQL is stopped, and comes back")(
    stopped(lambda stack: stack.postgres))
fault("influxdb-stopped", "InfluxDB is stopped, and comes back")(stopped(lambda stack: stack.influx))
fault("redis-frozen", "Redis keeps its connections and answers nothing", Wait.WHILE_IT_LASTS)(
    frozen(lambda stack: stack.redis))
fault("postgres-frozen", "PostgreSQL keeps its connections and answers nothing")(
    frozen(lambda stack: stack.postgres))
fault("influxdb-frozen", "InfluxDB keeps its connections and answers nothing")(
    frozen(lambda stack: stack.influx))
fault("postgres-emptied", "PostgreSQL is replaced by a new cluster with the program's tables alone")(
    emptied(lambda stack: stack.postgres))
fault("influxdb-emptied", "InfluxDB is replaced by an empty one")(emptied(lambda stack: stack.influx))


@fault("redis-emptied", "Redis is killed, and comes back with nothing", Wait.WHILE_IT_LASTS)
def redis_emptied(scene: Scene):
    redis = scene.stack.redis
    with redis.client() as client:
        # Nothing is written from here on, so what is read is what will be lost.
        client.call("CLIENT", "PAUSE", 60_000, "WRITE")
        note_what_will_be_lost(scene, client)
        redis.process.kill()
    time.sleep(scene.draw.choice((0, 3)))
    redis.forget_everything()
    redis.start()


def note_what_will_be_lost(scene: Scene, client: RedisClient) -> None:
    read: dict[str, str] = {}
    pending: dict[str, list[str]] = {}
    for group in client.call("XINFO", "GROUPS", JOURNAL):
        known = dict(zip(group[::2], group[1::2]))
        name = known["name"]
        read[name] = known["last-delivered-id"]
        entries = client.call("XPENDING", JOURNAL, name, "-", "+", 1_000_000)
        pending[name] = [entry[0] for entry in entries]
    heard = {listener.name: listener.last or "0-0" for listener in scene.listeners}
    start = min([*read.values(), *heard.values(), *sum(pending.values(), [])], key=position)
    journal = {
        entry_id: json.loads(fields[fields.index("e") + 1])["event_id"]
        for entry_id, fields in client.call("XRANGE", JOURNAL, start, "+")}
    for sink in SINKS:
        waiting = set(pending.get(sink, []))
        scene.lost.of_sink[sink] |= {
            event_id for entry_id, event_id in journal.items()
            if entry_id in waiting or position(entry_id) > position(read.get(sink, "0-0"))}
    for name, place in heard.items():
        scene.lost.of_listener.setdefault(name, set()).update(
            event_id for entry_id, event_id in journal.items() if position(entry_id) > position(place))
    scene.dead_letters |= dead_letters(client)


def dead_letters(client: RedisClient) -> set[tuple[str, str]]:
    """sink, event_id."""
    found: set[tuple[str, str]] = set()
    start = "-"
    while entries := client.call("XRANGE", DEAD_LETTERS, start, "+", "COUNT", 1000):
        for entry_id, flat in entries:
            fields = dict(zip(flat[::2], flat[1::2]))
            # A letter of sink `bus` need be no event.
            with suppress(ValueError, KeyError):
                found.add((fields["k"], json.loads(fields["e"])["event_id"]))
            start = f"({entry_id}"
    return found


@fault("redis-memory", "Redis holds more than its `maxmemory`", Wait.FOR_A_MOMENT)
def redis_memory(scene: Scene):
    with scene.stack.redis.client() as client:
        limit_memory(client)
        last_longer_than_a_moment(scene)
        expect_no_lag(scene, 10)
        client.call("CONFIG", "SET", "maxmemory", 0)


@fault("redis-memory-start", "the same, and both workers were killed before and start then",
       Wait.WHILE_IT_LASTS)
def redis_memory_start(scene: Scene):
    for worker in scene.stack.workers:
        worker.process.kill()
    # So that there is something to store.
    time.sleep(2)
    with scene.stack.redis.client() as client:
        limit_memory(client)
        for worker in scene.stack.workers:
            worker.start()
        # What a killed worker held is taken over within 30 s.
        expect_no_lag(scene, 40)
        client.call("CONFIG", "SET", "maxmemory", 0)


def limit_memory(client: RedisClient) -> None:
    """What all sinks have stored is more than the tenth that has to go: there is room to be made."""
    client.call("CONFIG", "SET", "maxmemory", int(client.info("memory")["used_memory"]) * 9 // 10)


def expect_no_lag(scene: Scene, seconds: float) -> None:
    """While events come in the lag is seldom 0, but it is now and then."""
    try:
        wait_for("lag 0", lambda: set(scene.stack.lag().values()) == {0}, seconds)
    except SoakError:
        scene.complaints.append(
            f"not all was stored within {seconds:.0f} s while Redis was full: {scene.stack.lag()}")


@fault("redis-demoted", "Redis becomes a replica, and is promoted again", Wait.WHILE_IT_LASTS)
def redis_demoted(scene: Scene):
    redis, replica = scene.stack.redis, scene.stack.start_replica()
    hand_over(redis, replica)
    last(scene)
    hand_over(replica, redis)
    scene.stack.stop_replica()


@fault("redis-failover", "Redis becomes a replica, and its address moves to the new master; then back",
       Wait.FOR_A_MOMENT)
def redis_failover(scene: Scene):
    redis, replica = scene.stack.redis, scene.stack.start_replica()
    hand_over(redis, replica, address_too=True)
    last_longer_than_a_moment(scene)
    hand_over(replica, redis, address_too=True)
    scene.stack.stop_replica()


def hand_over(old: Redis, new: Redis, *, address_too: bool = False) -> None:
    """Makes the replica `new` the master of `old`. Nothing is lost: the master waits until the replica has
    everything.

    With `address_too`, `new` then listens where `old` did. Connections to `old` stay open, as when an
    address moves to another machine.
    """
    with old.client() as of_old, new.client() as of_new:
        wait_for(
            "a replica that is connected",
            lambda: f"port={new.port},state=online" in of_old.info("replication").get("slave0", ""))
        of_old.call("FAILOVER", "TO", "127.0.0.1", new.port, "TIMEOUT", 10_000)
        wait_for("the failover", lambda: of_new.call("ROLE")[0] == "master", 15)
        wait_for("the old master's new role", lambda: of_old.call("ROLE")[0] == "slave", 15)
        if address_too:
            address = old.port
            old.port = free_port()
            of_old.call("CONFIG", "SET", "port", old.port)
            of_new.call("CONFIG", "SET", "port", address)
            new.port = address
            of_old.call("REPLICAOF", "127.0.0.1", address)


# --- Dashboards and learners ----------------------------------------------------------------------


@fault("slow-dashboard", "every cell fails with a long message, and a dashboard reads two thirds of what comes")
def slow_dashboard(scene: Scene):
    # Kernels hold some megabytes for a socket: it takes many bytes to be late.
    scene.class_.lesson.everything_fails = True
    reader = SlowReader(scene.stack.dashboard.port, bytes_per_second=700_000)
    reader.start()
    time.sleep(15)
    reader.stop()
    scene.class_.lesson.everything_fails = False


@fault("silent-replay", "ten clients ask for everything and read nothing")
def silent_replay(scene: Scene):
    subscribers = [
        subscribe_without_reading(scene.stack.dashboard.port, "?after=0-0") for _ in range(10)]
    time.sleep(10)
    for subscriber in subscribers:
        subscriber.close()


@fault("clock-step", "clocks of half the class are hours off, then set right; one calls for help then")
def clock_step(scene: Scene):
    learners = scene.class_.learners
    caller = scene.draw.choice(scene.class_.callers)
    wrong = {caller, *scene.draw.sample(learners, len(learners) // 2)}
    scene.class_.lesson.clocks = {
        learner: 3600 * scene.draw.choice((-6, 2, 20)) for learner in sorted(wrong - {caller})}
    scene.class_.lesson.clocks[caller] = 7200
    scene.class_.tell(caller, "help")
    scene.class_.tell(caller, "help_stop")
    last(scene)
    scene.class_.lesson.clocks = {}
    scene.class_.tell(caller, "help")
    try:
        wait_for("the call", lambda: is_asking_for_help(scene.stack, caller), 8)
    except SoakError:
        scene.complaints.append(
            f"{caller}, whose clock had been 2 h ahead, called for help and was not shown within 8 s")
    scene.class_.tell(caller, "help_stop")
