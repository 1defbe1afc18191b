"""`progressbus up` on free ports, in a folder of its own."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from email.utils import formatdate
from pathlib import Path

#: A server must not outlive tests that are killed (util-linux, setpriv(1)).
DIES_WITH_US = ["setpriv", "--pdeathsig", "TERM", "--"]


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class PrivateStack:
    """
    :param settings: further settings of the server, `key=value`.
    :param arguments: further arguments of `progressbus up`.
    """

    def __init__(self, binary: Path, folder: Path, *settings: str, arguments: tuple[str, ...] = ()):
        http, redis, postgres, influx, bigquery = free_ports(5)
        self.url = f"http://127.0.0.1:{http}/"
        self.redis_port = redis
        self.log = folder / "up.log"
        self.urls_file = folder / "state/urls.env"
        ports = ["--http-port", http, "--redis-port", redis, "--postgres-port", postgres,
                 "--influx-port", influx, "--bigquery-port", bigquery]
        assignments = [part for setting in ("bq_sync.enabled=false", *settings) for part in ("--set", setting)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_US, binary, "up", *map(str, ports), *assignments, *arguments, "--state-dir", folder / "state"],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self._wait_until_ready(time.monotonic() + 90)

    def _wait_until_ready(self, deadline: float) -> None:
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.get("health/ready")["status"] == "ok":
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(0.2)
        self.process.kill()
        raise RuntimeError(f"progressbus up did not become ready:\n{self.log.read_text()[-4000:]}")

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return json.load(response)

    def post(self, events: list[dict], path: str = "student-progress") -> None:
        """Sends until the server takes them: 503 means not yet."""
        # With the date, by which the server knows that what lies back is no wrong clock.
        headers = {"Content-Type": "application/json", "Date": formatdate(usegmt=True)}
        request = urllib.request.Request(self.url + path, json.dumps(events).encode(), headers)
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(request, timeout=10) as response:
                    assert response.status == 202, response.read()
                    return
            except urllib.error.HTTPError as error:
                if error.code != 503 or time.monotonic() > deadline:
                    raise AssertionError(error.read()) from error
                time.sleep(0.2)

    def rows(self, query: str) -> list[list[str]]:
        """What PostgreSQL holds."""
        answer = subprocess.run(
            ["psql", self.urls()["DATABASE_URL"], "--no-psqlrc", "--csv", "--tuples-only", "--command", query],
            check=True, capture_output=True, text=True, timeout=30).stdout
        return list(csv.reader(answer.splitlines()))

    def points(self, query: str) -> list[list]:
        """What InfluxDB holds: the rows of the first series."""
        urls = self.urls()
        parameters = urllib.parse.urlencode({"db": urls["INFLUXDB_DATABASE"], "q": query})
        with urllib.request.urlopen(f"{urls['INFLUXDB_URL']}/query?{parameters}", timeout=30) as response:
            series = json.load(response)["results"][0].get("series", [])
        return series[0]["values"] if series else []

    def urls(self) -> dict[str, str]:
        """Where the servers are, as `up` wrote it for other programs."""
        return dict(line.split("=", 1) for line in self.urls_file.read_text().splitlines())

    def redis_process(self) -> int:
        answer = subprocess.run(
            ["redis-cli", "-p", str(self.redis_port), "info", "server"],
            check=True, capture_output=True, text=True).stdout
        return int(re.search(r"process_id:(\d+)", answer)[1])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def freeze(process: int) -> None:
    os.kill(process, signal.SIGSTOP)


def thaw(process: int) -> None:
    os.kill(process, signal.SIGCONT)
