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
    """Published to the subscribers in one run."""
    paced_events_per_second: int = 1000
    journal_events: int = 200_000
    decoder_repetitions: int = 500_000


FULL = Options(rounds=5, seconds=8)
QUICK = Options(rounds=3, seconds=2, journal_events=50_000, decoder_repetitions=100_000)
