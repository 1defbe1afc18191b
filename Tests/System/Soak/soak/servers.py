"""Real Redis, PostgreSQL and InfluxDB servers on 127.0.0.1, which faults stop, freeze and empty."""

from __future__ import annotations

import csv
import io
import os
import secrets
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request
from abc import ABC, abstractmethod
from pathlib import Path

from .processes import Process, SoakError, find_program, free_port
from .redis_client import RedisClient, RedisReplyError


class Redis:
    """Set as docs/operations.md asks: an append-only file, synced every second, and no eviction."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        folder.mkdir()
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.process = Process(
            "redis", folder,
            [find_program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"]
            + ["--dir", str(folder), "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]
            + ["--maxmemory-policy", "noeviction", "--repl-diskless-sync-delay", "0"])

    def start(self) -> None:
        self.process.start()
        self.process.wait_until(self._answers)

    def client(self, seconds: float = 10) -> RedisClient:
        return RedisClient(self.port, seconds)

    def _answers(self) -> bool:
        try:
            with self.client(2) as client:
                return client.call("PING") == "PONG"
        except (OSError, RedisReplyError):
            return False

    def forget_everything(self) -> None:
        """While it is stopped."""
        shutil.rmtree(self.process.folder / "appendonlydir", ignore_errors=True)


class Store(ABC):
    """A server that a fault can replace by an empty one. What the old one held is put away and counted
    at the end."""

    process: Process

    def __init__(self) -> None:
        #: Folders of servers that were put away.
        self.retired: list[Path] = []

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stored(self) -> list[str]:
        """The event_id of everything that it holds."""

    @abstractmethod
    def _process(self, folder: Path) -> Process: ...

    @abstractmethod
    def _start_new(self) -> None: ...

    @abstractmethod
    def _make_folder(self) -> Path: ...

    def start_new(self) -> None:
        self.process = self._process(self._make_folder())
        self._start_new()

    def replace(self) -> None:
        """Puts the stopped server away, and starts an empty one in its place."""
        self.retired.append(self.process.folder)
        self.start_new()

    def stored_in_retired(self) -> set[str]:
        """Starts each server that was put away once more, while the present one is stopped."""
        found: set[str] = set()
        if not self.retired:
            return found
        present = self.process
        present.stop()
        for folder in self.retired:
            self.process = self._process(folder)
            self.start()
            found.update(self.stored())
            self.process.stop()
        self.process = present
        self.start()
        return found


class Postgres(Store):
    """A cluster with one superuser and one database, both named `progressbus`."""

    def __init__(self, root: Path, program: Path) -> None:
        super().__init__()
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        self._tools = str(binaries[-1]) if binaries else ""
        self._program = program
        self._root = root
        self.port = free_port()
        self._password = secrets.token_hex(16)
        self.url = self._url("progressbus")
        # PostgreSQL refuses to run as root.
        self._account = "postgres" if os.geteuid() == 0 else None

    def _url(self, database: str) -> str:
        return f"postgresql://progressbus:{self._password}@127.0.0.1:{self.port}/{database}"

    def _make_folder(self) -> Path:
        folder = self._root / f"postgres-{len(self.retired) + 1}"
        folder.mkdir()
        if self._account:
            shutil.chown(folder, self._account, self._account)
        secret = folder / "password"
        secret.touch(0o600)
        secret.write_text(self._password)
        if self._account:
            shutil.chown(secret, self._account, self._account)
        command = [find_program("initdb", self._tools), "-D", str(folder / "data"), "-U", "progressbus"]
        command += ["-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(
            [*command, "--no-sync"], user=self._account, capture_output=True, text=True, cwd=folder)
        if done.returncode:
            raise SoakError(f"initdb: {done.stderr.strip()}")
        return folder

    def _process(self, folder: Path) -> Process:
        return Process(
            "postgres", folder,
            [find_program("postgres", self._tools), "-D", str(folder / "data"), "-p", str(self.port)]
            + ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
            account=self._account,
            # The fast shutdown: sessions are ended.
            stop_signal=signal.SIGINT)

    def start(self) -> None:
        self.process.start()
        self.process.wait_until(lambda: self._psql("select 1", "postgres").stdout.strip() == "1")

    def _start_new(self) -> None:
        """A cluster with the program's tables, and one rule of its own, which refuses some events for
        good: so there are dead letters to account for. It gets its name when it has both."""
        self.start()
        self.query("create database unfinished", database="postgres")
        done = subprocess.run(
            [str(self._program), "migrate"], capture_output=True, text=True,
            env={**os.environ, "DATABASE_URL": self._url("unfinished")})
        if done.returncode:
            raise SoakError(f"migrate: {done.stderr.strip()}")
        rule = "alter table progress_events add constraint soak check (cell_id <> 'refused')"
        self.query(rule, database="unfinished")
        self.query("alter database unfinished rename to progressbus", database="postgres")

    def query(self, sql: str, *, database: str = "progressbus") -> str:
        """The rows, one a line, without headers."""
        done = self._psql(sql, database)
        if done.returncode:
            raise SoakError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def _psql(self, sql: str, database: str) -> subprocess.CompletedProcess:
        place = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "progressbus"}
        place |= {"PGPASSWORD": self._password, "PGCONNECT_TIMEOUT": "5", "PGDATABASE": database}
        return subprocess.run(
            [find_program("psql", self._tools), "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql],
            capture_output=True, text=True, env={**os.environ, **place})

    def stored(self) -> list[str]:
        return self.query("select event_id from progress_events").split()


class Influx(Store):
    """InfluxDB 1.x with one database."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root
        self.port = free_port()
        self._backup_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def _make_folder(self) -> Path:
        folder = self._root / f"influx-{len(self.retired) + 1}"
        folder.mkdir()
        (folder / "influxdb.conf").write_text(
            "reporting-disabled = true\n"
            f'bind-address = "127.0.0.1:{self._backup_port}"\n'
            f'[meta]\ndir = "{folder}/meta"\n'
            f'[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\nquery-log-enabled = false\n'
            "[monitor]\nstore-enabled = false\n"
            f'[http]\nbind-address = "127.0.0.1:{self.port}"\nlog-enabled = false\n')
        return folder

    def _process(self, folder: Path) -> Process:
        return Process(
            "influx", folder, [find_program("influxd"), "-config", str(folder / "influxdb.conf")])

    def start(self) -> None:
        self.process.start()
        self.process.wait_until(self._answers)

    def _start_new(self) -> None:
        self.start()
        self._query('CREATE DATABASE "progressbus"', method="POST")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=2):
                return True
        except OSError:
            return False

    def _query(self, text: str, *, method: str = "GET") -> str:
        query = urllib.parse.urlencode({"db": "progressbus", "q": text})
        request = urllib.request.Request(
            f"{self.url}/query?{query}", method=method, headers={"Accept": "application/csv"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def stored(self) -> list[str]:
        """The event_id of each point."""
        rows = csv.DictReader(io.StringIO(self._query("SELECT event_id FROM progress_event")))
        return [row["event_id"] for row in rows]
