"""The image, and the containers that run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from support.compose_stack import ROLES, ROOT, ComposeStack


def test_it_is_not_root_has_a_health_check_and_a_stated_size(stack: ComposeStack, figures):
    image = stack.inspect(stack.settings["PROGRESSBUS_IMAGE"])
    assert image["Config"]["User"] == "10001:10001"
    check = (image["Config"].get("Healthcheck") or image.get("Healthcheck"))["Test"]
    assert check == ["CMD", "progressbus", "health", "ready"]
    figures["size of the image"] = f"{image['Size'] / 1e6:.0f} MB"


def test_containers_have_no_privileges_and_a_read_only_root(stack: ComposeStack):
    for role in ROLES:
        host = stack.inspect(stack.container(role))["HostConfig"]
        assert host["ReadonlyRootfs"]
        facts = stack.execute(
            role, "sh", "-c",
            "id -u; grep -E '^(CapEff|NoNewPrivs)' /proc/1/status; touch /usr/local/x 2>&1 || true")
        assert facts.splitlines()[0] == "10001"
        assert re.search(r"CapEff:\s+0{16}$", facts, re.MULTILINE)
        assert re.search(r"NoNewPrivs:\s+1$", facts, re.MULTILINE)
        assert "Read-only file system" in facts


def test_no_secret_is_in_the_image_or_in_a_log(stack: ComposeStack):
    image = stack.inspect(stack.settings["PROGRESSBUS_IMAGE"])
    secrets = [value for name, value in stack.settings.items()
               if re.search("PASSWORD|TOKEN|SALT", name)]
    secrets.append(stack.execute("dashboard", "cat", "/run/progressbus/jwt-secret"))
    assert len(secrets[-1]) == 64
    logs = stack.run("logs", *ROLES, "migrate", "secret")
    for secret in secrets:
        assert secret not in str(image["Config"])
        assert secret not in logs


def test_a_change_of_code_does_not_fetch_packages_again(stack: ComposeStack, tmp_path: Path):
    for name in ["Package.swift", "Dockerfile", ".dockerignore"]:
        shutil.copy2(ROOT / name, tmp_path / name)
    for name in ["Sources", "Tests", "Benchmarks", "Examples", "scripts", "sql", "clients", "deploy"]:
        shutil.copytree(
            ROOT / name, tmp_path / name, symlinks=True,
            ignore=shutil.ignore_patterns(".build*", ".venv*", "__pycache__"))
    with open(tmp_path / "Sources/Program/progressbus/Changed.swift", "w") as changed:
        changed.write("// A change.\n")
    command = [*stack.engine, "build", "--target", "packages", "--file", "Dockerfile", "."]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"BUILDKIT_PROGRESS": "plain"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1800)
    assert done.returncode == 0, done.stdout[-3000:]
    resolve = done.stdout.partition("RUN swift package resolve")[2]
    assert re.match(r"[^\n]*\n[^\n]*(Using cache|CACHED)", resolve), done.stdout[-3000:]
    assert "Fetching https://" not in done.stdout
