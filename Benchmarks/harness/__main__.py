"""Measures ProgressBus beside its peers on this machine and prints tables of ratios.

Starts every server itself, one side at a time, and ends them all, Ctrl-C or not.
"""

import argparse
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from . import (
    decoder_case, fan_out_case, ingest_case, limits_case, machine, read_api_case, report,
    session_migration_case, sink_case, store_case, token_case,
)
from .load import compile_load_programs
from .options import FULL, QUICK, Options
from .processes import BenchmarkError, Servers
from .stack import REPOSITORY, Stack

CASES = {
    "ingest": ingest_case.run,
    "fan-out": fan_out_case.run,
    "sinks": sink_case.run,
    "store": store_case.run,
    "decoder": decoder_case.run,
    "read-api": read_api_case.run,
    "sessions": session_migration_case.run,
    "limits": limits_case.run,
    "token": token_case.run,
}
PAGE = REPOSITORY / "docs" / "benchmarks.md"
#: A thousand subscribers are as many descriptors in the server and in the load program.
OPEN_FILES = 4096


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def case_names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in CASES:
            raise argparse.ArgumentTypeError(f"no case is named {name!r}: {', '.join(CASES)}")
    return names


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short runs: a look, no result")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.name} too")
    parser.add_argument(
        "--rounds", type=positive, help=f"runs of each side (default {FULL.rounds})"
    )
    parser.add_argument(
        "--seconds", type=positive, help=f"of one run of wrk (default {FULL.seconds})"
    )
    parser.add_argument(
        "--cases", type=case_names, default=list(CASES), help=f"default: {','.join(CASES)}"
    )
    # Benchmarks/run fills these in.
    parser.add_argument("--products", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--fastapi", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--google", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def allow_open_files(needed: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchmarkError(f"{hard} open files are allowed, {needed} are needed: ulimit -n")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def measure(parsed: argparse.Namespace, options: Options) -> str:
    of_limits = limits_case.open_files(options) if "limits" in parsed.cases else 0
    allow_open_files(max(OPEN_FILES, of_limits))
    load_before = os.getloadavg()[0]
    if load_before > os.cpu_count() / 4:
        progress(f"The machine is busy: load average {load_before:.1f}. Only ratios mean anything.")
    root = Path(tempfile.mkdtemp(prefix="progressbus-bench-"))
    # PostgreSQL runs under an account of its own when this program runs as root.
    root.chmod(0o711)
    stack = Stack(Servers(root), parsed.products, parsed.fastapi, parsed.google)
    try:
        compile_load_programs(root)
        comparisons, tables = [], []
        started = time.monotonic()
        for case in parsed.cases:
            more_comparisons, more_tables = CASES[case](stack, options, progress)
            comparisons += more_comparisons
            tables += more_tables
        progress(f"Measured for {time.monotonic() - started:.0f} s.")
        return report.markdown(machine.describe(options, load_before), comparisons, tables)
    finally:
        # A second Ctrl-C must not keep servers alive.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stack.servers.stop_all()
        shutil.rmtree(root, ignore_errors=True)


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    parsed = arguments()
    given = {name: getattr(parsed, name) for name in ("rounds", "seconds")}
    options = replace(
        QUICK if parsed.quick else FULL,
        **{name: value for name, value in given.items() if value is not None},
    )
    try:
        tables = measure(parsed, options)
        print(tables)
        if parsed.write:
            report.write(PAGE, tables)
        return 0
    except BenchmarkError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
