"""The read API, for a class of 1,000 learners with 1,000,000 events stored."""

import subprocess
from contextlib import contextmanager
from pathlib import Path

from .load import wrk_get
from .options import Options
from .processes import BenchmarkError, program
from .report import Comparison, Table
from .stack import BENCHMARKS, HTTPServer, Postgres, Stack

SCRIPTS = BENCHMARKS / "ReadAPIBenchmark"
PATHS = {
    "courses": "/api/v1/courses",
    "progress": "/api/v1/courses/class/progress",
    "students, 200 of 1,000": "/api/v1/courses/class/students",
    "students, all 1,000": "/api/v1/courses/class/students?limit=1000",
    "help": "/api/v1/courses/class/help",
    "activity, from PostgreSQL": "/api/v1/courses/class/activity",
    "a learner's timeline, 200 events": "/api/v1/students/learner-7%40example.org",
}
WARM_UP_SECONDS = 1
# Of one run: there are many, and none needs long.
MOST_SECONDS = 3
EVENTS = 1_000_000


@contextmanager
def lesson(url: str):
    """500 events a second are stored meanwhile, in batches of 500."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    command = [program("pgbench", *map(str, binaries)), "-n", "-f", str(SCRIPTS / "live.sql")]
    command += ["-R", "1", "-T", "3600", url]
    storing = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield
        if storing.poll() is not None:
            raise BenchmarkError(f"pgbench ended: {storing.stderr.read().strip()}")
    finally:
        storing.terminate()
        storing.communicate()


def latencies(target: HTTPServer, connections: int, seconds: int) -> list[dict]:
    results = []
    for path in PATHS.values():
        wrk_get(target, path, connections=connections, seconds=WARM_UP_SECONDS)
        results.append(wrk_get(target, path, connections=connections, seconds=seconds))
    return results


def load_class(postgres: Postgres) -> None:
    postgres.psql("progressbus", "-f", str(SCRIPTS / "load.sql"))
    found = int(postgres.psql("progressbus", "-c", "select count(*) from progress_events"))
    if found != EVENTS:
        raise BenchmarkError(f"the class has {found} of {EVENTS} events")


def run(stack: Stack, options: Options, progress) -> tuple[list[Comparison], list[Table]]:
    cases: list[tuple[str, list[dict]]] = []

    def measure(title: str, mode: str, connections: int) -> None:
        target = stack.read_api(url, mode)
        seconds = min(options.seconds, MOST_SECONDS)
        cases.append((title, latencies(target, connections, seconds)))
        target.server.stop()
        slowest = max(result["p99_ms"] for result in cases[-1][1])
        progress(f"Read API, {title}: p99 at most {slowest:.1f} ms")

    with stack.fresh():
        postgres = stack.postgres()
        url = stack.migrated(postgres)
        progress(f"Read API: storing {EVENTS:,} events…")
        load_class(postgres)
        for mode in ("cached", "uncached"):
            for connections in (1, 16):
                measure(f"{mode}, {connections} at once", mode, connections)
        measure("cold, 1 at once", "cold", 1)
        with lesson(url):
            measure("cached, 16 at once, 500 events/s stored", "cached", 16)
            measure("uncached, 1 at once, 500 events/s stored", "uncached", 1)

    rows = [
        [endpoint, f"{cases[0][1][place]['bytes'] / cases[0][1][place]['requests'] / 1024:,.0f}"]
        + [f"{result[place]['p50_ms']:.1f} / {result[place]['p99_ms']:.1f}" for _, result in cases]
        for place, endpoint in enumerate(PATHS)
    ]
    columns = ["median / p99, ms", "KiB", *(title for title, _ in cases)]
    return [], [Table(f"Read API: 1,000 learners, {EVENTS:,} events", columns, rows)]
