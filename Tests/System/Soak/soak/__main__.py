"""A day in small: all roles of the program as processes of their own, on real Redis, PostgreSQL and
InfluxDB, under load and under one fault after another. Prints the account, and ends with 1 when it does
not balance."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from . import guard, report
from .day import Day, Options
from .faults import FAULTS
from .processes import SoakError
from .redis_client import RedisReplyError
from .stack import Stack

REPOSITORY = Path(__file__).resolve().parents[4]
#: Learners' clocks are set hours off and back: a longer day would use moments twice.
LONGEST = 3600


def seconds(text: str) -> int:
    number = int(text)
    if not 10 <= number <= LONGEST:
        raise argparse.ArgumentTypeError(f"must be 10 to {LONGEST}")
    return number


def rate(text: str) -> int:
    number = int(text)
    if not 6 <= number <= 2000:
        raise argparse.ArgumentTypeError("must be 6 to 2000")
    return number


def fault_names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in FAULTS:
            raise argparse.ArgumentTypeError(f"no fault is named {name!r}: {', '.join(FAULTS)}")
    return names


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="faults:\n" + "\n".join(f"  {f.name:18} {f.summary}" for f in FAULTS.values()))
    parser.add_argument("--seconds", type=seconds, default=600, help="how long (default 600)")
    parser.add_argument("--rate", type=rate, default=300, help="events a second (default 300)")
    parser.add_argument("--every", type=seconds, default=20, help="seconds from fault to fault (20)")
    parser.add_argument("--seed", type=int, default=1, help="of faults and events (default 1)")
    parser.add_argument("--faults", type=fault_names, default=list(FAULTS), help="NAME,… (default: all)")
    parser.add_argument(
        "--binary", type=Path, default=REPOSITORY / ".build/release/progressbus",
        help="the program (default .build/release/progressbus)")
    parser.add_argument("--logs", type=Path, help="a folder that all logs are copied to at the end")
    return parser.parse_args()


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(parsed: argparse.Namespace) -> int:
    if not parsed.binary.exists():
        raise SoakError(f"there is no {parsed.binary}: run `make release`, or name one with --binary")
    root = Path(tempfile.mkdtemp(prefix="progressbus-soak-")).resolve()
    # PostgreSQL runs under an account of its own when this program runs as root.
    root.chmod(0o711)
    guarded = guard.start(root)
    stack = Stack(root, parsed.binary.resolve())
    try:
        stack.start()
        options = Options(parsed.seconds, parsed.rate, parsed.every, parsed.seed, parsed.faults)
        day = Day(stack, options, say)
        account = day.run()
    finally:
        # A second Ctrl-C must not keep servers alive.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stack.stop()
        if parsed.logs:
            keep_logs(root, parsed.logs)
        guarded.communicate()
    print(report.conditions(stack.binary, parsed.seconds, parsed.rate, parsed.seed))
    print()
    print(report.fault_table(day.rounds, {name: FAULTS[name].summary for name in FAULTS}))
    print()
    print(report.account_table(account))
    sys.stdout.flush()
    for reason in account.wrong:
        say(f"soak: {reason}")
    say("soak: the account " + ("does not balance" if account.wrong else "balances"))
    return 1 if account.wrong else 0


def keep_logs(root: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for log in root.glob("*/*.log"):
        shutil.copyfile(log, folder / f"{log.parent.name}.log")


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return run(arguments())
    except (SoakError, RedisReplyError, OSError) as error:
        say(f"soak: {error or type(error).__name__}")
        return 1
    except KeyboardInterrupt:
        say("soak: stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
