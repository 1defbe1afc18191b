"""A worker drains a full journal; for PostgreSQL, beside COPY of the same rows."""

import json
import time
import urllib.parse
import urllib.request
from pathlib import Path

from .journal import fill, written
from .options import Options
from .processes import BenchmarkError
from .report import Comparison, Table
from .stack import HTTPServer, Postgres, Redis, Stack
from .spread import Spread

COPY = "COPY by psql, one connection"
DEADLINE_SECONDS = 300


def drain(stack: Stack, redis: Redis, sink: str, count: int, **settings: object) -> dict:
    """Starts a worker and times it from its first committed batch to its last."""
    redis_before = redis.server.cpu_seconds()
    worker = stack.progressbus("worker", redis, worker__sinks=sink, **settings)
    deadline = time.monotonic() + DEADLINE_SECONDS
    first = None
    while True:
        done, now = written(worker, sink), time.monotonic()
        if done and first is None:
            first = done, now
        if done >= count:
            break
        if now > deadline:
            raise BenchmarkError(f"the worker wrote {done} of {count} events to {sink}")
        time.sleep(0.02)
    rows, seconds = done - first[0], now - first[1]
    if not rows:
        raise BenchmarkError(f"{count} events are too few to time {sink}")
    result = {
        "rate": rows / seconds,
        "worker_us": worker.server.cpu_seconds() / count * 1e6,
        "redis_us": (redis.server.cpu_seconds() - redis_before) / count * 1e6,
    }
    worker.server.stop()
    return result


def copy_rows(postgres: Postgres, database: str, folder: Path, count: int) -> dict:
    """Copies what the worker stored into a table of the same columns and primary key."""
    rows = folder / "rows.copy"
    postgres.psql(database, "-c", rf"\copy progress_events to '{rows}'")
    postgres.psql(
        database,
        "-c", "create table copied (like progress_events including storage)",
        "-c", "alter table copied add primary key (event_id)",
    )
    postgres.psql(database, "-c", "checkpoint")
    before, started = postgres.server.cpu_seconds(), time.monotonic()
    postgres.psql(database, "-c", rf"\copy copied from '{rows}'")
    seconds = time.monotonic() - started
    cpu = postgres.server.cpu_seconds() - before
    expect(postgres.psql(database, "-c", "select count(*) from copied"), count, "COPY")
    rows.unlink()
    return {"rate": count / seconds, "database_us": cpu / count * 1e6}


def expect(found: object, count: int, where: str) -> None:
    if int(found) != count:
        raise BenchmarkError(f"{where} has {found} of {count} events")


def measure_postgres(stack: Stack, redis: Redis, options: Options) -> tuple[dict, dict]:
    count = options.journal_events
    postgres = stack.postgres()
    url = stack.migrated(postgres)
    before = postgres.server.cpu_seconds()
    ours = drain(stack, redis, "postgres", count, database__url=url)
    ours["database_us"] = (postgres.server.cpu_seconds() - before) / count * 1e6
    stored = postgres.psql("progressbus", "-c", "select count(*) from progress_events")
    expect(stored, count, "progress_events")
    return ours, copy_rows(postgres, "progressbus", stack.programs, count)


def measure_influx(stack: Stack, redis: Redis, options: Options) -> dict:
    influx = stack.influx()
    before = influx.server.cpu_seconds()
    result = drain(
        stack, redis, "influxdb", options.journal_events,
        influxdb__url=influx.url(""), influxdb__database="progressbus",
    )
    result["database_us"] = (influx.server.cpu_seconds() - before) / options.journal_events * 1e6
    expect(points(influx), options.journal_events, "InfluxDB")
    return result


def points(influx: HTTPServer) -> int:
    query = {"db": "progressbus", "q": "select count(event_id) from progress_event"}
    with urllib.request.urlopen(influx.url("/query?" + urllib.parse.urlencode(query))) as answer:
        series = json.load(answer)["results"][0]["series"]
    return series[0]["values"][0][1]


def run(stack: Stack, options: Options, progress) -> tuple[list[Comparison], list[Table]]:
    ours, copied, influx = [], [], []
    for number in range(options.rounds):
        with stack.fresh():
            redis = stack.redis()
            fill(stack, redis, options.journal_events, seed=number)
            # Each sink has a group of its own, which reads the journal from its beginning.
            mine, theirs = measure_postgres(stack, redis, options)
            ours.append(mine)
            copied.append(theirs)
            influx.append(measure_influx(stack, redis, options))
        progress(
            f"Journal, round {number + 1}: PostgreSQL {mine['rate']:,.0f} rows/s, COPY "
            f"{theirs['rate']:,.0f} rows/s, InfluxDB {influx[-1]['rate']:,.0f} points/s"
        )

    def cell(results: list[dict], name: str, form: str = "{:.1f}") -> str:
        if name not in results[0]:
            return "–"
        return Spread.of([result[name] for result in results]).text(form)

    rates = [[result["rate"] for result in results] for results in (ours, copied)]
    table = Table(
        f"A journal of {options.journal_events:,} events into the databases",
        ["", "events/s", "worker's CPU, µs an event", "database's CPU", "Redis's CPU"],
        [
            [
                title,
                cell(results, "rate", "{:,.0f}"),
                cell(results, "worker_us"),
                cell(results, "database_us"),
                cell(results, "redis_us"),
            ]
            for title, results in [
                ("worker → PostgreSQL, all tables", ours), (COPY, copied),
                ("worker → InfluxDB 1.x", influx),
            ]
        ],
    )
    costs = [[result["database_us"] for result in results] for results in (ours, copied)]
    return [
        Comparison("journal to PostgreSQL (rows/s)", COPY, *rates),
        Comparison(
            "the same: PostgreSQL's CPU time (µs a row)", COPY, *costs, higher_is_better=False,
            form="{:,.1f}",
        ),
    ], [table]
