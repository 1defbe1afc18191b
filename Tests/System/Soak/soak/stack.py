"""Everything that runs: the servers, and the program's roles as processes of their own."""

from __future__ import annotations

import http.client
from pathlib import Path

from . import journal
from .processes import Process, free_port, wait_for
from .redis_client import RedisReplyError
from .servers import Influx, Postgres, Redis


class Role:
    """One process of the program."""

    def __init__(self, stack: Stack, name: str, roles: str) -> None:
        folder = stack.root / name
        folder.mkdir()
        self.name = name
        self.port = free_port()
        command = [str(stack.binary), "serve", "--roles", roles, "--http-port", str(self.port)]
        settings = {
            "redis.url": stack.redis.url, "influxdb.url": stack.influx.url,
            "influxdb.database": "progressbus",
        }
        for setting, value in settings.items():
            command += ["--set", f"{setting}={value}"]
        self.process = Process(
            name, folder, command, environment={"DATABASE_URL": stack.postgres.url})

    def start(self) -> None:
        self.process.start()

    def get(self, path: str, seconds: float = 10) -> tuple[int, bytes]:
        """Status and body. Raises OSError or HTTPException when there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def is_ready(self) -> bool:
        try:
            return self.get("/health/ready")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


class Stack:
    """`start` starts it all, `stop` ends it all, the newest first."""

    def __init__(self, root: Path, binary: Path) -> None:
        self.root = root
        self.binary = binary
        self.redis = Redis(root / "redis")
        self.postgres = Postgres(root, binary)
        self.influx = Influx(root)
        self.ingest = Role(self, "ingest", "ingest")
        # It takes events too, as the shipped unit does.
        self.dashboard = Role(self, "dashboard", "ingest,dashboard")
        self.workers = [Role(self, f"worker-{number}", "worker") for number in (1, 2)]
        #: A second Redis, while a fault needs one.
        self.replica: Redis | None = None
        self._replicas = 0

    @property
    def roles(self) -> list[Role]:
        return [self.ingest, self.dashboard, *self.workers]

    def start(self) -> None:
        self.redis.start()
        self.postgres.start_new()
        self.influx.start_new()
        for role in self.roles:
            role.start()
        for role in self.roles:
            role.process.wait_until(role.is_ready)

    def stop(self) -> None:
        for role in self.roles:
            role.process.stop()
        servers = [self.redis, self.postgres, self.influx] + ([self.replica] if self.replica else [])
        for server in servers:
            server.process.stop()

    # --- The second Redis -----------------------------------------------------------------------

    def start_replica(self) -> Redis:
        """Returns when it has all that the first one has."""
        self._replicas += 1
        self.replica = Redis(self.root / f"redis-replica-{self._replicas}")
        self.replica.start()
        with self.replica.client() as client:
            client.call("REPLICAOF", "127.0.0.1", self.redis.port)
            wait_for(
                "the replica's first copy",
                lambda: client.info("replication").get("master_link_status") == "up")
        return self.replica

    def stop_replica(self) -> None:
        self.replica.process.stop()
        self.replica = None

    # --- The journal ----------------------------------------------------------------------------

    def lag(self) -> dict[str, int | None]:
        """How many events each sink has not stored yet; None while that is unknown."""
        try:
            with self.redis.client(3) as client:
                return journal.lag(client)
        except (OSError, RedisReplyError):
            return dict.fromkeys(journal.SINKS)
