"""Sessions moved from Firestore to Agent Engine, beside a script on Google's own client libraries; the
memory that it takes; and what the routing adds to a request."""

import http.client
import json
import os
import socket
import statistics
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from .options import Options
from .processes import BenchmarkError, answers, free_port, program
from .report import Comparison, Table
from .spread import Spread
from .stack import PEERS, HTTPServer, Redis, Stack

PEER = "asyncio on google-cloud-firestore and google-cloud-agentplatform"
ENGINE = "projects/bench/locations/us-central1/reasoningEngines/42"
EVENTS = 20
CONCURRENCY = 16
DELAY_MS = 20
REQUESTS = 100
JARS = [
    Path(folder) / "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
    for folder in (
        "/usr/lib/google-cloud-sdk", "/usr/share/google-cloud-sdk", "/opt/google-cloud-sdk"
    )
]


def emulator(stack: Stack, sessions: int) -> HTTPServer | None:
    """Google's emulator with sessions in it; None where it is not installed."""
    jar = next((jar for jar in JARS if jar.exists()), None)
    if not jar:
        return None
    folder, port = stack.servers.folder("firestore"), free_port()
    command = [program("java"), "-Xmx2g", "-XX:+UseSerialGC", "-cp", str(jar)]
    command += ["com.google.cloud.datastore.emulator.firestore.CloudFirestore", "start"]
    command += ["--host=127.0.0.1", f"--port={port}"]
    server = stack.servers.start("firestore", command, folder=folder)
    served = HTTPServer(server, port)
    server.wait_until(lambda: answers(served.url("/")))
    command = [str(stack.google / "bin/python"), "-B", str(PEERS / "fill_sessions.py")]
    run_to_end(
        [*command, str(sessions), str(EVENTS)], settings(served, served), stack.servers.folder("fill")
    )
    return served


def session_stores(stack: Stack, delay_ms: int, polls: int, sessions: int) -> HTTPServer:
    folder, port = stack.servers.folder("session-stores"), free_port()
    command = [str(stack.programs / "session_stores"), str(port), str(delay_ms), str(polls)]
    command += [str(sessions), str(EVENTS)]
    server = stack.servers.start("session-stores", command, folder=folder)
    served = HTTPServer(server, port)
    server.wait_until(lambda: answers(served.url("/counts")))
    return served


def firestore_by_grpc(stack: Stack, sessions: int) -> HTTPServer:
    folder, port = stack.servers.folder("firestore-grpc"), free_port()
    command = [str(stack.google / "bin/python"), "-B", str(PEERS / "firestore_sessions.py")]
    command += [str(port), str(sessions), str(EVENTS)]
    server = stack.servers.start("firestore-grpc", command, folder=folder)
    server.wait_until(lambda: listens(port))
    return HTTPServer(server, port)


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True
    except OSError:
        return False


def ask(stub: HTTPServer, path: str) -> dict:
    with urllib.request.urlopen(stub.url(path), timeout=10) as answer:
        return json.load(answer)


def run_to_end(command: list[str], environment: dict[str, str], folder: Path) -> tuple[str, int]:
    """What the command printed, and the most memory that it had, in KiB."""
    log = folder / "output"
    with open(log, "w") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text()
    if process.returncode:
        raise BenchmarkError(f"{Path(command[0]).name} failed: {text.strip()[-500:]}")
    return text, usage.ru_maxrss


def settings(firestore: HTTPServer, engine: HTTPServer) -> dict[str, str]:
    return {
        "FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{firestore.port}",
        "AGENT_ENGINE_ENDPOINT": engine.url(""),
        "GOOGLE_CLOUD_PROJECT": "bench",
        "PROGRESSBUS_SESSIONS_LAYOUT": "adk",
        "PROGRESSBUS_SESSIONS_APP": "bench",
        "AGENT_ENGINE_ID": "42",
        "AGENT_ENGINE_RESOURCE_NAME": ENGINE,
    }


def migrate(
    stack: Stack, firestore: HTTPServer, engine: HTTPServer, sessions: int
) -> tuple[float, int]:
    """Sessions a second, the start of the process included, and the most memory in KiB."""
    folder = stack.servers.folder("migration")
    ask(engine, "/reset")
    command = [str(stack.products / "progressbus"), "sessions", "migrate"]
    command += ["--rate", "session=0,append=0", "--concurrency", str(CONCURRENCY)]
    started = time.monotonic()
    _, memory = run_to_end(command, settings(firestore, engine), folder)
    seconds = time.monotonic() - started
    check(engine, sessions)
    return sessions / seconds, memory


def migrate_by_script(
    stack: Stack, firestore: HTTPServer, engine: HTTPServer, sessions: int
) -> float:
    """Sessions a second, as the script measures it once its modules are loaded."""
    ask(engine, "/reset")
    command = [str(stack.google / "bin/python"), "-B", str(PEERS / "migrate_sessions.py")]
    output, _ = run_to_end(
        [*command, engine.url(""), str(CONCURRENCY)], settings(firestore, engine),
        stack.servers.folder("script"),
    )
    check(engine, sessions)
    return sessions / json.loads(output.splitlines()[-1])["seconds"]


def check(engine: HTTPServer, sessions: int) -> None:
    counts = ask(engine, "/counts")
    if (counts["sessions"], counts["events"]) != (sessions, sessions * EVENTS):
        raise BenchmarkError(f"of {sessions} sessions of {EVENTS} events arrived {counts}")


