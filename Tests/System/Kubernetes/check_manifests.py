"""Checks what kustomize makes of deploy/kubernetes: each resource against Kubernetes' own schemas, and what
no schema says: the pod standard "restricted", limits, probes, settings that the program knows.

usage: check_manifests.py NAME < the resources of the overlay NAME
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import yaml

ROOT = Path(__file__).resolve().parents[3]
#: The oldest and the newest version of Kubernetes that the manifests are for.
VERSIONS = ("1.33.0", "1.37.0")
#: The hosts that the program answers.
HOSTS = ("PROGRESSBUS_HTTP_ALLOWED_HOSTS", "PROGRESSBUS_HTTP_OPERATOR_HOSTS")
LABEL = "app.kubernetes.io/name"


def settings() -> set[str]:
    """The variables in README's table of settings, and `NAME_FILE` of each: which of them are secrets the
    table does not say, the program does when it starts."""
    names = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    return names | {f"{name}_FILE" for name in names}


def pods(resources: list[dict]) -> Iterator[tuple[dict, dict]]:
    for resource in resources:
        if resource["kind"] in {"Deployment", "Job"}:
            yield resource, resource["spec"]["template"]


def schema_faults(resource: dict) -> Iterator[str]:
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(resource, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{version}: {error.message} at {'.'.join(map(str, error.path))}"


def pod_faults(resource: dict, template: dict, settings: set[str]) -> Iterator[str]:
    pod = template["spec"]
    security = pod.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("runAsUser") in {None, 0}:
        yield "may run as root"
    if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "has no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "gets a token of the cluster"
    # The program refuses variables like PROGRESSBUS_INGEST_PORT, which a cluster makes of Services.
    if pod.get("enableServiceLinks") is not False:
        yield "gets the variables of Services"
    if any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares a namespace of the host"
    allowed = {"secret", "configMap", "emptyDir", "projected", "persistentVolumeClaim", "name"}
    if any(set(volume) - allowed for volume in pod.get("volumes", [])):
        yield "mounts what the standard does not allow"
    for container in pod["containers"] + pod.get("initContainers", []):
        yield from container_faults(container, settings)
        if resource["kind"] == "Deployment":
            yield from probe_faults(container)


def container_faults(container: dict, settings: set[str]) -> Iterator[str]:
    security = container.get("securityContext", {})
    wanted = {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]}}
    for name, value in wanted.items():
        if security.get(name) != value:
            yield f"its {name} is not {value}"
    image = container["image"]
    tag = image.rpartition("/")[2].partition(":")[2]
    if "@sha256:" not in image and tag in {"", "latest"}:
        yield f"its image {image} names no version"
    resources = container.get("resources", {})
    for part in ("requests", "limits"):
        if not {"cpu", "memory"} <= set(resources.get(part, {})):
            yield f"has no {part}"
    for variable in container.get("env", []):
        if variable["name"] not in settings:
            yield f"{variable['name']} is no setting"
        if "secretKeyRef" in variable.get("valueFrom", {}):
            yield f"{variable['name']} is a secret in a variable; mount it as a file"


def probe_faults(container: dict) -> Iterator[str]:
    ports = {port["name"] for port in container.get("ports", [])}
    for name, path in (
            ("startupProbe", "/health/live"), ("livenessProbe", "/health/live"),
            ("readinessProbe", "/health/ready")):
        call = container.get(name, {}).get("httpGet", {})
        if call.get("path") != path or call.get("port") not in ports:
            yield f"its {name} does not ask {path}"


def reference_faults(resources: list[dict]) -> Iterator[str]:
    """Names in one resource that no other has."""
    names: dict[str, set[str]] = {}
    for resource in resources:
        names.setdefault(resource["kind"], set()).add(resource["metadata"]["name"])
    labels = [template["metadata"]["labels"] for _, template in pods(resources)]

    def selects(selector: dict) -> bool:
        return any(selector.items() <= pod.items() for pod in labels)

    guarded = set()
    for resource in resources:
        kind, name, spec = resource["kind"], resource["metadata"]["name"], resource.get("spec", {})
        if kind == "HorizontalPodAutoscaler" and spec["scaleTargetRef"]["name"] not in names["Deployment"]:
            yield f"{kind} {name} scales nothing"
        if kind == "Service" and not selects(spec["selector"]):
            yield f"{kind} {name} leads to nothing"
        if kind == "PodDisruptionBudget":
            guarded.add(spec["selector"]["matchLabels"].get(LABEL))
            if not selects(spec["selector"]["matchLabels"]):
                yield f"{kind} {name} guards nothing"
        if kind == "Ingress":
            for rule in spec["rules"]:
                for path in rule["http"]["paths"]:
                    if path["backend"]["service"]["name"] not in names["Service"]:
                        yield f"{kind} {name} leads {path['path']} nowhere"
    for resource, template in pods(resources):
        pod, name = template["spec"], resource["metadata"]["name"]
        if resource["kind"] == "Deployment" and template["metadata"]["labels"].get(LABEL) not in guarded:
            yield f"Deployment {name} has no PodDisruptionBudget"
        volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
        for volume in volumes.values():
            if "configMap" in volume and volume["configMap"]["name"] not in names.get("ConfigMap", set()):
                yield f"{name} mounts a map that is not there"
        for container in pod["containers"]:
            mounts = {mount["mountPath"]: volumes.get(mount["name"])
                      for mount in container.get("volumeMounts", [])}
            for variable in container.get("env", []):
                folder, _, file = str(variable.get("value", "")).rpartition("/")
                if variable["name"].endswith("_FILE"):
                    items = (mounts.get(folder) or {}).get("secret", {}).get("items", [])
                    if file not in {item["path"] for item in items}:
                        yield f"{name}: {variable['name']} names a file that is not mounted"


def proxy_faults(resources: list[dict]) -> Iterator[str]:
    """What an Ingress and the settings must know of each other."""
    specs = [resource["spec"] for resource in resources if resource["kind"] == "Ingress"]
    if not specs:
        return
    hosts = {rule["host"] for spec in specs for rule in spec["rules"]}
    encrypted = {host for spec in specs for part in spec.get("tls", []) for host in part["hosts"]}
    data = {key: value for resource in resources if resource["kind"] == "ConfigMap"
            for key, value in resource["data"].items()}
    answered = {host for key in HOSTS for host in data.get(key, "").split(",") if host}
    yield from (f"no Ingress leads to {host}" for host in answered - hosts)
    yield from (f"the program does not answer as {host}" for host in hosts - answered)
    yield from (f"{host} has no TLS" for host in hosts - encrypted)
    if not data.get("PROGRESSBUS_HTTP_TRUSTED_PROXIES"):
        yield "no proxy is trusted, so all clients share the limits of one address"


def faults(resources: list[dict]) -> Iterator[str]:
    known = settings()
    for resource in resources:
        name = f"{resource['kind']} {resource['metadata']['name']}"
        yield from (f"{name}: {fault}" for fault in schema_faults(resource))
        if resource["kind"] == "ConfigMap" and "settings" in name:
            yield from (f"{name}: {key} is no setting" for key in resource["data"] if key not in known)
    for resource, template in pods(resources):
        name = f"{resource['kind']} {resource['metadata']['name']}"
        yield from (f"{name}: {fault}" for fault in pod_faults(resource, template, known))
    yield from reference_faults(resources)
    yield from proxy_faults(resources)
    if not any(resource["kind"] == "NetworkPolicy" for resource in resources):
        yield "there is no NetworkPolicy"


def main() -> int:
    name = sys.argv[1]
    resources = [each for each in yaml.safe_load_all(sys.stdin) if each]
    found = sorted(set(faults(resources)))
    for fault in found:
        print(f"{name}: {fault}", file=sys.stderr)
    if not resources:
        print(f"{name}: no resources", file=sys.stderr)
        return 1
    if not found:
        print(f"{name}: {len(resources)} resources, Kubernetes {' and '.join(VERSIONS)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
