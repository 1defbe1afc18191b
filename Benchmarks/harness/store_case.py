"""PostgreSQL's CPU time for storing an event, by the size of the class and of the batch."""

import json
import subprocess

from .options import Options
from .processes import BenchmarkError
from .report import Comparison, Table
from .spread import Spread
from .stack import Postgres, Stack

COPY = "COPY, one connection"
# Learners, courses, cells of a notebook. In the last, a large school, hardly a learner comes twice in a batch.
CLASSES = [(30, 1, 10), (500, 1, 40), (1000, 1, 40), (20_000, 300, 40)]
BATCHES = [100, 1000, 5000]
# What a worker that lags behind does with the class of the case "sinks".
HEADLINE = (500, 1, 40, 5000)


def migrated(stack: Stack, postgres: Postgres, database: str) -> str:
    """A database with the project's tables."""
    postgres.psql("postgres", "-c", f"drop database if exists {database}")
    postgres.psql("postgres", "-c", f"create database {database}")
    url = postgres.url(database)
    command = [str(stack.products / "progressbus"), "migrate", "--set", f"database.url={url}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BenchmarkError(done.stderr.strip())
    return url


def measure(
    stack: Stack, postgres: Postgres, learners: int, courses: int, cells: int, batch: int
) -> dict:
    urls = [migrated(stack, postgres, database) for database in ("store", "insert")]
    # PostgreSQL writes and reads the file.
    rows = postgres.server.folder / "data" / "rows.copy"
    count = min(100_000, max(20 * batch, 20_000))
    command = [str(stack.products / "StoreBenchmark"), *urls, str(rows)]
    command += [str(learners), str(courses), str(cells), str(batch), str(count)]
    done = subprocess.run(command, capture_output=True, text=True)
    rows.unlink(missing_ok=True)
    if done.returncode:
        raise BenchmarkError(f"StoreBenchmark: {(done.stderr or done.stdout).strip()}")
    return json.loads(done.stdout)


def run(stack: Stack, options: Options, progress) -> tuple[list[Comparison], list[Table]]:
    results: dict[tuple, list[dict]] = {}
    for number in range(options.rounds):
        with stack.fresh():
            postgres = stack.postgres()
            for school in CLASSES:
                for batch in BATCHES:
                    key = (*school, batch)
                    results.setdefault(key, []).append(measure(stack, postgres, *key))
        latest = results[HEADLINE][-1]
        progress(
            f"Store, round {number + 1}: {latest['store_us']:.1f} µs an event, "
            f"COPY {latest['copy_us']:.1f} µs"
        )

    def description(key: tuple) -> str:
        courses = f" in {key[1]} courses" if key[1] > 1 else ""
        return f"{key[0]:,} learners{courses}, {key[2]} cells a notebook"

    def column(key: tuple, name: str) -> list[float]:
        return [result[name] for result in results[key]]

    def cell(key: tuple, name: str) -> str:
        return Spread.of(column(key, name)).text("{:.1f}")

    table = Table(
        "PostgreSQL's CPU time for an event, µs",
        [
            "class", "events a batch", "all tables, by the worker's sink",
            "INSERT of the same JSON into progress_events alone", COPY, "the worker's own",
        ],
        [
            [description(key), f"{key[3]:,}"]
            + [cell(key, name) for name in ("store_us", "insert_us", "copy_us", "worker_us")]
            for key in results
        ],
    )
    comparison = Comparison(
        "PostgreSQL's CPU time to store an event (µs)", COPY, column(HEADLINE, "store_us"),
        column(HEADLINE, "copy_us"), higher_is_better=False, form="{:,.1f}",
    )
    return [comparison], [table]
