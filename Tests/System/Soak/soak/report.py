"""The tables, in Markdown."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .account import Account


@dataclass
class Round:
    """What was seen while one fault came and went, until the next began."""

    fault: str
    lasted: float
    #: The longest time in which nothing was accepted.
    refused: float
    #: The longest time from the answer to an event until the dashboard that stays heard it.
    late: float
    #: Pages and answers of the dashboard that were not 200.
    pages_failed: int
    #: What the sink that is furthest behind had not stored when the next fault began; None: unknown.
    behind: int | None
    #: How often the ingest said that it is ready when it had been refusing events for long.
    wrongly_ready: int


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [heads, ["---"] * len(list(heads)), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in lines)


def fault_table(rounds: list[Round], summaries: dict[str, str]) -> str:
    rows = []
    for name in summaries:
        same = [round_ for round_ in rounds if round_.fault == name]
        if same:
            behind = [round_.behind for round_ in same]
            rows.append([
                summaries[name], len(same), f"{max(r.refused for r in same):.1f} s",
                f"{max(r.late for r in same):.1f} s", sum(r.pages_failed for r in same),
                "unknown" if None in behind else f"{max(behind):,}"])
    return table(
        ["fault", "times", "senders were refused, at most", "the dashboard was late, at most",
         "pages not answered with 200", "behind at the next fault"], rows)


def account_table(account: Account) -> str:
    return table(["account", ""], account.lines)


def conditions(binary: Path, seconds: int, rate: int, seed: int) -> str:
    def output_of(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, cwd=binary.parent)
        return done.stdout.strip() or "unknown"

    packages = output_of("dpkg-query", "--show", "--showformat=${Package} ${Version}, ",
                         "redis-server", "postgresql-15", "influxdb").removesuffix(",")
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {output_of('git', 'rev-parse', '--short', 'HEAD')}: "
        f"{os.cpu_count()} cores, Linux {platform.release()}; {packages}. {seconds} s at {rate} events/s, "
        f"seed {seed}.")
