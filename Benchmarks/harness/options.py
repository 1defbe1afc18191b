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


FULL = Options(rounds=5, seconds=8)
QUICK = Options(
    rounds=3, seconds=2, paced_seconds=1, journal_events=100_000, decoder_repetitions=100_000
)
