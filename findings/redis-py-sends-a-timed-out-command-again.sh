#!/bin/bash
# redis-py 8.1.0 (PyPI): one call of xadd, two entries.
#
# Guess: a command whose answer does not come within `socket_timeout` raises TimeoutError; whether to send
#   it again is the caller's to decide, for it may have been carried out.
# Seen: the client sends it again by itself, up to ten times. A server that stands still for two seconds
#   carries out both, and the caller sees one id. Pipelines are sent again, too. valkey-py 6.2.0, which
#   began as a copy, raises TimeoutError.
# What follows: with redis-py's defaults an entry may come twice without any error. Give each an id of the
#   sender's, or the client `retry=None`.
#
# usage: findings/redis-py-sends-a-timed-out-command-again.sh
# needs Python 3.11 or later, PyPI, Debian 12's apt-get, dpkg-deb
set -euo pipefail

folder=$(mktemp -d)
server=
clean() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean EXIT
chmod 755 "$folder"
cd "$folder"

apt-get -qq download 'redis-server=5:7.0.15*' 'redis-tools=5:7.0.15*' 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" .; done
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check redis==8.1.0 valkey==6.2.0

usr/bin/redis-server --version
usr/bin/redis-server --port 0 --unixsocket "$folder/s" --save '' >log 2>&1 &
server=$!
until [[ $(usr/bin/redis-cli -s "$folder/s" PING 2>/dev/null) == PONG ]]; do sleep 0.1; done

venv/bin/python - "$folder/s" "$server" <<'PYTHON'
import os
import signal
import sys
import threading
from importlib.metadata import version

import redis
import valkey

path, server = sys.argv[1], int(sys.argv[2])
seen = []
for library, make in (("redis", redis.Redis), ("valkey", valkey.Valkey)):
    client = make(unix_socket_path=path, socket_timeout=1.5)
    client.delete("stream")
    os.kill(server, signal.SIGSTOP)
    threading.Timer(2, os.kill, (server, signal.SIGCONT)).start()
    try:
        client.xadd("stream", {"event": "e-1"})
        outcome = "an id"
    except Exception as error:
        outcome = type(error).__name__
    while True:
        try:
            entries = make(unix_socket_path=path).xlen("stream")
            break
        except Exception:
            pass
    seen.append((outcome, entries))
    print(f"{library} {version(library)}: xadd gave {outcome}, the stream has {entries} entries")
(outcome, entries), second = seen
sys.exit(0 if outcome == "an id" and entries > 1 and second == ("TimeoutError", 1) else "this has changed")
PYTHON
