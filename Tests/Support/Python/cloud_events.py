"""Makes CloudEvents as Eventarc sends them, by Google's types and the CNCF's library.

Reads lines of JSON, {"type", "document", "before", "after", "create_time"}, where before and after are
documents in Firestore's typed JSON or null; writes for each line four lines of JSON, {"name", "headers",
"body" (Base64)}: binary and structured mode, the data in JSON and in protobuf. A line {"type", "document", "before", "emulator"} has
the document as Google's own client reads it there.
"""

import base64
import json
import sys

from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent
from google.events.cloud.firestore_v1 import DocumentEventData
from google.protobuf import json_format


def document(fields, name, create_time):
    if fields is None:
        return None
    return {"name": name, "fields": fields, "createTime": create_time, "updateTime": create_time}


def stored(host, name):
    """A document in the bytes of google.firestore.v1.Document, which has the field numbers of the event's."""
    import grpc
    from google.cloud.firestore_v1.types import Document, GetDocumentRequest

    with grpc.insecure_channel(host) as channel:
        get = channel.unary_unary(
            "/google.firestore.v1.Firestore/GetDocument", request_serializer=GetDocumentRequest.serialize,
            response_deserializer=Document.deserialize)
        return Document.serialize(get(GetDocumentRequest(name=name), metadata=[("authorization", "Bearer owner")]))


def requests(line):
    given = json.loads(line)
    name = given["document"]
    message = DocumentEventData.pb(DocumentEventData())
    json_format.ParseDict(
        {key: value for key, value in {
            "value": document(given.get("after"), name, given.get("create_time")),
            "oldValue": document(given["before"], name, given.get("create_time", "2026-03-01T09:00:00Z")),
            "updateMask": {"fieldPaths": ["status"]},
        }.items() if value is not None}, message)
    if "emulator" in given:
        message.value.MergeFromString(stored(given["emulator"], name))
    data = DocumentEventData.wrap(message)
    as_json = DocumentEventData.to_json(
        data, preserving_proto_field_name=False, including_default_value_fields=False)
    as_protobuf = DocumentEventData.serialize(data)
    path = name.split("/documents/", 1)[1]
    attributes = {
        "type": given["type"], "source": "//firestore.googleapis.com/" + name.split("/documents/", 1)[0],
        "subject": "documents/" + path, "document": path, "dataschema":
        "https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto",
    }
    for form, content_type, content in (
        ("JSON", "application/json", as_json), ("protobuf", "application/protobuf", as_protobuf),
    ):
        event = CloudEvent({**attributes, "datacontenttype": content_type}, content)
        same = lambda value: value
        headers, body = to_binary(event, data_marshaller=same)
        yield f"binary {form}", headers, body if isinstance(body, bytes) else body.encode()
        if form == "JSON":
            event = CloudEvent({**attributes, "datacontenttype": content_type}, json.loads(as_json))
            headers, body = to_structured(event, data_marshaller=same)
        else:
            headers, body = to_structured(event, data_marshaller=same)
        yield f"structured {form}", headers, body


for line in sys.stdin:
    for name, headers, body in requests(line):
        print(json.dumps({
            "name": name, "headers": dict(headers), "body": base64.b64encode(body).decode()}))
