"""Checks requests against Google's machine-readable descriptions of its APIs.

Reads one JSON object a line from standard input: {"method", "path", "body"}, for Agent Engine with {"answer"} where
it was a good one. Rows are checked against the columns with which their table was made, where it was. Prints what is
wrong, and ends with exit code 1 when something is; else prints how often each method was checked.
"""

import collections
import importlib.resources
import json
import re
import sys
import urllib.parse


def description(name):
    documents = importlib.resources.files("googleapiclient.discovery_cache.documents")
    return json.loads(documents.joinpath(name).read_text())


API = description("bigquery.v2.json")
SECRET_MANAGER = description("secretmanager.v1.json")
FIRESTORE = description("firestore.v1.json")
AGENT_ENGINE = [description(f"aiplatform.{version}.json") for version in ("v1", "v1beta1")]
JSON_TYPES = {
    "string": str,
    "boolean": bool,
    "object": dict,
    "array": list,
    "number": (int, float),
    "integer": int,
}


def methods(resources):
    for resource in resources.values():
        yield from resource.get("methods", {}).values()
        yield from methods(resource.get("resources", {}))


def pattern(prefix, method):
    # BigQuery's short paths name their parts; those of the others stand for several of them.
    # Firestore's take whole names; by the words of the description a query may begin at the root, by its patterns
    # not.
    if method["id"].startswith("firestore."):
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/:]+)", method["path"])
        return re.compile("^/" + re.sub(r"\{\+(\w+)\}", r"(?P<\1>[^:]+)", path) + "$")
    path = method["path"] if prefix else method["flatPath"]
    return re.compile("^/" + prefix + re.sub(r"\{\+?(\w+)\}", r"(?P<\1>[^/:]+)", path) + "$")


# Agent Engine's first: Firestore's take every path below v1.
METHODS = [
    (method, pattern("", method), api)
    for api in AGENT_ENGINE
    for method in methods(api["resources"])
    if ".reasoningEngines.sessions." in method["id"]
] + [
    (method, pattern(prefix, method), api)
    for prefix, api in (("bigquery/v2/", API), ("", SECRET_MANAGER), ("", FIRESTORE))
    for method in methods(api["resources"])
]

# The texts that Google's JSON has for types of protobuf.
FORMATS = {
    "google-datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)",
    "google-duration": r"-?\d+(\.\d{1,9})?s",
    "google-fieldmask": r"[\w.,]+",
    "byte": r"[A-Za-z0-9+/_-]*={0,2}",
}


def spelled(name, schema, api):
    """A name as the description has it: the JSON of protobuf takes both spellings, and ADK sends both."""
    if api not in AGENT_ENGINE or name in schema.get("properties", {}):
        return name
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def check(value, schema, place, api):
    if "$ref" in schema:
        schema = api["schemas"][schema["$ref"]]
    kind = schema.get("type", "any")
    # The JSON form of google.protobuf.NullValue is null.
    if kind == "any" or value is None and schema.get("enum") == ["NULL_VALUE"]:
        return
    if not isinstance(value, JSON_TYPES[kind]) or (kind != "boolean" and isinstance(value, bool)):
        yield f"{place}: {value!r} is no {kind}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    elif kind == "string" and schema.get("format") in ("int64", "uint64"):
        if not re.fullmatch(r"-?\d+", value):
            yield f"{place}: {value!r} is no {schema['format']} in decimal digits"
    elif kind == "string" and api in AGENT_ENGINE and schema.get("format") in FORMATS:
        if not re.fullmatch(FORMATS[schema["format"]], value):
            yield f"{place}: {value!r} is no {schema['format']}"
    elif kind == "array":
        for index, element in enumerate(value):
            yield from check(element, schema["items"], f"{place}[{index}]", api)
    elif kind == "object":
        for given, member in value.items():
            name = spelled(given, schema, api)
            if name in schema.get("properties", {}):
                yield from check(member, schema["properties"][name], f"{place}.{name}", api)
            elif "additionalProperties" in schema:
                yield from check(member, schema["additionalProperties"], f"{place}.{name}", api)
            else:
                yield f"{place}.{name}: not described"


