"""Fills a journal with events for the workers."""

import http.client
import random

from .processes import BenchmarkError
from .stack import HTTPServer, Redis, Stack

EVENTS_PER_REQUEST = 1000


def events(count: int, seed: int):
    """A course at work: 500 learners, 10 notebooks with 40 cells each; one execution in ten fails."""
    draw = random.Random(seed)
    for number in range(count):
        failed = draw.random() < 0.1
        error = ',"error_name":"NameError","error_message":"name \'x\' is not defined"'
        yield (
            '{"event_type":"cell_executed",'
            f'"occurred_at":"2026-01-15T{8 + number // 60_000 % 12:02d}:{number // 1000 % 60:02d}:'
            f'{number % 1000 * 60 // 1000:02d}.{number % 1000:03d}Z","course_id":"python-101",'
            f'"student_id":"s-{draw.randrange(500):06d}","team":"team-{draw.randrange(20)}",'
            f'"session_id":"b7c1f0de-5a0c-4a5e-9d0c-{draw.randrange(500):012d}",'
            f'"notebook_path":"week{draw.randrange(10)}/exercise.ipynb",'
            f'"cell_id":"cell-{draw.randrange(40):04d}","cell_index":{number % 40},'
            f'"cell_type":"code","execution_count":{number % 100},'
            f'"has_error":{"true" if failed else "false"},"duration_ms":{draw.random() * 500:.1f}'
            f"{error if failed else ''}}}"
        )


def fill(stack: Stack, redis: Redis, count: int, seed: int) -> None:
    """Posts `count` events and ends the ingest that took them."""
    ingest = stack.progressbus("ingest", redis)
    connection = http.client.HTTPConnection("127.0.0.1", ingest.port, timeout=60)
    batch: list[str] = []
    for number, event in enumerate(events(count, seed), start=1):
        batch.append(event)
        if len(batch) == EVENTS_PER_REQUEST or number == count:
            post(connection, "[" + ",".join(batch) + "]")
            batch.clear()
    connection.close()
    ingest.server.stop()


def post(connection: http.client.HTTPConnection, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/student-progress", body.encode(), headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 202:
        raise BenchmarkError(f"the ingest answered {answer.status}: {text[:300]!r}")


def written(worker: HTTPServer, sink: str) -> int:
    """What a worker says that a sink has committed."""
    connection = http.client.HTTPConnection("127.0.0.1", worker.port, timeout=10)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    name = f'progressbus_sink_written_total{{sink="{sink}"}}'
    return next((int(float(line.split()[-1])) for line in lines if line.startswith(name)), 0)
