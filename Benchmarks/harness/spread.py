"""Medians, spreads and ratios of what the rounds gave."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    middle: float
    lowest: float
    highest: float

    @staticmethod
    def of(values: list[float]) -> "Spread":
        return Spread(median(values), min(values), max(values))

    def text(self, form: str = "{:,.0f}") -> str:
        low, high = form.format(self.lowest), form.format(self.highest)
        return f"{form.format(self.middle)} ({low}–{high})"


def ratio(ours: list[float], theirs: list[float]) -> Spread:
    """Each round of ours over the same round of theirs: what slows the machine slows both."""
    return Spread.of([our / their for our, their in zip(ours, theirs, strict=True)])
