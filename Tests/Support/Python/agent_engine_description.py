"""Prints what Google's description of Agent Engine says of sessions, as one JSON object.

usage: agent_engine_description.py v1|v1beta1 MESSAGE...

{"methods": {"create": {"http", "path", "parameters": [...]}}, "common": [...], "messages": {"Session": [...]}}
"""

import importlib.resources
import json
import sys

VERSION, MESSAGES = sys.argv[1], sys.argv[2:]
documents = importlib.resources.files("googleapiclient.discovery_cache.documents")
api = json.loads(documents.joinpath(f"aiplatform.{VERSION}.json").read_text())
prefix = "GoogleCloudAiplatform" + VERSION.capitalize()
resource = api["resources"]["projects"]["resources"]["locations"]["resources"]["reasoningEngines"]["resources"]["sessions"]


def methods(resource, name=""):
    for key, method in resource.get("methods", {}).items():
        yield name + key, method
    for key, part in resource.get("resources", {}).items():
        yield from methods(part, f"{name}{key}.")


print(json.dumps({
    "methods": {
        name: {
            "http": method["httpMethod"], "path": method["path"],
            "parameters": sorted(
                key for key, given in method["parameters"].items() if given["location"] == "query"),
        }
        for name, method in methods(resource)
    },
    "common": sorted(api["parameters"]),
    "messages": {name: sorted(api["schemas"][prefix + name]["properties"]) for name in MESSAGES},
}))
