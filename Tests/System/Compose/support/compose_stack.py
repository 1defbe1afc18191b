"""The stack of docker-compose.yml, driven by the two programs that its users have."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
PROJECT = "progressbus-test"
ROLES = ["ingest", "worker", "dashboard"]
SERVERS = ["redis", "postgres", "influxdb", "bigquery-emulator"]
SECRETS = {
    # Characters that an URL, a shell or Compose itself would trip over.
    "POSTGRES_PASSWORD": "p@ss:w/rd?#%&'\"x",
    "INFLUXDB_PASSWORD": "a-password-for-tests",
    "INFLUXDB_TOKEN": "a-token-for-tests",
    "PSEUDONYMIZATION_SALT": "a-salt-for-tests",
    "JUPYTER_TOKEN": "a-jupyter-token-for-tests",
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def example_settings() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


class ComposeStack:
    def __init__(self) -> None:
        self.compose = shlex.split(os.environ.get("COMPOSE", "docker compose"))
        self.engine = shlex.split(os.environ.get("CONTAINER_ENGINE", "docker"))
        self.settings = example_settings() | SECRETS
        ports = [name for name in self.settings if name.endswith("_PORT")]
        self.settings |= {name: str(free_port()) for name in ports}
        self.settings["PUBLIC_URL"] = self.url("dashboard")
        self._tokens: dict[str, str] = {}
        self.settings |= {
            "COMPOSE_PROJECT_NAME": PROJECT, "PROGRESSBUS_IMAGE": self._image(),
            "BQ_SYNC_ENABLED": "true", "BQ_SYNC_INTERVAL_SECONDS": "1",
        }

    def _image(self) -> str:
        return os.environ.get("PROGRESSBUS_IMAGE") or self.settings["PROGRESSBUS_IMAGE"]

    # --- Commands -------------------------------------------------------------------------------

    def run(self, *arguments: str, seconds: float = 300, input: str | None = None) -> str:
        """The command's output. The environment wins over any .env that lies in the folder."""
        return self._output([*self.compose, *arguments], seconds, input)

    def execute(self, service: str, *command: str, seconds: float = 60) -> str:
        return self.run("exec", "-T", service, *command, seconds=seconds)

    def up(self, *arguments: str) -> None:
        self.run("up", "--detach", "--wait", *arguments, seconds=600)

    def save(self, file: Path, *arguments: str) -> None:
        """The command's output, of whatever bytes."""
        with open(file, "wb") as output:
            self._checked(arguments, stdout=output)

    def load(self, file: Path, *arguments: str) -> None:
        with open(file, "rb") as input:
            self._checked(arguments, stdin=input)

    def _checked(self, arguments: tuple[str, ...], **streams) -> None:
        done = subprocess.run(
            [*self.compose, *arguments], cwd=ROOT, env=os.environ | self.settings,
            stderr=subprocess.PIPE, timeout=300, **streams)
        if done.returncode != 0:
            raise RuntimeError(f"{shlex.join(arguments)}: {done.stderr.decode()[-4000:]}")

    def stop_engine_process(self, container: str) -> None:
        """SIGKILL, as the kernel sends it when memory runs out."""
        self._output([*self.engine, "kill", "--signal", "KILL", container], 60, None)

    def _output(self, command: list[str], seconds: float, input: str | None) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | self.settings, input=input, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds)
        if done.returncode != 0:
            raise RuntimeError(
                f"{shlex.join(command)}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done.stdout

    # --- Access ---------------------------------------------------------------------------------

    def issue_token(self, *arguments: str) -> str:
        return self.execute("dashboard", "progressbus", "token", "issue", *arguments).strip()

    def authorization(self, course: str) -> dict[str, str]:
        """The header of somebody who may send into the course, see it, and do what operators do."""
        if course not in self._tokens:
            scopes = [part for scope in ["ingest:class", "dashboard", "admin"] for part in ("--scope", scope)]
            self._tokens[course] = self.issue_token(*scopes, "--sub", "tests", "--course", course, "--ttl", "1d")
        return {"Authorization": f"Bearer {self._tokens[course]}"}

    # --- What the engine says -------------------------------------------------------------------

    def container(self, service: str, number: int = 1) -> str:
        return f"{PROJECT}-{service}-{number}"

    def inspect(self, name: str) -> dict:
        return json.loads(self._output([*self.engine, "inspect", name], 60, None))[0]

    def state(self, service: str, number: int = 1) -> dict:
        return self.inspect(self.container(service, number))["State"]

    def is_healthy(self, service: str, number: int = 1) -> bool:
        state = self.state(service, number)
        return state["Running"] and state["Health"]["Status"] == "healthy"

    # --- Addresses ------------------------------------------------------------------------------

    def url(self, service: str, scheme: str = "http") -> str:
        names = {"bigquery-emulator": "BIGQUERY"}
        port = self.settings[f"{names.get(service, service.upper())}_PORT"]
        return f"{scheme}://127.0.0.1:{port}"
