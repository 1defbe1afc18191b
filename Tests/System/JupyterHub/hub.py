"""A private JupyterHub, and code that runs in its users' kernels."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import websocket
from support.private_stack import DIES_WITH_US, free_ports

RECIPE = Path(__file__).parents[3] / "Examples/JupyterHub"


class Hub:
    """
    :param groups: of the hub, with their users, who are made.
    """

    def __init__(self, folder: Path, environment: dict[str, str], groups: dict[str, list[str]]):
        ports = free_ports(3)
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.api_token = secrets.token_hex(16)
        self.roster_token = secrets.token_hex(16)
        self.log = folder / "hub.log"
        self._kernels: dict[str, str] = {}
        profile = folder / "ipython/profile_default"
        profile.mkdir(parents=True)
        (profile / "ipython_config.py").write_text('c = get_config()\nc.InteractiveShellApp.extensions = ["progressbus"]\n')
        settings = {
            "recipe": str(RECIPE), "ports": ports, "folder": str(folder), "ipython": str(profile.parent),
            "api_token": self.api_token, "roster_token": self.roster_token,
            "groups": {name: {"users": users} for name, users in groups.items()}}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_US, sys.executable, "-m", "jupyterhub", "--config", Path(__file__).parent / "hub_config.py"],
                env=os.environ | environment | {
                    "HUB_TEST_SETTINGS": json.dumps(settings),
                    # Where the hub finds its proxy and its users' servers.
                    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
                cwd=folder, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while True:
            try:
                self.ask("GET", "/hub/api/users")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"JupyterHub did not start:\n{self.log.read_text()[-4000:]}") from None
                time.sleep(0.3)

    def ask(self, method: str, path: str, body: object = None, timeout: float = 200):
        request = urllib.request.Request(
            self.url + path, None if body is None else json.dumps(body).encode(), method=method,
            headers={"Authorization": f"token {self.api_token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=timeout) as response:
            text = response.read()
            return json.loads(text) if text else None

    def start_server(self, user: str) -> None:
        self.ask("POST", f"/hub/api/users/{user}/server")
        self._wait_for_server(user, is_there=True)
        self._kernels[user] = self.ask("POST", f"/user/{user}/api/kernels", {})["id"]

    def stop_server(self, user: str) -> None:
        self.ask("DELETE", f"/hub/api/users/{user}/server")
        self._wait_for_server(user, is_there=False)

    def _wait_for_server(self, user: str, *, is_there: bool) -> None:
        deadline = time.monotonic() + 180
        while True:
            server = self.ask("GET", f"/hub/api/users/{user}")["servers"].get("")
            if bool(server and server["ready"]) == is_there and not (server and server["pending"]):
                return
            assert time.monotonic() < deadline, self.log.read_text()[-4000:]
            time.sleep(0.2)

    def run(self, user: str, code: str) -> str:
        """Runs a cell in the user's kernel; what it printed."""
        address = f"{self.url}/user/{user}/api/kernels/{self._kernels[user]}/channels".replace("http", "ws", 1)
        connection = websocket.create_connection(
            address, header=[f"Authorization: token {self.api_token}"], timeout=120)
        identifier = uuid.uuid4().hex
        connection.send(json.dumps({
            "header": {"msg_id": identifier, "msg_type": "execute_request", "username": user, "session": identifier,
                       "version": "5.3"},
            "parent_header": {}, "metadata": {}, "channel": "shell",
            "content": {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                        "allow_stdin": False, "stop_on_error": True}}))
        printed = ""
        while True:
            message = json.loads(connection.recv())
            if message["parent_header"].get("msg_id") != identifier:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                printed += content["text"]
            elif message["msg_type"] == "error":
                raise AssertionError("\n".join(content["traceback"]))
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                connection.close()
                return printed

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
