"""Events that are POSTed one by one reach a thousand WebSockets."""

from collections import defaultdict

from .load import fan_out
from .options import Options
from .report import Comparison, Table
from .stack import HTTPServer, Stack
from .spread import Spread

OURS, NCHAN = "ProgressBus", "nchan in nginx, 2 workers"


def start(stack: Stack, title: str, options: Options) -> tuple[HTTPServer, dict]:
    if title == OURS:
        # The journal holds what is published here; nobody has to be closed for being slow, because
        # the load's subscribers share the machine's cores with the server.
        target = stack.progressbus(
            "ingest,dashboard", stack.redis(), websocket__queue_bytes=64 * 1024 * 1024,
            # For the read API, which is not asked here.
            database__url="postgresql://127.0.0.1:1/unused",
        )
        return target, {"publish_path": "/student-progress", "subscribe_path": "/ws/dashboard"}
    target = stack.nchan(options.subscribers * 2 + 1000)
    return target, {"publish_path": "/publish", "subscribe_path": "/subscribe"}


def measure(stack: Stack, title: str, options: Options, events: int, pace: int) -> dict:
    with stack.fresh():
        target, paths = start(stack, title, options)
        result = fan_out(
            stack.programs,
            target,
            subscribers=options.subscribers,
            events=events,
            events_per_second=pace,
            **paths,
        )
    return result | {
        "rate": result["events"] / result["seconds"],
        "lost": events * options.subscribers - result["events"],
    }


class Results:
    """What each side did at one pace, round by round."""

    def __init__(self) -> None:
        self.rounds: dict[str, list[dict]] = defaultdict(list)

    def values(self, title: str, name: str) -> list[float]:
        return [result[name] for result in self.rounds[title]]

    def text(self, title: str, name: str, form: str) -> str:
        return Spread.of(self.values(title, name)).text(form)

    def comparison(self, case: str, name: str, **how: object) -> Comparison:
        return Comparison(case, NCHAN, self.values(OURS, name), self.values(NCHAN, name), **how)


def run(stack: Stack, options: Options, progress) -> tuple[list[Comparison], list[Table]]:
    full, paced = Results(), {pace: Results() for pace in options.paces}
    for number in range(options.rounds):
        for title in [OURS, NCHAN] if number % 2 == 0 else [NCHAN, OURS]:
            result = measure(stack, title, options, options.events, 0)
            full.rounds[title].append(result)
            progress(f"Fan-out, round {number + 1}: {title}: {result['rate']:,.0f} events/s")
            for pace, results in paced.items():
                events = pace * options.paced_seconds
                results.rounds[title].append(measure(stack, title, options, events, pace))

    subscribers = f"{options.subscribers:,} WebSockets"
    comparisons = [
        full.comparison(f"fan-out to {subscribers} (events/s)", "rate"),
        full.comparison(
            "the same: server's CPU time (µs an event and subscriber)",
            "cpu_us",
            higher_is_better=False,
            form="{:,.2f}",
        ),
    ]
    for pace, results in paced.items():
        comparisons.append(
            results.comparison(
                f"fan-out of {pace:,} events/s to {subscribers} (latency p99, ms)",
                "p99_ms",
                higher_is_better=False,
                form="{:,.1f}",
            )
        )
    return comparisons, [full_speed_table(full, options)] + [
        paced_table(results, pace, subscribers) for pace, results in paced.items()
    ]


def full_speed_table(full: Results, options: Options) -> Table:
    return Table(
        f"{options.events:,} events at full speed to {options.subscribers:,} WebSockets",
        ["server", "events/s", "server's CPU, µs an event", "fewest a subscriber",
         "most", "closed", "events a frame"],
        [
            [
                title,
                full.text(title, "rate", "{:,.0f}"),
                full.text(title, "cpu_us", "{:.2f}"),
                f"{min(full.values(title, 'fewest')):,}",
                f"{max(full.values(title, 'most')):,}",
                f"{max(full.values(title, 'closed')):,}",
                f"{sum(full.values(title, 'events')) / sum(full.values(title, 'frames')):.1f}",
            ]
            for title in (OURS, NCHAN)
        ],
    )


def paced_table(results: Results, pace: int, subscribers: str) -> Table:
    return Table(
        f"{pace:,} events a second to {subscribers}",
        ["server", "latency p50, ms", "latency p99, ms", "server's CPU, µs an event", "lost"],
        [
            [
                title,
                results.text(title, "p50_ms", "{:.1f}"),
                results.text(title, "p99_ms", "{:.1f}"),
                results.text(title, "cpu_us", "{:.2f}"),
                f"{max(results.values(title, 'lost')):,}",
            ]
            for title in (OURS, NCHAN)
        ],
    )
