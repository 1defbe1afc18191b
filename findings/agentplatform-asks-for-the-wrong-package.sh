#!/bin/bash
# google-cloud-agentplatform 2.6.0 (PyPI): sessions need a package that neither it nor any extra of it asks for.
#
# Guess: `client.sessions` and `client.aio.sessions` work as installed, or the error names what is missing.
# Seen: both raise ImportError, and so do the `runtimes`. "'additional packages'" are to come with
#   google-cloud-aiplatform[agent_engines], an extra of another package. What is missing is httpx: google-genai,
#   which used to bring it, now asks for httpx2, and one module here still imports httpx. The package's
#   own extra does not bring it either; httpx alone is enough.
# What follows: whoever uses the agents' sessions writes httpx into his own requirements, and reads such an error by
#   its cause, `__cause__` or `__context__`, not by its text.
#
# usage: findings/agentplatform-asks-for-the-wrong-package.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
install() { "$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "$@"; }
install google-cloud-agentplatform==2.6.0 google-genai==3.6.1

cat >"$folder/look.py" <<'PYTHON'
from google.auth.credentials import AnonymousCredentials

import agentplatform

client = agentplatform.Client(project="school", location="us-central1", credentials=AnonymousCredentials())
for side in (client, client.aio):
    for name in ("sessions", "runtimes"):
        try:
            print(type(getattr(side, name)).__name__)
        except ImportError as error:
            cause = error.__cause__ or error.__context__
            print("google-cloud-aiplatform[agent_engines]" in str(error), getattr(cause, "name", cause))
PYTHON
look() { "$folder/venv/bin/python" -W ignore "$folder/look.py" 2>>"$folder/log"; }

cd "$folder"
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -E '^(google-cloud-agentplatform|google-genai|httpx)'
{
  look
  echo "its extra would bring"
  install --dry-run --ignore-installed --report - 'google-cloud-agentplatform[agent-engines]==2.6.0' google-genai==3.6.1 |
    grep -oE '"name": "(cloudpickle|httpx2?)"' | sort -u
  install httpx==0.28.1
  look
} | tee seen
diff seen - <<'END_OF_SEEN'
True httpx
True httpx
True httpx
True httpx
its extra would bring
"name": "cloudpickle"
"name": "httpx2"
Sessions
Runtimes
AsyncSessions
AsyncRuntimes
END_OF_SEEN
