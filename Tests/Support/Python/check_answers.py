#!/usr/bin/env python3
"""Asks a running server for what an OpenAPI file describes, and compares the answers with it.

usage: check_answers.py OPENAPI.yaml BASE_URL TAG,... NAME=VALUE...

Each NAME=VALUE is an example of a path parameter, or of a query parameter for which there is none here. Every GET operation with one of the tags is asked as
it is, with each of its query parameters, for something that does not exist where that is 404, and with a
limit that is out of range.
Prints one line a fault and ends with status 1 when there is any.
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

import jsonschema
import openapi_spec_validator
import yaml

QUERIES = {
    "sink": "bus", "reason": "json",
    "limit": "1", "state": "stuck,help", "minutes": "30", "bucket": "1m",
    "notebook": "n.ipynb", "course_id": "c1",
}

# What is well-formed and does not exist, where not every text is well-formed.
MISSING = {"id": "1-1"}


class Checker:
    def __init__(self, document, base, examples):
        self.document = document
        self.base = base
        self.examples = examples
        self.faults = []
        self.checked = 0

    def resolve(self, node):
        while "$ref" in node:
            found = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def validate(self, where, schema, value):
        # The components come along, so that references in the schema lead somewhere.
        validator = jsonschema.Draft202012Validator(
            {**schema, "components": self.document["components"]},
            format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        for error in validator.iter_errors(value):
            path = "/".join(str(part) for part in error.absolute_path)
            self.faults.append(f"{where}: {path}: {error.message}")

    def ask(self, operation, path, expected):
        try:
            response = urllib.request.urlopen(self.base + path, timeout=20)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            body = response.read()
        self.checked += 1
        where = f"GET {path} → {response.status}"
        if response.status != expected:
            self.faults.append(f"{where}: expected {expected}")
        description = operation["responses"].get(str(response.status))
        if description is None:
            self.faults.append(f"{where}: not in the file")
            return None
        description = self.resolve(description)
        for name, header in description.get("headers", {}).items():
            header = self.resolve(header)
            value = response.headers.get(name)
            if value is None:
                self.faults.append(f"{where}: no header {name}")
                continue
            kind = header["schema"].get("type")
            self.validate(where, header["schema"], int(value) if kind == "integer" else value)
        content = description.get("content", {})
        media_type = response.headers.get_content_type()
        media = content.get(media_type, content.get("*/*"))
        if media is None:
            self.faults.append(f"{where}: {media_type} is not in the file")
            return None
        if not media_type.endswith("json"):
            return None
        value = json.loads(body)
        self.validate(where, media["schema"], value)
        return value

    def fill(self, path, missing=False):
        for name, value in self.examples.items():
            if missing:
                value = MISSING.get(name, "does not exist")
            safe = "/" if name == "asset" else ""
            path = path.replace("{" + name + "}", urllib.parse.quote(value, safe=safe))
        return path

    def check(self, path, operation):
        answer = self.ask(operation, self.fill(path), 200)
        parameters = [self.resolve(item) for item in operation.get("parameters", [])]
        if "{" in path and "404" in operation["responses"]:
            self.ask(operation, self.fill(path, missing=True), 404)
        names = {item["name"] for item in parameters if item["in"] == "query"}
        queries = QUERIES | self.examples
        for name in sorted(names & queries.keys()):
            query = urllib.parse.urlencode({name: queries[name]})
            answer = self.ask(operation, f"{self.fill(path)}?{query}", 200)
            if name == "limit" and answer and answer["next_cursor"]:
                query = urllib.parse.urlencode({"limit": 1, "cursor": answer["next_cursor"]})
                self.ask(operation, f"{self.fill(path)}?{query}", 200)
        if "limit" in names:
            self.ask(operation, f"{self.fill(path)}?limit=0", 400)

    def check_examples(self, path, operation):
        for status, response in operation["responses"].items():
            for media in self.resolve(response).get("content", {}).values():
                if "example" in media:
                    self.validate(f"example of {path} {status}", media["schema"], media["example"])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = yaml.safe_load(file)
    openapi_spec_validator.validate(document)
    examples = dict(argument.split("=", 1) for argument in sys.argv[4:])
    tags = set(sys.argv[3].split(","))
    checker = Checker(document, sys.argv[2], examples)
    for path, item in document["paths"].items():
        operation = item.get("get")
        if operation is None:
            continue
        checker.check_examples(path, operation)
        if tags & set(operation["tags"]) or path.startswith("/api/v1/openapi"):
            checker.check(path, operation)
    for fault in checker.faults:
        print(fault)
    print(f"{checker.checked} answers checked, {len(checker.faults)} faults")
    sys.exit(1 if checker.faults or checker.checked < 20 else 0)


if __name__ == "__main__":
    main()
