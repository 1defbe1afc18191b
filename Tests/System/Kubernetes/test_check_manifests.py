"""Each fault that check_manifests.py looks for is found where it is planted."""

from __future__ import annotations

import copy
import subprocess

import pytest
import yaml
from check_manifests import ROOT, faults


@pytest.fixture(scope="module")
def overlay() -> list[dict]:
    command = [ROOT / "scripts/kustomize", ROOT / "deploy/kubernetes/overlays/managed-redis"]
    built = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return list(yaml.safe_load_all(built))


def find(resources: list[dict], kind: str, name: str) -> dict:
    return next(each for each in resources
                if each["kind"] == kind and each["metadata"]["name"].startswith(name))


def pod(resources: list[dict]) -> dict:
    return find(resources, "Deployment", "progressbus-worker")["spec"]["template"]["spec"]


def container(resources: list[dict]) -> dict:
    return pod(resources)["containers"][0]


def volume(resources: list[dict], kind: str) -> dict:
    return next(each[kind] for each in pod(resources)["volumes"] if kind in each)


def settings(resources: list[dict]) -> dict:
    return find(resources, "ConfigMap", "progressbus-settings")["data"]


def ingress(resources: list[dict]) -> dict:
    return find(resources, "Ingress", "progressbus")["spec"]


def secret_in_a_variable(resources: list[dict]) -> None:
    reference = {"secretKeyRef": {"name": "progressbus", "key": "database-url"}}
    container(resources)["env"].append({"name": "DATABASE_URL", "valueFrom": reference})


def no_policies(resources: list[dict]) -> None:
    resources[:] = [each for each in resources if each["kind"] != "NetworkPolicy"]


PLANTED = {
    "Additional properties are not allowed": lambda it: pod(it).update(hostNetwrok=True),
    "may run as root": lambda it: pod(it)["securityContext"].pop("runAsNonRoot"),
    "no seccomp profile": lambda it: pod(it)["securityContext"].pop("seccompProfile"),
    "a token of the cluster": lambda it: pod(it).pop("automountServiceAccountToken"),
    "the variables of Services": lambda it: pod(it).pop("enableServiceLinks"),
    "a namespace of the host": lambda it: pod(it).update(hostPID=True),
    "mounts what the standard does not allow":
        lambda it: pod(it)["volumes"].append({"name": "host", "hostPath": {"path": "/"}}),
    "allowPrivilegeEscalation is not False":
        lambda it: container(it)["securityContext"].update(allowPrivilegeEscalation=True),
    "readOnlyRootFilesystem is not True":
        lambda it: container(it)["securityContext"].pop("readOnlyRootFilesystem"),
    "capabilities is not": lambda it: container(it)["securityContext"].pop("capabilities"),
    "names no version": lambda it: container(it).update(image="registry:5000/progressbus"),
    "has no requests": lambda it: container(it)["resources"].pop("requests"),
    "has no limits": lambda it: container(it)["resources"].pop("limits"),
    "livenessProbe does not ask": lambda it: container(it)["livenessProbe"]["httpGet"].update(path="/"),
    "REDIS_ULR is no setting":
        lambda it: container(it)["env"].append({"name": "REDIS_ULR", "value": "x"}),
    "is a secret in a variable": secret_in_a_variable,
    "names a file that is not mounted": lambda it: volume(it, "secret")["items"].pop(0),
    "mounts a map that is not there": lambda it: volume(it, "configMap").update(name="nobody"),
    "PROGRESSBUS_LOG_FROMAT is no setting": lambda it: settings(it).update(PROGRESSBUS_LOG_FROMAT="json"),
    "has no PodDisruptionBudget":
        lambda it: it.remove(find(it, "PodDisruptionBudget", "progressbus-worker")),
    "guards nothing":
        lambda it: find(it, "PodDisruptionBudget", "progressbus-worker")["spec"]["selector"][
            "matchLabels"].update(tier="x"),
    "leads to nothing":
        lambda it: find(it, "Service", "progressbus-ingest")["spec"]["selector"].update(tier="x"),
    "scales nothing":
        lambda it: find(it, "HorizontalPodAutoscaler", "progressbus-worker")["spec"][
            "scaleTargetRef"].update(name="worker"),
    "leads / nowhere":
        lambda it: ingress(it)["rules"][0]["http"]["paths"][-1]["backend"]["service"].update(name="x"),
    "no Ingress leads to bus.school.example": lambda it: ingress(it)["rules"].pop(),
    "the program does not answer as bus.school.example":
        lambda it: settings(it).pop("PROGRESSBUS_HTTP_OPERATOR_HOSTS"),
    "bus.school.example has no TLS": lambda it: ingress(it)["tls"].pop(),
    "no proxy is trusted": lambda it: settings(it).pop("PROGRESSBUS_HTTP_TRUSTED_PROXIES"),
    "there is no NetworkPolicy": no_policies,
}


def test_the_overlay_has_no_fault(overlay):
    assert list(faults(overlay)) == []


@pytest.mark.parametrize("message", PLANTED)
def test_a_planted_fault_is_found(overlay, message):
    resources = copy.deepcopy(overlay)
    PLANTED[message](resources)
    found = list(faults(resources))
    assert any(message in fault for fault in found), found
