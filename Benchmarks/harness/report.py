"""The tables, as Markdown."""

from dataclasses import dataclass
from pathlib import Path

from .processes import BenchmarkError
from .spread import Spread, ratio

BEGIN = "<!-- The harness writes from here: make bench ARGS=--write -->"
END = "<!-- The harness writes to here. -->"


@dataclass(frozen=True)
class Comparison:
    """What ProgressBus and a peer did in the same rounds."""

    case: str
    peer: str
    ours: list[float]
    theirs: list[float]
    higher_is_better: bool = True
    form: str = "{:,.0f}"

    @property
    def ratio(self) -> Spread:
        """How many times better than the peer: over 1 is better, whatever is measured."""
        if self.higher_is_better:
            return ratio(self.ours, self.theirs)
        return ratio(self.theirs, self.ours)

    def row(self) -> list[str]:
        return [
            self.case,
            self.form.format(Spread.of(self.ours).middle),
            self.peer,
            self.form.format(Spread.of(self.theirs).middle),
            f"**{self.ratio.middle:.2f}** ({self.ratio.lowest:.2f}–{self.ratio.highest:.2f})",
        ]


@dataclass(frozen=True)
class Table:
    title: str
    columns: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        lines = [f"### {self.title}", "", _row(self.columns), _row(["---"] * len(self.columns))]
        return "\n".join(lines + [_row(row) for row in self.rows])


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def markdown(machine: str, comparisons: list[Comparison], tables: list[Table]) -> str:
    columns = ["what", "ProgressBus", "peer", "peer's figure", "times better (spread)"]
    ratios = [_row(columns), _row(["---"] * len(columns))]
    ratios += [_row(comparison.row()) for comparison in comparisons]
    parts = [machine] + (["\n".join(ratios)] if comparisons else [])
    return "\n\n".join(parts + [table.markdown() for table in tables]) + "\n"


def write(page: Path, text: str) -> None:
    """Puts `text` between the two markers of `page`."""
    old = page.read_text()
    if BEGIN not in old or END not in old:
        raise BenchmarkError(f"{page} lacks the lines between which the table goes")
    before, after = old.split(BEGIN)[0], old.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")
