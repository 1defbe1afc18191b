#!/bin/bash
# oauthenticator 17.4.0 with jupyterhub 6.1.1 (PyPI): who is in one group is in seven of one letter.
#
# Guess: a claim of groups that is one text, as some providers send it for somebody with one group, is that
#   group, or refused. `auth_state_groups_key` reaches any claim of the user.
# Seen: the text is made a set of its letters, and JupyterHub, with `manage_groups`, makes each of them a group. And
#   the key is split at its dots: a claim that has a namespace, as "https://school.example/groups", which
#   Auth0 demands of custom claims, is never found: an error in the log, and no groups.
# What follows: a learner with two groups is where he belongs, one with one is not, and has his old groups taken away.
#   Pass a function as the key, which reads the claim and makes a list of it.
#
# usage: findings/oauthenticator-makes-a-group-of-each-letter.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check oauthenticator==17.4.0 jupyterhub==6.1.1

"$folder/venv/bin/python" -W ignore - 2>"$folder/log" <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

from oauthenticator.generic import GenericOAuthenticator
from traitlets.config import Config

NAMESPACED = "https://school.example/groups"


def groups(key, claims):
    config = Config({"GenericOAuthenticator": {"manage_groups": True, "auth_state_groups_key": key}})
    authenticator = GenericOAuthenticator(config=config)
    return sorted(asyncio.run(authenticator.get_user_groups({"oauth_user": claims})))


def by_function(auth_state):
    value = auth_state["oauth_user"][NAMESPACED]
    return [value] if isinstance(value, str) else value


print("oauthenticator", version("oauthenticator"), "jupyterhub", version("jupyterhub"))
seen = [
    groups("oauth_user.groups", {"groups": ["teachers", "py101"]}),
    groups("oauth_user.groups", {"groups": "teachers"}),
    groups(f"oauth_user.{NAMESPACED}", {NAMESPACED: ["teachers", "py101"]}),
    groups(by_function, {NAMESPACED: "teachers"}),
]
for label, found in zip(("a list", "a text", "a list below a name with dots", "read by a function"), seen):
    print(f"{label}: {found}")
expected = [["py101", "teachers"], ["a", "c", "e", "h", "r", "s", "t"], [], ["teachers"]]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
