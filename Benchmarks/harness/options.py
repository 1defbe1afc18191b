"""How long and how often things are measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    rounds: int
    """Runs of each side, in turn."""
    seconds: int
    """Of one run of wrk."""
    connections: tuple[int, ...] = (64, 256)
    subscribers: int = 1000
    events: int = 2000
    """Published to the subscribers at full speed."""
    paces: tuple[int, ...] = (200, 1000)
    """Events a second, for the latency."""
    paced_seconds: int = 3
    journal_events: int = 500_000
    decoder_repetitions: int = 500_000
    sessions: int = 1000
    """Moved by both sides."""
    idle_subscribers: int = 10_000
    migrations: tuple[int, ...] = (1_000, 10_000, 100_000)
    """Sessions of one migration, for its memory."""


FULL = Options(rounds=5, seconds=8)
QUICK = Options(
    rounds=3, seconds=2, paced_seconds=1, journal_events=100_000, decoder_repetitions=100_000,
    sessions=200, migrations=(1_000, 10_000), idle_subscribers=1_000,
)
