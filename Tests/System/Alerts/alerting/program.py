"""`progressbus up` with its private servers, which can be frozen and thawed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

from support.compose_stack import free_port
from support.http import post_json, request
from support.waiting import eventually

SERVERS = {"redis": "redis-server", "postgres": "postgres", "influxdb": "influxd", "bigquery": "python"}


class Program:
    def __init__(self, binary: Path, folder: Path, settings: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.redis_port = free_port()
        self.log = folder / "progressbus.log"
        ports = {"http": self.port, "redis": self.redis_port, "postgres": free_port(),
                 "influx": free_port(), "bigquery": free_port()}
        command = [str(binary), "up", "--state-dir", str(folder / "state")]
        for name, port in ports.items():
            command += [f"--{name}-port", str(port)]
        for name, value in settings.items():
            command += ["--set", f"{name}={value}"]
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        eventually("a program that is ready", self._is_ready, seconds=180)

    def _is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the program ended: {self.log.read_text()[-3000:]}")
        return request(self.url + "/health/ready")[0] == 200

    def stop(self) -> None:
        for process, _ in self._descendants():
            os.kill(process, signal.SIGCONT)
        self.process.terminate()
        self.process.wait(timeout=60)

    # --- Faults ---------------------------------------------------------------------------------

    def freeze(self, server: str) -> None:
        """It keeps its connections and answers nothing: the worst way of being away."""
        self._signal(server, signal.SIGSTOP)

    def thaw(self, server: str) -> None:
        self._signal(server, signal.SIGCONT)

    def _signal(self, server: str, number: int) -> None:
        found = [process for process, name in self._descendants() if name.startswith(SERVERS[server])]
        assert found, f"no process of {server}"
        for process in found:
            os.kill(process, number)

    def _descendants(self) -> list[tuple[int, str]]:
        children: dict[int, list[tuple[int, str]]] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                name, rest = (folder / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            except (OSError, IndexError):
                continue
            children.setdefault(int(rest.split()[1]), []).append((int(folder.name), name))
        found, parents = [], [self.process.pid]
        while parents:
            below = children.get(parents.pop(), [])
            found += below
            parents += [process for process, _ in below]
        return found

    # --- Use ------------------------------------------------------------------------------------

    def post(self, events: int, padding: int = 0) -> int:
        """The status of one request with that many events."""
        event = {"event_type": "cell_executed", "student_id": "s-1", "course_id": "alerts",
                 "notebook_path": "a.ipynb", "cell_id": "c1", "duration_ms": 1.5,
                 "error_message": "x" * padding}
        try:
            return post_json(self.url + "/student-progress", [event] * events, seconds=30)[0]
        except OSError:
            return 0

    def redis(self, *words: str) -> str:
        with socket.create_connection(("127.0.0.1", self.redis_port), timeout=5) as connection:
            request = f"*{len(words)}\r\n" + "".join(f"${len(w.encode())}\r\n{w}\r\n" for w in words)
            connection.sendall(request.encode())
            return connection.recv(4096).decode()
