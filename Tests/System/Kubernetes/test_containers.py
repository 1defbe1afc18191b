"""The pods of deploy/kubernetes/base as containers under podman: with their users, limits, read-only root
file systems, secrets as files and settings, asked by their probes.

Redis and PostgreSQL run on this machine and are reached by sockets, so the containers need no network but the
published port.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from check_manifests import ROOT

IMAGE = os.environ.get("KUBERNETES_TEST_IMAGE", "")
ROLES = ("ingest", "worker", "dashboard")

pytestmark = pytest.mark.skipif(not IMAGE, reason="KUBERNETES_TEST_IMAGE names no image")


def run(*command: str, **options) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout.strip()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def status(port: int, path: str, token: str = "", body: bytes | None = None) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def eventually(what: str, condition, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
    return value


class Servers:
    """Redis and PostgreSQL with sockets that any user may open."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.chmod(0o755)
        data = folder / "postgres"
        data.mkdir()
        shutil.chown(data, "postgres")
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda it: int(it.parent.name))
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        run(*as_postgres, str(programs / "initdb"), "--auth=trust", "--username=progressbus",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D", str(data / "db"), cwd="/")
        self.processes = [
            subprocess.Popen(
                [*as_postgres, programs / "postgres", "-D", data / "db", "-c", "listen_addresses=",
                 "-c", f"unix_socket_directories={data}", "-c", "fsync=off"],
                cwd="/", stderr=subprocess.DEVNULL),
            subprocess.Popen(
                ["redis-server", "--port", "0", "--unixsocket", folder / "redis.sock",
                 "--unixsocketperm", "777", "--save", "", "--appendonly", "no"],
                cwd=folder, stdout=subprocess.DEVNULL)]
        data.chmod(0o755)
        eventually("PostgreSQL", lambda: subprocess.run(
            ["pg_isready", "-q", "-h", data], check=False).returncode == 0)
        run("createdb", "-h", str(data), "-U", "progressbus", "progressbus")
        eventually("Redis", (folder / "redis.sock").exists)

    @property
    def redis(self) -> subprocess.Popen:
        return self.processes[1]

    def sql(self, statement: str) -> str:
        return run("psql", "-XqAt", "-h", str(self.folder / "postgres"), "-U", "progressbus",
                   "-d", "progressbus", "-c", statement)

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


class Pod:
    """A container as a manifest describes it."""

    def __init__(self, resources: list[dict], name: str, servers: Servers):
        self.resource = next(each for each in resources
                             if each["kind"] in {"Deployment", "Job"} and each["metadata"]["name"] == name)
        self.name = f"{name}-{secrets.token_hex(4)}"
        self.pod = self.resource["spec"]["template"]["spec"]
        self.container = self.pod["containers"][0]
        self.settings = next(each["data"] for each in resources
                             if each["kind"] == "ConfigMap" and "settings" in each["metadata"]["name"])
        self.servers = servers
        self.port = free_port()

    def command(self) -> list[str]:
        security = self.container["securityContext"]
        limits = self.container["resources"]["limits"]
        assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
        options = [
            "--name", self.name, "--read-only", "--read-only-tmpfs=false",
            "--security-opt", "no-new-privileges",
            "--user", f"{self.pod['securityContext']['runAsUser']}:{self.pod['securityContext']['runAsGroup']}",
            "--memory", limits["memory"].replace("Gi", "g").replace("Mi", "m"), "--cpus", limits["cpu"],
            "--volume", f"{self.servers.folder}:/servers", "--publish", f"127.0.0.1:{self.port}:8080",
            *(part for each in security["capabilities"]["drop"] for part in ("--cap-drop", each))]
        variables = {each["name"]: each["value"] for each in self.container["env"]}
        if "envFrom" in self.container:
            variables |= self.settings
        for variable, value in variables.items():
            options += ["--env", f"{variable}={value}"]
        for mount in self.container["volumeMounts"]:
            options += ["--volume", f"{self.secrets(mount['name'])}:{mount['mountPath']}:ro"]
        return [*options, IMAGE, *self.container["args"]]

    def secrets(self, volume: str) -> Path:
        """A folder with what the manifest mounts, and nothing else."""
        secret = next(each["secret"] for each in self.pod["volumes"] if each["name"] == volume)
        folder = self.servers.folder / f"secrets-{self.name}"
        folder.mkdir()
        for item in secret["items"]:
            file = folder / item["path"]
            file.write_text((self.servers.folder / "secret" / item["key"]).read_text())
            os.chown(file, 0, self.pod["securityContext"]["fsGroup"])
            file.chmod(secret["defaultMode"])
        folder.chmod(0o755)
        return folder

    def start(self):
        run("podman", "run", "--detach", *self.command())

    def probe(self, name: str) -> int:
        return status(self.port, self.container[name]["httpGet"]["path"])[0]

    def wait_until_started(self):
        """As long as its startup probe allows, and no longer."""
        probe = self.container["startupProbe"]
        for _ in range(probe["failureThreshold"]):
            if self.probe("startupProbe") == 200:
                return
            time.sleep(probe["periodSeconds"])
        pytest.fail(f"{self.name} did not start: " + run("podman", "logs", self.name))

    def inside(self, *command: str) -> str:
        return run("podman", "exec", self.name, *command)

    def remove(self):
        subprocess.run(["podman", "rm", "--force", "--time", "0", self.name], check=False, capture_output=True)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("servers")
    for parent in folder.parents[:2]:
        parent.chmod(0o755)
    secret = folder / "secret"
    secret.mkdir()
    database = "postgresql:///progressbus?host=/servers/postgres&user=progressbus"
    for key, value in {
            "redis-url": "unix:///servers/redis.sock", "database-url": database,
            "migration-database-url": database, "jwt-secret": secrets.token_hex(32)}.items():
        (secret / key).write_text(value + "\n")
    servers = Servers(folder)
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def pods(servers):
    built = run(str(ROOT / "scripts/kustomize"), str(ROOT / "deploy/kubernetes/base"))
    resources = [each for each in yaml.safe_load_all(built) if each]
    migrate = Pod(resources, "progressbus-migrate", servers)
    pods = {role: Pod(resources, f"progressbus-{role}", servers) for role in ROLES}
    try:
        run("podman", "run", *migrate.command())
        for pod in pods.values():
            pod.start()
        for pod in pods.values():
            pod.wait_until_started()
        yield pods
    finally:
        for pod in [migrate, *pods.values()]:
            pod.remove()


def test_every_role_is_alive_and_ready(pods):
    for pod in pods.values():
        assert pod.probe("livenessProbe") == 200
        eventually("ready", lambda pod=pod: pod.probe("readinessProbe") == 200)


def test_an_event_goes_from_the_ingest_by_the_worker_to_the_dashboard(pods, servers):
    def token(*scope: str) -> str:
        return pods["ingest"].inside(
            "progressbus", "token", "issue", "--ttl", "1h", "--course", "py101", *scope).split()[-1]

    event = {"event_type": "cell_executed", "student_id": "s-1", "course_id": "py101",
             "notebook_path": "a.ipynb", "cell_id": "c1"}
    body = json.dumps(event).encode()
    port = pods["ingest"].port
    assert status(port, "/student-progress", body=body)[0] == 401
    assert status(port, "/student-progress", token("--scope", "ingest:class", "--sub", "hub"), body)[0] == 202
    eventually("stored", lambda: servers.sql("select count(*) from progress_events") == "1")
    reading = token("--scope", "dashboard", "--sub", "lee")
    answer = eventually("the read API", lambda: (
        found if (found := status(pods["dashboard"].port, "/api/v1/courses/py101/students", reading))[0] == 200
        else None))
    assert "s-1" in answer[1]


@pytest.mark.parametrize("role", ROLES)
def test_the_process_may_do_no_more_than_the_manifest_says(pods, role):
    pod = pods[role]
    facts = dict(line.split(":\t", 1) for line in pod.inside("cat", "/proc/1/status").splitlines() if ":\t" in line)
    assert facts["Uid"].split()[0] == "10001" and facts["Gid"].split()[0] == "10001"
    assert int(facts["CapEff"], 16) == 0 and int(facts["CapBnd"], 16) == 0
    assert facts["NoNewPrivs"] == "1" and facts["Seccomp"] == "2"
    for path in ("/usr/local/x", "/tmp/x", "/run/secrets/progressbus/x"):
        with pytest.raises(subprocess.CalledProcessError):
            pod.inside("touch", path)
    host = json.loads(run("podman", "inspect", pod.name))[0]["HostConfig"]
    gibibytes = int(pod.container["resources"]["limits"]["memory"].removesuffix("Gi"))
    assert host["Memory"] == gibibytes << 30 and host["NanoCpus"] == 2_000_000_000


def test_without_redis_a_pod_is_alive_and_not_ready(pods, servers):
    servers.redis.send_signal(19)
    try:
        for pod in pods.values():
            eventually("not ready", lambda pod=pod: pod.probe("readinessProbe") in {0, 503})
            assert pod.probe("livenessProbe") == 200
    finally:
        servers.redis.send_signal(18)
    for pod in pods.values():
        eventually("ready again", lambda pod=pod: pod.probe("readinessProbe") == 200)


@pytest.mark.parametrize("role", ROLES)
def test_a_pod_ends_in_its_time(pods, role):
    pod = pods[role]
    pod.inside(*pod.container["lifecycle"]["preStop"]["exec"]["command"])
    begin = time.monotonic()
    run("podman", "stop", "--time", str(pod.pod["terminationGracePeriodSeconds"]), pod.name)
    assert time.monotonic() - begin < pod.pod["terminationGracePeriodSeconds"]
    assert json.loads(run("podman", "inspect", pod.name))[0]["State"]["ExitCode"] == 0
