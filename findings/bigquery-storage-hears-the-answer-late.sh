#!/bin/bash
# google-cloud-bigquery-storage 2.43.0 (PyPI), AppendRowsStream: an append of 10 ms takes half a second, and one that is
# cancelled cancels all.
#
# Guess: `result()` of an append returns when its answer comes, and so does a callback. `cancel()` gives up that one
#   append, or nothing, since it was sent.
# Seen: the answer is there after 10 ms, callbacks are called, and `done()` is true; `result()` asks for that at random
#   times that grow from a second on: twenty appends, one after the other, take about 10 s with it, and 0.3 s
#   with a callback. `cancel()` of the last of four appends closes the stream: all four raise StreamClosedError,
#   although the server carries out what it has already read.
# What follows: a writer that waits for each batch does two in a second. Wait for a callback, or give
#   `result(polling=...)` a short delay. Never cancel a future, and take "Stream closed" for "perhaps stored".
#
# usage: findings/bigquery-storage-hears-the-answer-late.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  google-cloud-bigquery-storage==2.43.0 google-api-core==2.44.0 grpcio==1.85.3 protobuf==7.36.2

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import concurrent.futures
import sys
import threading
import time
from importlib.metadata import version

import grpc
from google.api_core.retry import Retry
from google.cloud.bigquery_storage_v1 import types
from google.cloud.bigquery_storage_v1.services.big_query_write import BigQueryWriteClient
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import BigQueryWriteGrpcTransport
from google.cloud.bigquery_storage_v1.writer import AppendRowsStream
from google.protobuf.descriptor_pb2 import DescriptorProto

STREAM = "projects/p/datasets/d/tables/t/streams/_default"
stored = []
go_on = threading.Event()
go_on.set()


class Server(grpc.GenericRpcHandler):
    """Answers each append after 10 ms, once it may go on."""

    def service(self, call):
        return grpc.stream_stream_rpc_method_handler(
            self.append,
            request_deserializer=types.AppendRowsRequest.deserialize,
            response_serializer=types.AppendRowsResponse.serialize,
        )

    def append(self, requests, context):
        for request in requests:
            stored.append(request.proto_rows.rows.serialized_rows[0])
            time.sleep(0.01)
            go_on.wait()
            yield types.AppendRowsResponse({"append_result": {}})


server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
server.add_generic_rpc_handlers((Server(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
transport = BigQueryWriteGrpcTransport(channel=grpc.insecure_channel(f"127.0.0.1:{port}"))
client = BigQueryWriteClient(transport=transport)


def new_stream():
    row = DescriptorProto(name="Row")
    row.field.add(name="number", number=1, type=3, label=1)
    template = types.AppendRowsRequest({"write_stream": STREAM, "proto_rows": {"writer_schema": {}}})
    template.proto_rows.writer_schema.proto_descriptor = row
    return AppendRowsStream(client, template)


def request(number):
    rows = {"rows": {"serialized_rows": [bytes((8, number))]}}
    return types.AppendRowsRequest({"write_stream": STREAM, "proto_rows": rows})


def seconds(wait):
    """What 20 appends take, one after the other."""
    stream = new_stream()
    stream.send(request(0)).result()
    begin = time.monotonic()
    for number in range(20):
        wait(stream.send(request(number)))
    return time.monotonic() - begin


def wait_by_callback(future):
    called = threading.Event()
    future.add_done_callback(lambda future: called.set())
    called.wait()


def wait_by_done(future):
    while not future.done():
        time.sleep(0.001)


short = Retry(predicate=lambda error: True, initial=0.005, maximum=0.005, timeout=60)
WAYS = {
    "done()": wait_by_done,
    "result()": lambda future: future.result(),
    "add_done_callback()": wait_by_callback,
    "result(polling=...)": lambda future: future.result(polling=short),
}
names = ("google-cloud-bigquery-storage", "google-api-core", "grpcio")
print(*(f"{name} {version(name)}" for name in names))
took = {}
for way, wait in WAYS.items():
    took[way] = seconds(wait)
    print(f"20 appends with {way}: {took[way]:.1f} s")

stream = new_stream()
stream.send(request(0)).result()
stored.clear()
go_on.clear()
futures = [stream.send(request(number)) for number in (1, 2, 3, 4)]
while not stored:
    time.sleep(0.01)
futures[-1].cancel()
go_on.set()
outcomes = []
for future in futures:
    try:
        future.result()
        outcomes.append("stored")
    except Exception as error:
        outcomes.append(type(error).__name__)
print(f"the last of four cancelled: {outcomes}; the server stored append {stored[0][1]}")
transport.close()
server.stop(None).wait()
late = took["result()"] > 2 * max(took[way] for way in WAYS if way != "result()")
sys.exit(0 if late and outcomes == ["StreamClosedError"] * 4 and stored[0] == bytes((8, 1)) else "this has changed")
PYTHON
