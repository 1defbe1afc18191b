"""Processes that can be stopped, killed and frozen together with their children."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class SoakError(Exception):
    """What stops the soak, in one sentence."""


def find_program(name: str, *folders: str) -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *folders])
    found = shutil.which(name, path=path)
    if not found:
        raise SoakError(f"there is no program named {name}: run scripts/install-packages servers")
    return found


_ports: set[int] = set()


def free_port() -> int:
    """A port that this soak has not been given yet, on which nothing listens, and that no outgoing
    connection is given while its server is stopped: those are taken from 32768 on
    (net.ipv4.ip_local_port_range)."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _ports:
                _ports.add(port)
                return port
    raise SoakError("no port is free")


def wait_for(what: str, condition: Callable[[], object], seconds: float = 30) -> None:
    """Asks until `condition` is true. Raises SoakError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SoakError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.05)


def parent_of(process: int) -> int:
    """The second field behind the name in /proc/PID/stat (proc(5))."""
    text = Path(f"/proc/{process}/stat").read_text()
    return int(text[text.rindex(")") + 2:].split()[1])


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with suppress(OSError):
                children.setdefault(parent_of(int(entry)), []).append(int(entry))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


class Process:
    """A program that can be started again and again, in a folder of its own."""

    def __init__(
        self, name: str, folder: Path, command: list[str], *,
        environment: dict[str, str] | None = None, account: str | None = None,
        stop_signal: int = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.folder = folder
        self.command = command
        self.environment = {**os.environ, **(environment or {})}
        self.account = account
        self.stop_signal = stop_signal
        self.log_path = folder / f"{name}.log"
        self._process: subprocess.Popen | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env=self.environment, user=self.account, group=self.account,
                extra_groups=[] if self.account else None,
                # Ctrl-C reaches the soak alone, which then ends everything in order.
                start_new_session=True)

    def wait_until(self, answers: Callable[[], bool], seconds: float = 30) -> None:
        """Raises SoakError with the end of the log when the process ends, or does not answer."""

        def ready() -> bool:
            if not self.is_running:
                raise SoakError(f"{self.name} ended at its start:\n{self.log_tail()}")
            return answers()

        wait_for(f"the start of {self.name}", ready, seconds)

    def log_tail(self) -> str:
        return self.log_path.read_text(errors="replace")[-2000:]

    def stop(self, seconds: float = 20) -> None:
        """Asks the process to end, and kills it with its children when it does not."""
        if not self.is_running:
            return
        self.thaw()
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        if self.is_running:
            self._signal_family(signal.SIGKILL)
            self._process.wait()

    def freeze(self) -> None:
        """It keeps its connections and answers nothing: the worst way of being away."""
        self._signal_family(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_family(signal.SIGCONT)

    def _signal_family(self, number: int) -> None:
        for process in family(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def resident_bytes(self) -> int | None:
        """None when the process is not there."""
        with suppress(OSError):
            if self.is_running:
                pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
                return int(pages) * os.sysconf("SC_PAGE_SIZE")
        return None
