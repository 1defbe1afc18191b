#!/bin/bash
# kubernetes-validate 1.37.0 (PyPI): a manifest that its version of Kubernetes has no more passes.
#
# Guess: a check against a version of Kubernetes fails for an API that this version does not have, all the
#   more with `--strict`; that is what such a check is run for before an upgrade.
# Seen: for what it has no schema of, it warns and ends with 0, whatever stands in the manifest: removed API
#   versions, a misspelt kind, and a List with all its items. `--strict` changes nothing of that, and
#   `--no-warn` hides the warning. A wrong type in a kind that it knows ends with 1.
# What follows: a build that looks at the exit code passes what the cluster will refuse. Fail on "Couldn't find
#   schema", too.
#
# usage: findings/kubernetes-validate-passes-what-was-removed.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check kubernetes-validate==1.37.0

cd "$folder"
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep kubernetes-validate
manifest() { printf 'apiVersion: %s\nkind: %s\nmetadata: {name: ingest}\nspec: {minAvailable: many}\n' "$@"; }
check() {
  local code=0
  venv/bin/kubernetes-validate --strict "$2" >log 2>&1 || code=$?
  echo "$1: exit code $code, $(grep -oE "Couldn't find schema|did not validate|passed" log)"
}
manifest policy/v1 PodDisruptionBudget | sed 's/many/1/' >right.yaml
manifest policy/v1 PodDisruptionBudget | sed 's/{minAvailable: many}/wrong/' >wrong.yaml
manifest policy/v1beta1 PodDisruptionBudget >removed.yaml
manifest policy/v1 PodDisruptionBudgets >misspelt.yaml
{
  printf 'apiVersion: v1\nkind: List\nitems:\n  -\n'
  sed 's/^/    /' wrong.yaml
} >list.yaml
{
  check 'a right one' right.yaml
  check 'a wrong one' wrong.yaml
  check 'removed in 1.25' removed.yaml
  check 'a misspelt kind' misspelt.yaml
  check 'the wrong one in a List' list.yaml
} | tee seen
diff seen - <<'END'
a right one: exit code 0, passed
a wrong one: exit code 1, did not validate
removed in 1.25: exit code 0, Couldn't find schema
a misspelt kind: exit code 0, Couldn't find schema
the wrong one in a List: exit code 0, Couldn't find schema
END
