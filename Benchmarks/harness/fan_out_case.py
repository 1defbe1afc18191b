"""Events that are POSTed one by one reach a thousand WebSockets."""

from collections import defaultdict

from .load import fan_out
from .options import Options
from .processes import BenchmarkError
from .report import Comparison, Table
from .stack import HTTPServer, Stack
from .statistics import Spread

OURS, NCHAN = "ProgressBus", "nchan in nginx, 2 workers"


def start(stack: Stack, title: str, options: Options) -> tuple[HTTPServer, dict]:
    if title == OURS:
        # The journal holds what is published here; nobody has to be closed for being slow, because
        # the load's subscribers share the machine's cores with the server.
        target = stack.progressbus(
            "ingest,dashboard", stack.redis(), websocket__queue_bytes=64 * 1024 * 1024
        )
        return target, {"publish_path": "/student-progress", "subscribe_path": "/ws/dashboard"}
    target = stack.nchan(options.subscribers * 2 + 1000)
    return target, {"publish_path": "/publish", "subscribe_path": "/subscribe"}


def measure(stack: Stack, title: str, options: Options, rate: float) -> dict:
    with stack.fresh():
        target, paths = start(stack, title, options)
        before = target.server.cpu_seconds()
        result = fan_out(
            stack.programs,
            target,
            subscribers=options.subscribers,
            events=options.events,
            events_per_second=rate,
            **paths,
        )
        cpu = target.server.cpu_seconds() - before
    if not result["events"]:
        raise BenchmarkError(f"{title}: no event reached the subscribers")
    return result | {
        "rate": result["events"] / result["seconds"],
        "cpu_us": cpu / result["events"] * 1e6,
        "lost": options.events * options.subscribers - result["events"],
    }


def run(stack: Stack, options: Options, progress) -> tuple[list[Comparison], list[Table]]:
    full: dict[str, list[dict]] = defaultdict(list)
    paced: dict[str, list[dict]] = defaultdict(list)
    titles = [OURS, NCHAN]
    for number in range(options.rounds):
        for title in titles if number % 2 == 0 else reversed(titles):
            full[title].append(measure(stack, title, options, 0))
            paced[title].append(measure(stack, title, options, options.paced_events_per_second))
            progress(
                f"Fan-out, round {number + 1}: {title}: {full[title][-1]['rate']:,.0f} events/s, "
                f"paced p99 {paced[title][-1]['p99_ms']:.1f} ms"
            )

    def values(results: dict[str, list[dict]], title: str, name: str) -> list[float]:
        return [result[name] for result in results[title]]

    case = f"fan-out to {options.subscribers:,} WebSockets"
    comparisons = [
        Comparison(
            f"{case} (events/s)", NCHAN, values(full, OURS, "rate"), values(full, NCHAN, "rate")
        ),
        Comparison(
            f"{case} at {options.paced_events_per_second:,} events/s (p99 in ms)",
            NCHAN,
            values(paced, OURS, "p99_ms"),
            values(paced, NCHAN, "p99_ms"),
            higher_is_better=False,
            form="{:,.1f}",
        ),
    ]
    full_table = Table(
        f"{options.events:,} events at full speed to {options.subscribers:,} WebSockets",
        ["server", "events/s", "server's CPU, µs an event", "fewest, most a subscriber",
         "lost", "closed", "events a frame"],
        [
            [
                title,
                Spread.of(values(full, title, "rate")).text(),
                Spread.of(values(full, title, "cpu_us")).text("{:.2f}"),
                f"{min(values(full, title, 'fewest')):,}, {max(values(full, title, 'most')):,}",
                f"{max(values(full, title, 'lost')):,}",
                f"{max(values(full, title, 'closed')):,}",
                f"{full[title][0]['events'] / full[title][0]['frames']:.1f}",
            ]
            for title in titles
        ],
    )
    paced_table = Table(
        f"{options.events:,} events, {options.paced_events_per_second:,} a second, "
        f"to {options.subscribers:,} WebSockets",
        ["server", "latency p50, ms", "latency p99, ms", "server's CPU, µs an event", "lost"],
        [
            [
                title,
                Spread.of(values(paced, title, "p50_ms")).text("{:.1f}"),
                Spread.of(values(paced, title, "p99_ms")).text("{:.1f}"),
                Spread.of(values(paced, title, "cpu_us")).text("{:.2f}"),
                f"{max(values(paced, title, 'lost')):,}",
            ]
            for title in titles
        ],
    )
    return comparisons, [full_table, paced_table]
