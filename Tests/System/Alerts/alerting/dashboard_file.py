"""The shipped Grafana dashboard, and what Grafana's own model asks of one."""

from __future__ import annotations

import json

from support.compose_stack import ROOT

WIDTH = 24
PANEL_TYPES = {"row", "stat", "timeseries", "gauge", "table", "bargauge", "heatmap", "text"}


def dashboard() -> dict:
    return json.loads((ROOT / "deploy/grafana/progressbus.json").read_text())


def queries() -> list[tuple[str, str, str]]:
    """Title, expression as Prometheus sees it, legend."""
    return [
        (panel["title"], target["expr"].replace("$__rate_interval", "1m"), target["legendFormat"])
        for panel in dashboard()["panels"] for target in panel.get("targets", [])
    ]
