#!/bin/bash
# kubernetes 37.0.2 (PyPI), the client, and kubernetes-validate 1.37.0: `cpu: 1` is valid and cannot be sent.
#
# Guess: `utils.create_from_yaml` sends what stands in the manifest, and the cluster judges it. A quantity may be a
#   number, as in `limits: {cpu: 1}` or `memory: 134217728`, as most manifests have it.
# Seen: this client checks the manifest by itself before it sends anything, with models in which a quantity is a
#   text: ValidationError for each of these, for `pods: 10` of a ResourceQuota too. Quoted, they are sent.
#   kubernetes-validate passes both for the same version, with `--strict`. A port that is a number or a name
#   is sent as it is, so that it is not numbers as such.
# What follows: a manifest that kubectl applies fails in a deployment by Python, with nothing in the server's log. Quote
#   all quantities.
#
# usage: findings/kubernetes-client-refuses-a-number-of-cpus.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  kubernetes==37.0.2 kubernetes-validate==1.37.0 pydantic==2.14.4

cd "$folder"
pod() {
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: ingest}\nspec:\n  containers:\n'
  printf '    - {name: c, image: i, resources: {limits: %s}, livenessProbe: {httpGet: {port: %s}}}\n' "$@"
}
pod '{cpu: 1, memory: 1Gi}' 8080 >a-number.yaml
pod "{cpu: '1', memory: 1Gi}" 8080 >a-text.yaml
pod '{memory: 134217728}' health >bytes.yaml
printf 'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: class}\nspec: {hard: {pods: 10}}\n' >quota.yaml

cat >send.py <<'PYTHON'
import http.server
import json
import sys
import threading

import kubernetes

came = []


class Cluster(http.server.BaseHTTPRequestHandler):
    """Takes all that it is sent."""

    def do_POST(self):
        came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(came[-1]).encode())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
threading.Thread(target=server.serve_forever, daemon=True).start()
settings = kubernetes.client.Configuration()
settings.host = f"http://127.0.0.1:{server.server_port}"
api = kubernetes.client.ApiClient(settings)
for name in sys.argv[1:]:
    try:
        kubernetes.utils.create_from_yaml(api, name)
        print(f"{name}: sent")
    except Exception as error:
        print(f"{name}: {type(error).__name__}")
PYTHON
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep kubernetes
{
  venv/bin/python -W ignore send.py a-number.yaml a-text.yaml bytes.yaml quota.yaml
  for name in a-number a-text bytes quota; do
    venv/bin/kubernetes-validate --strict "$name.yaml" 2>&1 | grep -oE 'passed|did not validate'
  done
} | tee seen
diff seen - <<'END_OF_SEEN'
a-number.yaml: ValidationError
a-text.yaml: sent
bytes.yaml: ValidationError
quota.yaml: ValidationError
passed
passed
passed
passed
END_OF_SEEN
