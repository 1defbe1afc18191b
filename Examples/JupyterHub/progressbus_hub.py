"""Gives each server that JupyterHub starts the ProgressBus token of its user.

Lies beside jupyterhub_config.py on the hub, and needs nothing but Python's standard library: tokens are
signed here (RFC 7519, HS256) as `progressbus token issue` signs them, so the program need not be installed
on the hub, and no learner's name stands on a command line.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

#: What is set for a server, and taken away again when its user has lost it.
VARIABLES = (
    "PROGRESSBUS_URL",
    "PROGRESSBUS_TOKEN",
    "PROGRESSBUS_STUDENT",
    "PROGRESSBUS_COURSE",
    "PROGRESSBUS_DASHBOARD_LINK",
)


@dataclass(frozen=True)
class Courses:
    """The courses that somebody learns in, and those that somebody teaches."""

    learns: frozenset[str] = frozenset()
    teaches: frozenset[str] = frozenset()


def nbgrader_courses(groups: Iterable[str]) -> Courses:
    """By nbgrader's groups: `nbgrader-COURSE` for learners, `formgrade-COURSE` for instructors and graders."""

    def named(prefix: str) -> frozenset[str]:
        return frozenset(group[len(prefix):] for group in groups if group.startswith(prefix)) - {""}

    groups = list(groups)
    return Courses(learns=named("nbgrader-"), teaches=named("formgrade-"))


def courses_by_group(
    learners: Mapping[str, str], teachers: Mapping[str, str]
) -> Callable[[Iterable[str]], Courses]:
    """By groups of other names. Both map a group to the course that its members learn in, or teach."""

    def courses(groups: Iterable[str]) -> Courses:
        groups = set(groups)
        return Courses(
            learns=frozenset(course for group, course in learners.items() if group in groups),
            teaches=frozenset(course for group, course in teachers.items() if group in groups))

    return courses


def token_hook(
    url: str, secret_file: str, *,
    page_url: str | None = None, courses: Callable[[Iterable[str]], Courses] = nbgrader_courses,
    lifetime: int = 7 * 86_400, claims: Mapping[str, str] | None = None,
):
    """A `c.Spawner.pre_spawn_hook`. Every start of a server makes new tokens.

    :param url: where learners' servers reach ProgressBus.
    :param secret_file: holds PROGRESSBUS_JWT_SECRET, and only the hub's account may read it.
    :param page_url: where teachers' browsers reach it, if that is another address.
    :param courses: from the names of a user's groups.
    :param lifetime: of a token, in seconds. A server that runs longer sends nothing until it is started anew.
    :param claims: `iss` and `aud`, where ProgressBus is set up to check them.
    """
    # The hub does not start without a secret; a server does, should the secret be lost later.
    _secret(secret_file)

    def set_tokens(spawner) -> None:
        environment = {name: value for name, value in spawner.environment.items() if name not in VARIABLES}
        try:
            environment |= _variables(spawner)
        except (OSError, ValueError) as error:
            spawner.log.error("no ProgressBus token for %s: %s", spawner.user.name, error)
        # Another dictionary: nobody else's server may get to see this one.
        spawner.environment = environment

    def _variables(spawner) -> dict[str, str]:
        student = spawner.user.name
        found = courses([group.name for group in spawner.user.groups])
        variables = {}
        if found.learns:
            variables |= {
                "PROGRESSBUS_URL": url, "PROGRESSBUS_STUDENT": student,
                "PROGRESSBUS_TOKEN": issue("ingest", student, found.learns, spawner.log)}
            # Of several, a notebook says which: %progressbus configure course=…
            if len(found.learns) == 1:
                variables["PROGRESSBUS_COURSE"] = next(iter(found.learns))
        # Who only teaches gets no PROGRESSBUS_URL: nothing is sent when learners' notebooks are run for grading.
        if found.teaches:
            token = issue("dashboard", student, found.teaches, spawner.log)
            variables["PROGRESSBUS_DASHBOARD_LINK"] = f"{(page_url or url).rstrip('/')}/#token={token}"
        return variables

    def issue(scope: str, subject: str, names: Iterable[str], log) -> str:
        now = int(time.time())
        identifier = str(uuid.uuid4())
        # The token itself is never printed. By its jti it can be revoked: progressbus token revoke --id …
        log.info("ProgressBus token %s for %s, scope %s, ends in %d s", identifier, subject, scope, lifetime)
        return sign(
            {**(claims or {}), "scope": scope, "sub": subject, "courses": sorted(names), "jti": identifier,
             "iat": now, "exp": now + lifetime},
            _secret(secret_file))

    return set_tokens


def sign(claims: Mapping[str, object], secret: bytes) -> str:
    """A JSON Web Token (RFC 7515, compact form) by HMAC-SHA256."""

    def encoded(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    head, payload = (
        encoded(json.dumps(part, separators=(",", ":")).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signature = hmac.new(secret, head + b"." + payload, hashlib.sha256).digest()
    return b".".join((head, payload, encoded(signature))).decode()


def _secret(file: str) -> bytes:
    # As the server reads it: without the end of the last line, and without a byte order mark at the beginning.
    secret = Path(file).read_bytes().removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n").removesuffix(b"\r")
    if len(secret) < 32:
        raise ValueError(f"the secret in {file} has less than 32 bytes")
    return secret
