"""What it costs the server to know who sends.

At one pace with a token and without: who is saturated shares a wake-up among more requests the faster they come, which no
check of ours changes.
"""

import json
import os
import subprocess

from .ingest_case import EVENT, ROOM_FOR_ALL
from .load import last_json_line
from .options import Options
from .processes import BenchmarkError, program
from .report import Comparison, Table
from .spread import Spread
from .stack import LOAD, HTTPServer, Stack

COURSE = json.loads(EVENT.read_text()).get("course_id", "default")
SECRET = "a secret of the benchmark, which has over 32 bytes"
#: About 16,000 requests a second, a third of what a server on two cores takes beside its load.
CONNECTIONS, PAUSE_MILLISECONDS = 64, 4
WITHOUT, WITH = "without a token", "with a token"


def token(stack: Stack) -> str:
    """The same in each request, as a JupyterHub sends it."""
    command = [str(stack.products / "progressbus"), "token", "issue"]
    command += ["--scope", "ingest:class", "--sub", "benchmark", "--course", COURSE]
    environment = os.environ | {"PROGRESSBUS_JWT_SECRET": SECRET}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def load(target: HTTPServer, header: list[str], seconds: int) -> dict:
    command = [program("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(LOAD / "paced.lua")]
    command += [target.url("/student-progress"), "--", str(EVENT), str(PAUSE_MILLISECONDS), *header]
    result = last_json_line("wrk", subprocess.run(command, capture_output=True, text=True))
    if result["refused"] or result["socket_errors"]:
        raise BenchmarkError(f"of {result['requests']} requests {result['refused']} were refused")
    return result


def measure(stack: Stack, title: str, seconds: int) -> tuple[float, float]:
    """Requests a second, and microseconds of the server's CPU for each."""
    settings, header = {}, []
    if title == WITH:
        value = stack.programs / "authorization"
        value.write_text(f"Bearer {token(stack)}")
        header = ["Authorization", str(value)]
        # The token's limit is looked at, and never reached.
        settings = {
            "jwt__secret": SECRET, "limits__class_events_per_second": 1_000_000,
            "limits__class_burst": 1_000_000_000,
        }
    with stack.fresh():
        target = stack.progressbus("ingest", stack.redis(), journal__max_entries=ROOM_FOR_ALL, **settings)
        load(target, header, 1)
        before = target.server.cpu_seconds()
        result = load(target, header, seconds)
        spent = target.server.cpu_seconds() - before
    return result["requests"] / result["seconds"], spent / result["requests"] * 1e6


def run(stack: Stack, options: Options, progress) -> tuple[list[Comparison], list[Table]]:
    rates, costs = {WITHOUT: [], WITH: []}, {WITHOUT: [], WITH: []}
    for number in range(options.rounds):
        for title in list(costs) if number % 2 == 0 else reversed(list(costs)):
            rate, cost = measure(stack, title, options.seconds)
            rates[title].append(rate)
            costs[title].append(cost)
            progress(f"POST {title}, round {number + 1}: {cost:.1f} µs at {rate:,.0f}/s")
    case = f"POST with a token: server's CPU time at {Spread.of(rates[WITH]).middle:,.0f} requests/s (µs a request)"
    comparison = Comparison(
        case, f"ProgressBus {WITHOUT}", costs[WITH], costs[WITHOUT], higher_is_better=False,
        form="{:,.1f}",
    )
    table = Table(
        f"POST of one event at one pace, {CONNECTIONS} connections",
        ["", "requests/s", "server's CPU, µs a request"],
        [
            [title, Spread.of(rates[title]).text(), Spread.of(costs[title]).text("{:.1f}")]
            for title in costs
        ],
    )
    return [comparison], [table]
