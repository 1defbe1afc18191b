"""A real Prometheus with the shipped rules, impatient: nothing has to last before it fires."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.parse
from pathlib import Path

from support.compose_stack import ROOT, free_port
from support.http import request
from support.waiting import eventually


class Prometheus:
    def __init__(self, folder: Path, target: str) -> None:
        rules = (ROOT / "deploy/prometheus/alerts.yml").read_text()
        (folder / "alerts.yml").write_text(re.sub(r"^( +for:) .*$", r"\1 0s", rules, flags=re.MULTILINE))
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
            "rule_files: [alerts.yml]\n"
            "scrape_configs:\n"
            "  - job_name: progressbus\n"
            "    static_configs: [{targets: ['" + target + "']}]\n")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        with open(folder / "prometheus.log", "w") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml",
                 f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"],
                stdout=log, stderr=log)
        eventually("Prometheus", lambda: request(self.url + "/-/ready")[0] == 200)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def query(self, expression: str) -> list[dict]:
        """The series of an instant vector. An expression that does not parse is an error."""
        status, body = request(
            f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
        answer = json.loads(body)
        assert status == 200, f"{expression}: {answer.get('error')}"
        return answer["data"]["result"]

    def firing(self) -> dict[str, list[dict]]:
        """Labels and annotations of what fires, by the alert's name."""
        alerts = json.loads(request(self.url + "/api/v1/alerts")[1])["data"]["alerts"]
        found: dict[str, list[dict]] = {}
        for alert in alerts:
            if alert["state"] == "firing":
                found.setdefault(alert["labels"]["alertname"], []).append(alert)
        return found

    def expect(self, *names: str, seconds: float = 90) -> None:
        for name in names:
            eventually(f"{name} to fire", lambda: name in self.firing(), seconds=seconds)