def check_session_fields(body, schema, api, creates):
    """What a request must have, and must not have, by the words of the description."""
    for name, field in api["schemas"][schema["$ref"]]["properties"].items():
        given = any(spelled(other, api["schemas"][schema["$ref"]], api) == name for other in body)
        if creates and field.get("description", "").startswith("Required.") and not given:
            yield f"body.{name}: missing"
        if field.get("readOnly") and given:
            yield f"body.{name}: only the service writes it"


def check_parameter(value, schema, place):
    if schema["type"] == "integer" and not re.fullmatch(r"-?\d+", value):
        yield f"{place}: {value!r} is no integer"
    if schema["type"] == "boolean" and value not in ("true", "false"):
        yield f"{place}: {value!r} is no boolean"


def is_json(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


# How BigQuery takes the values of a column in insertAll.
COLUMN_TYPES = {
    "STRING": lambda value: isinstance(value, str),
    "INT64": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "FLOAT64": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "BOOL": lambda value: isinstance(value, bool),
    "TIMESTAMP": lambda value: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", str(value)),
    "JSON": lambda value: isinstance(value, str) and is_json(value),
}
SAME_TYPES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "STRUCT": "RECORD"}


def check_row(row, fields, place):
    known = {field["name"] for field in fields}
    yield from (f"{place}.{name}: no such column" for name in row if name not in known)
    for field in fields:
        name, mode = field["name"], field.get("mode", "NULLABLE")
        value = row.get(name)
        column = f"{place}.{name}"
        if mode == "REPEATED":
            if not isinstance(value, list):
                yield f"{column}: {value!r} is no array"
                continue
            for element in value:
                yield from check_value(element, field, column)
        elif value is not None:
            yield from check_value(value, field, column)
        elif mode == "REQUIRED":
            yield f"{column}: missing"


def check_value(value, field, column):
    kind = SAME_TYPES.get(field["type"], field["type"])
    if kind == "RECORD":
        yield from check_row(value, field["fields"], column)
    elif not COLUMN_TYPES[kind](value):
        yield f"{column}: {value!r} is no {kind}"


def found_method(request):
    path = urllib.parse.unquote(request["path"].partition("?")[0])
    for method, match, api in METHODS:
        parts = match.match(path)
        if method["httpMethod"] == request["method"] and parts:
            return method, parts.groupdict(), api
    return None, {}, None


def errors(request, columns):
    method, parts, api = found_method(request)
    if not method:
        yield "no such method"
        return
    known = {**method.get("parameters", {}), **api["parameters"]}
    query = request["path"].partition("?")[2]
    for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
        if name not in known:
            yield f"query parameter {name}: not described"
        else:
            yield from check_parameter(value, known[name], f"query parameter {name}")
    if request.get("answer"):
        yield from check(json.loads(request["answer"]), method["response"], "answer", api)
    if not request.get("body"):
        return
    body = json.loads(request["body"])
    yield from check(body, method["request"], "body", api)
    if api in AGENT_ENGINE:
        yield from check_session_fields(body, method["request"], api, method["httpMethod"] == "POST")
    if method["id"] == "bigquery.tabledata.insertAll":
        fields = columns.get((parts["datasetId"], parts["tableId"]))
        for index, row in enumerate(body["rows"]):
            if len(row.get("insertId", "")) > 128:
                yield f"rows[{index}].insertId: longer than 128 characters"
            if fields is not None:
                yield from check_row(row["json"], fields, f"rows[{index}].json")


requests = [json.loads(line) for line in sys.stdin]
columns = {}
for request in requests:
    method, parts, _ = found_method(request)
    if method and method["id"] == "bigquery.tables.insert":
        table = json.loads(request["body"])
        if "schema" in table:
            name = (parts["datasetId"], table["tableReference"]["tableId"])
            columns[name] = table["schema"]["fields"]

failed = False
for request in requests:
    for error in errors(request, columns):
        failed = True
        print(f"{request['method']} {request['path']}: {error}")
counts = collections.Counter(found_method(request)[0]["id"] for request in requests if not failed)
print(json.dumps(counts, sort_keys=True))
sys.exit(failed)