@dataclass
class Sides:
    """What both sides read and write in turn, and how many sessions a second they got over."""

    name: str
    firestore: HTTPServer
    """By REST, for ours."""
    grpc: HTTPServer
    """The same by gRPC, for Google's client."""
    engine: HTTPServer
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)


def compare(stack: Stack, options: Options, progress) -> list[Comparison]:
    sessions = options.sessions
    with stack.fresh():
        engines = [session_stores(stack, DELAY_MS, polls, sessions) for polls in (1, 2)]
        grpc, real = firestore_by_grpc(stack, sessions), emulator(stack, sessions)
        sides = [
            Sides("Firestore a stub", engines[0], grpc, engines[0]),
            Sides("the same, done at the second question", engines[1], grpc, engines[1]),
        ]
        if real:
            sides.append(Sides("Firestore the emulator", real, real, engines[0]))
            # Its Java is slow until it has seen a kind of call often enough.
            migrate(stack, real, engines[0], sessions)
        else:
            progress("Google's Firestore emulator is not installed: its row is left out.")
        for number in range(options.rounds):
            for side in sides:
                side.ours.append(migrate(stack, side.firestore, side.engine, sessions)[0])
                side.theirs.append(migrate_by_script(stack, side.grpc, side.engine, sessions))
                progress(
                    f"Migration, round {number + 1}, {side.name}: {side.ours[-1]:.1f} sessions/s, "
                    f"script {side.theirs[-1]:.1f}"
                )
    what = f"sessions of {EVENTS} events to Agent Engine, {CONCURRENCY} at a time (sessions/s); "
    return [
        Comparison(what + side.name, PEER, side.ours, side.theirs, form="{:,.1f}") for side in sides
    ]


def memory(stack: Stack, options: Options, progress) -> Table:
    rows = []
    for sessions in options.migrations:
        with stack.fresh():
            stub = session_stores(stack, 0, 1, sessions)
            rate, most = migrate(stack, stub, stub, sessions)
        progress(f"Migration of {sessions}: {most / 1024:.0f} MiB at most")
        rows.append([f"{sessions:,}", f"{most / 1024:.0f}", f"{rate:,.0f}"])
    columns = ["sessions", "most resident memory, MiB", "sessions/s"]
    return Table("A migration's memory, both stores stubs that answer at once", columns, rows)


def latencies(port: int, call: tuple[str, str, str], count: int = REQUESTS) -> list[float]:
    """How long each call takes, in ms: one after the other on one connection."""
    method, path, body = call
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    found = []
    for _ in range(count):
        started = time.perf_counter()
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        found.append(1000 * (time.perf_counter() - started))
        if answer.status >= 300:
            raise BenchmarkError(f"{method} {path} was answered with {answer.status}")
    connection.close()
    return found


def dashboard(
    stack: Stack, redis: Redis, database: str, stub: HTTPServer, percentage: int
) -> HTTPServer:
    return stack.progressbus(
        "dashboard", redis, database__url=database, firestore__project="bench",
        firestore__emulator_host=f"127.0.0.1:{stub.port}", agent_engine__endpoint=stub.url(""),
        agent_engine__id="42", agent_engine__resource_name=ENGINE, sessions__layout="adk",
        sessions__app="bench", migration__percentage=percentage,
    )


def routing(stack: Stack, options: Options, progress) -> Table:
    """Reads a session from the stub, and through the router, which asks for its events at the same time."""
    user, session = "user-000000", "s-000000"
    folder = f"/v1/{ENGINE}/sessions"
    events = '{"structuredQuery":{"from":[{"collectionId":"events"}]}}'
    place = f"adk-session/bench/users/{user}/sessions/{session}"
    documents = "/v1/projects/bench/databases/(default)/documents"
    direct = {
        "Firestore": ("POST", f"{documents}/{place}:runQuery", events),
        "Agent Engine": ("GET", f"{folder}/{session}", ""),
    }
    rows = []
    with stack.fresh():
        redis, database = stack.redis(), stack.migrated(stack.postgres())
        stub = session_stores(stack, DELAY_MS, 1, 4)
        latencies(stub.port, ("POST", f"{folder}?sessionId={session}", f'{{"userId":"{user}"}}'), 1)
        for percentage, (store, call) in zip((0, 100), direct.items(), strict=True):
            served = dashboard(stack, redis, database, stub, percentage)
            routed_call = ("GET", f"/api/v1/users/{user}/sessions/{session}", "")
            added: dict[int, list[float]] = {50: [], 95: []}
            for _ in range(options.rounds):
                alone, routed = latencies(stub.port, call), latencies(served.port, routed_call)
                for share, values in added.items():
                    values.append(percentile(routed, share) - percentile(alone, share))
            texts = [Spread.of(values).text("{:.1f}") for values in added.values()]
            progress(f"Routing to {store}: {texts[1]} ms more at p95")
            rows.append([store, *texts])
    columns = ["store", "added at the median, ms", "added at p95, ms"]
    return Table("A session with its events read through the router", columns, rows)


def percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100)[share - 1]


def run(stack: Stack, options: Options, progress) -> tuple[list[Comparison], list[Table]]:
    comparisons = compare(stack, options, progress)
    return comparisons, [memory(stack, options, progress), routing(stack, options, progress)]
