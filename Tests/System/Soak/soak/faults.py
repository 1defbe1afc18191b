"""The faults. Each is a function that brings it about, lets it last for a while, and undoes it."""

from __future__ import annotations

import time
from collections.abc import Callable

from . import redis_faults as redis_faults  # registers them
from .account import MEBIBYTE
from .listeners import SlowReader, subscribe_without_reading
from .processes import Process, SoakError, wait_for
from .scene import FAULTS as FAULTS, Scene, Wait, fault, last
from .stack import Stack
from .watch import is_asking_for_help

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


@fault("silent-replay", "30 clients ask for everything that the journal holds and read nothing")
def silent_replay(scene: Scene):
    dashboard = scene.stack.dashboard
    # The more there is to replay, the more could wait in memory.
    scene.class_.lesson.everything_fails = True
    time.sleep(8)
    before = dashboard.process.resident_bytes() or 0
    subscribers = [subscribe_without_reading(dashboard.port, "?after=0-0") for _ in range(30)]
    most = before
    for _ in range(80):
        time.sleep(0.1)
        most = max(most, dashboard.process.resident_bytes() or 0)
    for subscriber in subscribers:
        subscriber.close()
    scene.class_.lesson.everything_fails = False
    # docs/operations.md: at most 1 MiB for each. As much again for what malloc keeps.
    if most - before > 2 * len(subscribers) * MEBIBYTE:
        scene.complaints.append(
            f"the dashboard grew by {(most - before) // MEBIBYTE} MiB for {len(subscribers)} clients")


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
