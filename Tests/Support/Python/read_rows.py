"""Prints what queries give, read by Google's own client: for each an array of rows, types spelled out."""

import datetime
import json
import sys

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery


def plain(value):
    if isinstance(value, datetime.datetime):
        assert value.tzinfo is not None
        return "timestamp:" + value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, float):
        return f"float:{value}"
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    return value


url, project, *queries = sys.argv[1:]
client = bigquery.Client(
    project=project,
    credentials=AnonymousCredentials(),
    client_options=ClientOptions(api_endpoint=url),
)
for query in queries:
    rows = [{name: plain(value) for name, value in row.items()} for row in client.query(query).result()]
    print(json.dumps(rows, sort_keys=True))
