"""A Redis that a test stops and starts."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from .private_stack import DIES_WITH_US, free_ports


class PrivateRedis:
    def __init__(self, folder: Path):
        self.program = shutil.which("redis-server")
        if not self.program:
            pytest.fail("no redis-server in PATH: install the Debian package redis-server")
        self.folder = folder
        (self.port,) = free_ports(1)
        self.process: subprocess.Popen | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """What it held when it stopped is there again."""
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_US, self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder,
                 "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                pass
            assert time.monotonic() < deadline and self.process.poll() is None, "Redis does not start"
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
