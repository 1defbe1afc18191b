"""How each server starts: on 127.0.0.1, on a free port, with data of its own."""

import json
import os
import signal
import socket
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .processes import BenchmarkError, Server, Servers, answers, free_port, program

BENCHMARKS = Path(__file__).resolve().parent.parent
REPOSITORY = BENCHMARKS.parent
PEERS = BENCHMARKS / "peers"
LOAD = BENCHMARKS / "load"


@dataclass
class Redis:
    server: Server
    port: int

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"


@dataclass
class Postgres:
    server: Server
    port: int

    def url(self, database: str) -> str:
        return f"postgresql://progressbus@127.0.0.1:{self.port}/{database}"

    def psql(self, database: str, *arguments: str) -> str:
        """Runs psql and returns what it prints, unaligned and without headers."""
        command = [program("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", self.url(database), *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise BenchmarkError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()


@dataclass
class HTTPServer:
    """A server that takes events over HTTP."""

    server: Server
    port: int

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class Stack:
    """Starts servers; `with stack.fresh():` ends all that were started inside."""

    def __init__(
        self, servers: Servers, products: Path, environment: Path, google: Path
    ) -> None:
        self.servers = servers
        self.products = products
        self.environment = environment
        self.google = google
        self.programs = servers.root

    @contextmanager
    def fresh(self):
        try:
            yield
        finally:
            self.servers.stop_all()

    def redis(self, *, append_only: bool = False) -> Redis:
        folder, port = self.servers.folder("redis"), free_port()
        server = self.servers.start(
            "redis",
            [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
            + ["--dir", str(folder), "--save", "", "--appendonly", "yes" if append_only else "no"],
            folder=folder,
        )
        server.wait_until(lambda: self._redis_answers(port))
        return Redis(server, port)

    @staticmethod
    def _redis_answers(port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def postgres(self) -> Postgres:
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not binaries:
            raise BenchmarkError("there is no PostgreSQL: run scripts/install-packages servers")
        tools = str(binaries[-1])
        # PostgreSQL refuses to run as root.
        account = "postgres" if os.geteuid() == 0 else None
        folder, port = self.servers.folder("postgres", account), free_port()
        data = folder / "data"
        initdb = [program("initdb", tools), "-D", str(data), "-U", "progressbus", "-A", "trust"]
        initdb += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        done = subprocess.run(initdb, user=account, capture_output=True, text=True, cwd=folder)
        if done.returncode:
            raise BenchmarkError(f"initdb: {done.stderr.strip()}")
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_wal_size=4GB"]
        server = self.servers.start(
            "postgres",
            [f"{tools}/postgres", "-D", str(data), "-p", str(port)]
            + [word for setting in settings for word in ("-c", setting)],
            folder=folder,
            account=account,
            # The fast shutdown: sessions are ended.
            stop_signal=signal.SIGINT,
        )
        postgres = Postgres(server, port)

        def accepts_queries() -> bool:
            try:
                return postgres.psql("postgres", "-c", "select 1") == "1"
            except BenchmarkError:
                return False

        server.wait_until(accepts_queries)
        return postgres

    def migrated(self, postgres: Postgres) -> str:
        """Makes a database with the product's tables and returns its URL."""
        postgres.psql("postgres", "-c", "create database progressbus")
        url = postgres.url("progressbus")
        command = [str(self.products / "progressbus"), "migrate", "--set", f"database.url={url}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise BenchmarkError(done.stderr.strip())
        return url

    def read_api(self, database_url: str, mode: str) -> HTTPServer:
        """`mode`: what is kept between two answers, as ReadAPIBenchmark names it."""
        folder, port = self.servers.folder("read-api"), free_port()
        server = self.servers.start(
            "read-api",
            [str(self.products / "ReadAPIBenchmark"), str(port), mode],
            folder=folder,
            environment={"DATABASE_URL": database_url},
        )
        served = HTTPServer(server, port)
        server.wait_until(lambda: answers(served.url("/api/v1/courses")))
        return served

    def influx(self) -> HTTPServer:
        folder, port = self.servers.folder("influx"), free_port()
        configuration = folder / "influxdb.conf"
        configuration.write_text(
            "reporting-disabled = true\n"
            f'bind-address = "127.0.0.1:{free_port()}"\n'
            f'[meta]\ndir = "{folder}/meta"\n'
            f'[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\nquery-log-enabled = false\n'
            "[monitor]\nstore-enabled = false\n"
            f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n'
        )
        server = self.servers.start(
            "influx", [program("influxd"), "-config", str(configuration)], folder=folder
        )
        influx = HTTPServer(server, port)
        server.wait_until(lambda: answers(influx.url("/ping")))
        query = urllib.request.Request(
            influx.url("/query"), data=b"q=CREATE%20DATABASE%20progressbus", method="POST"
        )
        with urllib.request.urlopen(query, timeout=30):
            return influx

    def progressbus(self, roles: str, redis: Redis, **settings: object) -> HTTPServer:
        """`settings` are named as in progressbus.yaml, with `__` for the dot."""
        folder, port = self.servers.folder("progressbus"), free_port()
        command = [str(self.products / "progressbus"), "serve", "--roles", roles]
        command += ["--http-port", str(port), "--set", f"redis.url={redis.url}"]
        command += ["--set", "log.level=warning"]
        for name, value in settings.items():
            command += ["--set", f"{name.replace('__', '.')}={value}"]
        server = self.servers.start("progressbus", command, folder=folder)
        served = HTTPServer(server, port)
        server.wait_until(lambda: answers(served.url("/health/ready")))
        return served

    def webdis(self, redis: Redis) -> HTTPServer:
        folder, port = self.servers.folder("webdis"), free_port()
        configuration = json.loads((PEERS / "webdis.json").read_text())
        configuration |= {
            "redis_port": redis.port, "http_port": port, "logfile": str(folder / "webdis.log")
        }
        path = folder / "webdis.json"
        path.write_text(json.dumps(configuration))
        server = self.servers.start("webdis", [program("webdis"), str(path)], folder=folder)
        served = HTTPServer(server, port)
        server.wait_until(lambda: answers(served.url("/PING")))
        return served

    def fastapi(self, redis: Redis, workers: int) -> HTTPServer:
        folder, port = self.servers.folder("fastapi"), free_port()
        server = self.servers.start(
            "fastapi",
            [str(self.environment / "bin/uvicorn"), "fastapi_app:app", "--app-dir", str(PEERS)]
            + ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
            + ["--log-level", "warning"],
            folder=folder,
            environment={"REDIS_URL": redis.url, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        served = HTTPServer(server, port)
        server.wait_until(lambda: answers(served.url("/health")))
        return served

    def nchan(self, open_files: int) -> HTTPServer:
        folder, port = self.servers.folder("nchan"), free_port()
        configuration = (PEERS / "nchan.conf").read_text()
        for name, value in {
            "{folder}": folder, "{port}": port, "{open_files}": open_files,
            "{modules}": "/usr/lib/nginx/modules",
        }.items():
            configuration = configuration.replace(name, str(value))
        path = folder / "nginx.conf"
        path.write_text(configuration)
        # Without -e, nginx opens Debian's own log before it reads the configuration.
        command = [program("nginx"), "-c", str(path), "-e", str(folder / "error.log")]
        server = self.servers.start("nchan", command, folder=folder)
        served = HTTPServer(server, port)
        # A channel that nobody has published on yet: an answer is enough, whatever it says.
        server.wait_until(lambda: self._accepts(port))
        return served

    @staticmethod
    def _accepts(port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2):
                return True
        except OSError:
            return False
