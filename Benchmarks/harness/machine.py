"""What the figures were measured on."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from .options import Options
from .stack import REPOSITORY

PACKAGES = ["redis-server", "webdis", "nginx", "libnginx-mod-nchan", "postgresql-15", "influxdb", "wrk"]


def processor() -> str:
    found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def output_of(*command: str) -> str:
    """What a command prints; empty when there is no such command."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def pinned(package: str) -> str:
    requirements = (REPOSITORY / "Benchmarks/peers/requirements.txt").read_text()
    return re.search(rf"^{package}==(.*)$", requirements, re.MULTILINE).group(1)


def describe(options: Options, load_before: float) -> str:
    """Machine, date and versions, as a Markdown paragraph."""
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text()).group(1)
    form = "--showformat=${Package} ${Version}\n"
    packages = output_of("dpkg-query", "--show", form, *PACKAGES).splitlines()
    swift = re.search(r"Swift version (\S+)", output_of("swift", "--version"))
    commit = output_of("git", "rev-parse", "--short", "HEAD")
    versions = packages + [f"{name} {pinned(name)}" for name in ("fastapi", "uvicorn", "redis")]
    versions.append(f"Swift {swift.group(1) if swift else 'unknown'}")
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit or 'unknown'}: {processor()}, "
        f"{os.cpu_count()} cores, {int(memory) / 1048576:.0f} GiB, Linux {platform.release()}; "
        f"load average {load_before:.1f} at the start. {options.rounds} rounds, in turn; POSTs for "
        f"{options.seconds} s each.\n\n{', '.join(versions)}."
    )
