#!/bin/bash
# opentelemetry-exporter-prometheus 0.66b2 (PyPI): two meters, one name, and the labels are mixed up.
#
# Guess: a name that two meters use is one metric, and `otel_scope_name` tells the two apart. Attributes whose
#   names become one label (`http.route`, `http_route`) are joined by ";", as OpenTelemetry's specification says.
# Seen: the second meter's values are written by their place, below the labels of the first one. `progressbus` counts
#   by `code` and `event`, another library by `ok` alone. The other's count is there as `code="true"` and
#   `event="other"`, the name of its scope; it has no label `ok`, and no scope. Of two attributes that become
#   one label the last is kept.
# What follows: instrumentations use the names of the semantic conventions, so two in one process is what one has.
#   Queries by label find the wrong counts or none, and the exporter reports no error. Use one meter for a name.
#
# usage: findings/otel-prometheus-exporter-puts-values-under-other-labels.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  opentelemetry-exporter-prometheus==0.66b2 opentelemetry-sdk==1.45.2 prometheus-client==0.26.0

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families

provider = MeterProvider([PrometheusMetricReader()])
ours, other = provider.get_meter("progressbus", "1.0"), provider.get_meter("other")
ours.create_counter("requests").add(1, {"code": 202, "event": "cell_executed"})
other.create_counter("requests").add(5, {"ok": True})
ours.create_counter("answers").add(1, {"http.route": "first", "http_route": "second"})

print("opentelemetry-exporter-prometheus", version("opentelemetry-exporter-prometheus"))
seen = {}
for family in text_string_to_metric_families(generate_latest(REGISTRY).decode()):
    for sample in family.samples:
        if sample.name in ("requests_total", "answers_total"):
            labels = {name: value for name, value in sample.labels.items() if name != "otel_scope_schema_url" and value}
            seen[sample.name, sample.value] = labels
            print(sample.name, labels, sample.value)
scope = {"otel_scope_name": "progressbus", "otel_scope_version": "1.0"}
expected = {
    ("requests_total", 1): {"code": "202", "event": "cell_executed", **scope},
    ("requests_total", 5): {"code": "true", "event": "other"},
    ("answers_total", 1): {"http_route": "second", **scope},
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
