"""Each fault that check_manifests.py looks for is found where it is planted."""

from __future__ import annotations

import copy
import os
import subprocess
from pathlib import Path

import pytest
import yaml
from check_manifests import ROOT, faults

BUILD = os.environ.get("KUSTOMIZE", "kubectl kustomize").split()


@pytest.fixture(scope="module")
def base() -> list[dict]:
    folder = Path(ROOT / "deploy/kubernetes/base")
    built = subprocess.run([*BUILD, folder], check=True, capture_output=True, text=True).stdout
    return list(yaml.safe_load_all(built))


def find(resources: list[dict], kind: str, name: str) -> dict:
    return next(each for each in resources
                if each["kind"] == kind and each["metadata"]["name"].startswith(name))


def pod(resources: list[dict]) -> dict:
    return find(resources, "Deployment", "progressbus-worker")["spec"]["template"]["spec"]


def container(resources: list[dict]) -> dict:
    return pod(resources)["containers"][0]


PLANTED = {
    "Additional properties are not allowed": lambda it: pod(it).update(hostNetwrok=True),
    "may run as root": lambda it: pod(it)["securityContext"].pop("runAsNonRoot"),
    "no seccomp profile": lambda it: pod(it)["securityContext"].pop("seccompProfile"),
    "a token of the cluster": lambda it: pod(it).pop("automountServiceAccountToken"),
    "the variables of Services": lambda it: pod(it).pop("enableServiceLinks"),
    "a namespace of the host": lambda it: pod(it).update(hostPID=True),
    "readOnlyRootFilesystem is not True":
        lambda it: container(it)["securityContext"].pop("readOnlyRootFilesystem"),
    "capabilities is not": lambda it: container(it)["securityContext"].pop("capabilities"),
    "names no version": lambda it: container(it).update(image="registry:5000/progressbus"),
    "has no limits": lambda it: container(it)["resources"].pop("limits"),
    "livenessProbe does not ask": lambda it: container(it)["livenessProbe"]["httpGet"].update(path="/"),
    "REDIS_ULR is no setting":
        lambda it: container(it)["env"].append({"name": "REDIS_ULR", "value": "x"}),
    "names a file that is not mounted":
        lambda it: pod(it)["volumes"][0]["secret"]["items"].pop(0),
    "PROGRESSBUS_LOG_FROMAT is no setting":
        lambda it: find(it, "ConfigMap", "progressbus-settings")["data"].update(
            PROGRESSBUS_LOG_FROMAT="json"),
    "has no PodDisruptionBudget":
        lambda it: it.remove(find(it, "PodDisruptionBudget", "progressbus-worker")),
    "leads to nothing":
        lambda it: find(it, "Service", "progressbus-ingest")["spec"]["selector"].update(tier="x"),
    "scales nothing":
        lambda it: find(it, "HorizontalPodAutoscaler", "progressbus-worker")["spec"][
            "scaleTargetRef"].update(name="worker"),
}


def test_the_base_has_no_fault(base):
    assert list(faults(base)) == []


@pytest.mark.parametrize("message", PLANTED)
def test_a_planted_fault_is_found(base, message):
    resources = copy.deepcopy(base)
    PLANTED[message](resources)
    found = list(faults(resources))
    assert any(message in fault for fault in found), found
