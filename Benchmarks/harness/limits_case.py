"""What others notice of a sender that is over its limit, and of clients that hold on to connections."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from .ingest_case import EVENT, ROOM_FOR_ALL
from .load import last_json_line
from .options import Options
from .processes import BenchmarkError, program
from .report import Comparison, Table
from .stack import LOAD, HTTPServer, Stack

#: Events a second that an address may send here, and how many times as many one of them sends.
LIMIT, TIMES = 100, 50
HALF_OPEN, SLOW_BODIES = 1000, 500
SENDERS = 20


def open_files(options: Options) -> int:
    """How many the server needs, and the clients as well."""
    return options.idle_subscribers + HALF_OPEN + SLOW_BODIES + 1000


def resident_kib(target: HTTPServer) -> int:
    for line in Path(f"/proc/{target.server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise BenchmarkError("the server has no resident memory")


@contextmanager
def hostile(kind: str, target: HTTPServer, count: int):
    """Clients that hold on to connections, until the end of the block."""
    command = [sys.executable, str(LOAD / "hostile.py"), kind, str(target.port), str(count)]
    clients = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        if clients.stdout.readline().strip() != "ready":
            clients.kill()
            raise BenchmarkError(f"{kind}: {clients.stderr.read().strip()}")
        yield
        if clients.poll() is not None:
            raise BenchmarkError(f"{kind} ended: {clients.stderr.read().strip()}")
    finally:
        clients.kill()
        clients.wait()


def senders(target: HTTPServer, seconds: int) -> dict:
    """What senders within their limits see."""
    command = [sys.executable, str(LOAD / "hostile.py"), "senders", str(target.port), str(SENDERS)]
    done = subprocess.run([*command, str(seconds), str(EVENT)], capture_output=True, text=True)
    result = last_json_line("senders", done)
    if set(result["statuses"]) != {"202"}:
        raise BenchmarkError(f"senders within their limits were answered {result['statuses']}")
    return result


def loud_neighbour(stack: Stack, options: Options, progress) -> Table:
    connections = 16
    with stack.fresh():
        target = stack.progressbus(
            "ingest", stack.redis(), journal__max_entries=ROOM_FOR_ALL,
            http__trusted_proxies="127.0.0.0/8", limits__address_events_per_second=LIMIT,
            limits__address_burst=LIMIT,
        )
        senders(target, 1)
        alone = senders(target, options.seconds)
        pause = connections * 1000 // (LIMIT * TIMES)
        command = [program("wrk"), "-t1", f"-c{connections}", f"-d{options.seconds + 2}s"]
        command += ["-s", str(LOAD / "paced.lua"), target.url("/student-progress"), "--"]
        address = stack.programs / "address"
        address.write_text("203.0.113.7")
        command += [str(EVENT), str(pause), "X-Forwarded-For", str(address)]
        flood = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            beside = senders(target, options.seconds)
            output, errors = flood.communicate(timeout=30)
        finally:
            flood.kill()
    result = last_json_line("wrk", subprocess.CompletedProcess([], flood.returncode, output, errors))
    rate = result["requests"] / result["seconds"]
    progress(f"One address sends {rate:,.0f}/s: p99 of the others {alone['p99_ms']:.1f} → {beside['p99_ms']:.1f} ms")
    taken = result["requests"] - result["refused"]
    return Table(
        f"One address at {rate / LIMIT:.0f} times its limit of {LIMIT} events a second",
        ["", "answered 202", "answered 429", "p50, ms", "p99, ms"],
        [
            [f"{SENDERS} others, alone", f"{alone['requests']:,}", "0"]
            + [f"{alone[name]:.1f}" for name in ("p50_ms", "p99_ms")],
            [f"{SENDERS} others, beside it", f"{beside['requests']:,}", "0"]
            + [f"{beside[name]:.1f}" for name in ("p50_ms", "p99_ms")],
            ["it", f"{taken:,}", f"{result['refused']:,}", "", ""],
        ],
    )


def crowd(stack: Stack, options: Options, progress) -> Table:
    count = options.idle_subscribers
    rows = []

    def measure(what: str, target: HTTPServer, more: str = "") -> None:
        result = senders(target, options.seconds)
        progress(f"{what}: p99 {result['p99_ms']:.1f} ms, {more}")
        rows.append([what, f"{result['p50_ms']:.1f}", f"{result['p99_ms']:.1f}", more])

    with stack.fresh():
        target = stack.progressbus(
            "ingest,dashboard", stack.redis(), journal__max_entries=ROOM_FOR_ALL,
            database__url="postgresql://127.0.0.1:1/unused", http__max_connections=count + 5000,
            websocket__max_subscribers=count,
        )
        # What the first subscribers need once is not theirs.
        with hostile("sockets", target, 100):
            measure("nobody else", target)
        before = resident_kib(target)
        with hostile("sockets", target, count):
            each = (resident_kib(target) - before) / count
            with hostile("heads", target, HALF_OPEN), hostile("bodies", target, SLOW_BODIES):
                what = f"beside {count:,} idle WebSockets, {HALF_OPEN:,} half-open connections and "
                measure(f"{what}{SLOW_BODIES} slow bodies", target, f"{each:.1f}")
    return Table(
        f"{SENDERS} senders, 5 events a second each, beside those who hold on to connections",
        ["", "p50, ms", "p99, ms", "resident KiB a WebSocket"],
        rows,
    )


def run(stack: Stack, options: Options, progress) -> tuple[list[Comparison], list[Table]]:
    return [], [loud_neighbour(stack, options, progress), crowd(stack, options, progress)]
