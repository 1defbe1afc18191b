"""Processes that end with the benchmark, however it ends, and the CPU time that they use."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class BenchmarkError(Exception):
    """What stops the benchmark, in one sentence."""


def program(name: str, *folders: str) -> str:
    """The path of a program that `scripts/install-packages` has brought."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *folders])
    found = shutil.which(name, path=path)
    if not found:
        raise BenchmarkError(f"there is no program named {name}: run scripts/install-packages bench")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what: str, condition, seconds: float = 30.0) -> None:
    """Asks until `condition` is true.

    Raises BenchmarkError after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise BenchmarkError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with a 2xx."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def stat_fields(process: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (proc(5)): state, parent, …"""
    text = Path(f"/proc/{process}/stat").read_text()
    return text[text.rindex(")") + 2 :].split()


def descendants(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with suppress(OSError):
                children.setdefault(int(stat_fields(int(entry))[1]), []).append(int(entry))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


class Server:
    """A server with everything that it starts itself, in a folder of its own."""

    def __init__(self, name: str, folder: Path, stop_signal: int) -> None:
        self.name = name
        self.folder = folder
        self.stop_signal = stop_signal
        self.log_path = folder / f"{name}.log"
        self.process: subprocess.Popen | None = None

    def start(self, command: list[str], environment: dict[str, str], account: str | None) -> None:
        # The server is told to end when this program is killed; Ctrl-C reaches this program alone,
        # which then ends the servers in order.
        guard = [program("setpriv"), "--pdeathsig", "TERM"]
        if account:
            guard += ["--reuid", account, "--regid", account, "--init-groups"]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*guard, "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **environment},
                start_new_session=True,
            )

    def wait_until(self, condition) -> None:
        """Waits for the server's first answer.

        Raises BenchmarkError with the end of its log when it ends instead.
        """

        def ready() -> bool:
            if self.process.poll() is not None:
                raise BenchmarkError(f"{self.name} ended at its start:\n{self.log_tail()}")
            return condition()

        try:
            wait_for(f"the start of {self.name}", ready)
        except BenchmarkError as error:
            raise BenchmarkError(f"{error}\n{self.log_tail()}") from None

    def log_tail(self) -> str:
        return self.log_path.read_text(errors="replace")[-2000:]

    def cpu_seconds(self) -> float:
        """CPU time of the process and its children until now, ended children included."""
        ticks = 0
        for process in descendants(self.process.pid):
            with suppress(OSError):
                fields = stat_fields(process)
                # utime, stime, and the same of children that were waited for.
                ticks += sum(int(field) for field in fields[11:15])
        return ticks / CLOCK_TICKS

    def stop(self) -> None:
        if not self.process or self.process.poll() is not None:
            return
        family = descendants(self.process.pid)
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            for process in family:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self.process.wait()


class Servers:
    """All servers that run now, and the folder that holds their folders."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.running: list[Server] = []
        self.count = 0

    def folder(self, name: str, account: str | None = None) -> Path:
        self.count += 1
        folder = self.root / f"{self.count:03d}-{name}"
        folder.mkdir()
        if account:
            shutil.chown(folder, account, account)
        return folder

    def start(
        self,
        name: str,
        command: list[str],
        *,
        folder: Path,
        environment: dict[str, str] | None = None,
        account: str | None = None,
        stop_signal: int = signal.SIGTERM,
    ) -> Server:
        server = Server(name, folder, stop_signal)
        self.running.append(server)
        server.start(command, environment or {}, account)
        return server

    def stop_all(self) -> None:
        """Ends what was started, the newest first, and removes its folders."""
        while self.running:
            server = self.running.pop()
            server.stop()
            shutil.rmtree(server.folder, ignore_errors=True)
