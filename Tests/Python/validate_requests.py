"""Checks requests against Google's machine-readable description of BigQuery's API.

Reads one JSON object a line from standard input: {"method", "path", "body"}. Prints what is wrong, and
ends with exit code 1 when something is.
"""

import importlib.resources
import json
import re
import sys

API = json.loads(
    importlib.resources.files("googleapiclient.discovery_cache.documents")
    .joinpath("bigquery.v2.json")
    .read_text()
)
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


def pattern(path):
    return re.compile("^/bigquery/v2/" + re.sub(r"\{\+?\w+\}", "[^/]+", path) + "$")


METHODS = [(m["httpMethod"], pattern(m.get("flatPath", m["path"])), m) for m in methods(API["resources"])]


def check(value, schema, place):
    if "$ref" in schema:
        schema = API["schemas"][schema["$ref"]]
    kind = schema.get("type", "any")
    if kind == "any":
        return
    if not isinstance(value, JSON_TYPES[kind]) or (kind != "boolean" and isinstance(value, bool)):
        yield f"{place}: {value!r} is no {kind}"
    elif kind == "string" and schema.get("format") in ("int64", "uint64"):
        if not re.fullmatch(r"-?\d+", value):
            yield f"{place}: {value!r} is no {schema['format']} in decimal digits"
    elif kind == "array":
        for index, element in enumerate(value):
            yield from check(element, schema["items"], f"{place}[{index}]")
    elif kind == "object":
        for name, member in value.items():
            if name in schema.get("properties", {}):
                yield from check(member, schema["properties"][name], f"{place}.{name}")
            elif "additionalProperties" in schema:
                yield from check(member, schema["additionalProperties"], f"{place}.{name}")
            else:
                yield f"{place}.{name}: not described"


def errors(request):
    path, _, query = request["path"].partition("?")
    found = [m for verb, match, m in METHODS if verb == request["method"] and match.match(path)]
    if not found:
        yield "no such method"
        return
    method = found[0]
    known = {*method.get("parameters", {}), *API["parameters"]}
    for name in re.findall(r"(?:^|&)(\w+)=", query):
        if name not in known:
            yield f"query parameter {name}: not described"
    if request.get("body"):
        yield from check(json.loads(request["body"]), method["request"], "body")


failed = False
count = 0
for line in sys.stdin:
    request = json.loads(line)
    count += 1
    for error in errors(request):
        failed = True
        print(f"{request['method']} {request['path']}: {error}")
print(f"{count} requests checked")
sys.exit(failed)
