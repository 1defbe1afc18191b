"""What PostgreSQL, InfluxDB and BigQuery hold, asked of themselves."""

from __future__ import annotations

import csv
import io
import json
import urllib.parse

from .compose_stack import ComposeStack
from .http import post_json, request


def postgres_ids(stack: ComposeStack, course: str) -> list[str]:
    return sql(stack, f"select event_id from progress_events where course_id = '{course}'").split()


def sql(stack: ComposeStack, statement: str) -> str:
    return stack.execute(
        "postgres", "psql", "-U", "progressbus", "-d", "progressbus", "-qAtX", "-c", statement)


def time_series_numbers(stack: ComposeStack, course: str) -> list[int]:
    """`execution_count` of every point of a course."""
    organisation = urllib.parse.quote(stack.settings["INFLUXDB_ORG"])
    flux = f"""
        from(bucket: "{stack.settings['INFLUXDB_BUCKET']}") |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "progress_event" and r._field == "execution_count"
              and r.course_id == "{course}")
          |> keep(columns: ["_value"])"""
    status, body = request(
        f"{stack.url('influxdb')}/api/v2/query?org={organisation}", flux.encode(),
        {"Authorization": f"Token {stack.settings['INFLUXDB_TOKEN']}",
         "Content-Type": "application/vnd.flux", "Accept": "application/csv"})
    if status == 200:
        rows = csv.DictReader(io.StringIO(body.decode()))
        return [int(row["_value"]) for row in rows if row.get("_value", "").isdigit()]
    # VictoriaMetrics, which takes InfluxDB 2's writes and may stand in for it, has no Flux.
    series = urllib.parse.quote(f'progress_event_execution_count{{course_id="{course}"}}')
    status, body = request(f"{stack.url('influxdb')}/api/v1/export?match={series}")
    assert status == 200, f"neither Flux nor VictoriaMetrics: {status} {body[:200]!r}"
    return [int(value) for line in body.splitlines() for value in json.loads(line)["values"]]


def bigquery_ids(stack: ComposeStack, course: str) -> list[str]:
    project, dataset = stack.settings["BQ_SYNC_PROJECT_ID"], stack.settings["BQ_SYNC_DATASET_ID"]
    status, answer = post_json(
        f"{stack.url('bigquery-emulator')}/bigquery/v2/projects/{project}/queries",
        {"query": f"select event_id from `{dataset}.progress_events` where course_id = '{course}'",
         "useLegacySql": False, "maxResults": 10_000})
    if status != 200:
        raise RuntimeError(f"the emulator answered {status}: {answer}")
    return [row["f"][0]["v"] for row in answer.get("rows", [])]
