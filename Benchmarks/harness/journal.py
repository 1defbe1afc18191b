"""Fills a journal with events for the workers."""

import http.client
import json
import random

from .processes import BenchmarkError
from .stack import HTTPServer, Redis, Stack

EVENTS_PER_REQUEST = 1000


LEARNERS = 500
RUNS_OF_A_CELL = 3
CELLS_OF_A_NOTEBOOK = 40


def events(count: int, seed: int):
    """A class at work: each learner goes from cell to cell and runs each a few times; one run in ten
    fails."""
    draw = random.Random(seed)
    for number in range(count):
        # In every turn each learner runs a cell.
        turn, learner = divmod(number, LEARNERS)
        notebook, cell = divmod(turn // RUNS_OF_A_CELL, CELLS_OF_A_NOTEBOOK)
        event = {
            "event_type": "cell_executed",
            "occurred_at": f"2026-01-15T{8 + turn // 3600:02d}:{turn // 60 % 60:02d}:"
            f"{turn % 60:02d}.{learner:03d}Z",
            "course_id": "python-101",
            "student_id": f"s-{learner:06d}",
            "team": f"team-{learner % 20}",
            "session_id": f"b7c1f0de-5a0c-4a5e-9d0c-{learner:012d}",
            "notebook_path": f"week{notebook}/exercise.ipynb",
            "cell_id": f"cell-{cell:04d}",
            "cell_index": cell,
            "cell_type": "code",
            "execution_count": turn,
            "has_error": False,
            "duration_ms": round(draw.random() * 500, 1),
        }
        if draw.random() < 0.1:
            event |= {
                "has_error": True,
                "error_name": "NameError",
                "error_message": "name 'x' is not defined",
            }
        yield json.dumps(event)


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
