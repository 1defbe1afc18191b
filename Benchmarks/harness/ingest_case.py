"""POST of one event: ProgressBus checks and journals it; the peers do less."""

import urllib.parse
from collections import defaultdict
from dataclasses import dataclass

from .load import wrk
from .options import Options
from .report import Comparison, Table
from .stack import LOAD, HTTPServer, Redis, Stack
from .spread import Spread

EVENT = LOAD / "event.json"
# The journal must not fill up while wrk runs, as nobody reads it.
ROOM_FOR_ALL = 1_000_000_000
WARM_UP_SECONDS = 1


@dataclass
class Contender:
    title: str
    append_only: bool = False

    def start(self, stack: Stack, redis: Redis) -> HTTPServer:
        raise NotImplementedError

    def request(self, stack: Stack) -> dict:
        return {"method": "POST", "body": EVENT, "content_type": "application/json"}

    def path(self) -> str:
        return "/student-progress"


class ProgressBus(Contender):
    def start(self, stack: Stack, redis: Redis) -> HTTPServer:
        return stack.progressbus("ingest", redis, journal__max_entries=ROOM_FOR_ALL)


class Webdis(Contender):
    def start(self, stack: Stack, redis: Redis) -> HTTPServer:
        return stack.webdis(redis)

    def request(self, stack: Stack) -> dict:
        command = "PUBLISH/progress-events/" + urllib.parse.quote(EVENT.read_text(), safe="")
        body = stack.programs / "webdis-command"
        body.write_text(command)
        return {
            "method": "POST", "body": body, "content_type": "application/x-www-form-urlencoded"
        }

    def path(self) -> str:
        return "/"


class FastAPI(Contender):
    def start(self, stack: Stack, redis: Redis) -> HTTPServer:
        return stack.fastapi(redis, workers=4)


OURS = ProgressBus("ProgressBus")
DURABLE = ProgressBus("ProgressBus, Redis with appendonly", append_only=True)
WEBDIS = Webdis("webdis (PUBLISH only)")
FASTAPI = FastAPI("FastAPI, 4 workers (PUBLISH only)")
CONTENDERS = [OURS, WEBDIS, FASTAPI, DURABLE]


def measure(stack: Stack, contender: Contender, connections: int, seconds: int) -> dict:
    with stack.fresh():
        redis = stack.redis(append_only=contender.append_only)
        target = contender.start(stack, redis)
        load = contender.request(stack) | {"connections": connections}
        wrk(target, contender.path(), seconds=WARM_UP_SECONDS, **load)
        before = target.server.cpu_seconds(), redis.server.cpu_seconds()
        result = wrk(target, contender.path(), seconds=seconds, **load)
        after = target.server.cpu_seconds(), redis.server.cpu_seconds()
    requests = result["requests"]
    server_us, redis_us = (
        (later - earlier) / requests * 1e6 for later, earlier in zip(after, before, strict=True)
    )
    return {
        "rate": requests / result["seconds"],
        "p99_ms": result["p99_ms"],
        "server_us": server_us,
        "redis_us": redis_us,
        "cpu_us": server_us + redis_us,
    }


def run(stack: Stack, options: Options, progress) -> tuple[list[Comparison], list[Table]]:
    comparisons, tables = [], []
    for connections in options.connections:
        rounds: dict[str, list[dict]] = defaultdict(list)
        for number in range(options.rounds):
            # The other way round every second time: nobody always comes after the same one.
            for contender in CONTENDERS if number % 2 == 0 else reversed(CONTENDERS):
                result = measure(stack, contender, connections, options.seconds)
                rounds[contender.title].append(result)
                progress(
                    f"POST, {connections} connections, round {number + 1}: {contender.title}: "
                    f"{result['rate']:,.0f}/s"
                )

        def values(contender: Contender, name: str) -> list[float]:
            return [result[name] for result in rounds[contender.title]]

        case = f"POST of one event, {connections} connections (requests/s)"
        for ours, theirs in [(OURS, WEBDIS), (OURS, FASTAPI), (DURABLE, WEBDIS)]:
            suffix = "; our Redis with appendonly" if ours is DURABLE else ""
            comparisons.append(
                Comparison(case + suffix, theirs.title, values(ours, "rate"), values(theirs, "rate"))
            )
        for theirs in (WEBDIS, FASTAPI):
            comparisons.append(
                Comparison(
                    "the same: CPU time of server and Redis (µs a request)",
                    theirs.title,
                    values(OURS, "cpu_us"),
                    values(theirs, "cpu_us"),
                    higher_is_better=False,
                    form="{:,.1f}",
                )
            )
        tables.append(
            Table(
                f"POST of one event, {connections} connections",
                ["server", "requests/s", "p99, ms", "server's CPU, µs a request", "Redis's CPU"],
                [
                    [
                        contender.title,
                        Spread.of(values(contender, "rate")).text(),
                        Spread.of(values(contender, "p99_ms")).text("{:.1f}"),
                        Spread.of(values(contender, "server_us")).text("{:.1f}"),
                        Spread.of(values(contender, "redis_us")).text("{:.1f}"),
                    ]
                    for contender in CONTENDERS
                ],
            )
        )
    return comparisons, tables
