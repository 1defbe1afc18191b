#!/bin/bash
# InfluxDB 1.6.7 (Debian 12): a limit on tag values loses good points and does not count them.
#
# Guess: a write that breaks `max-values-per-tag` stores every other point; `dropped=N` says how many are
#   missing.
# Seen: for N refused points, up to N good points that stand before them in the same request are lost too.
#   `dropped=N` counts the refused ones only. Points behind them are stored. The index is `inmem`, the
#   default.
# What follows: after such an answer, what stood in the request must be written again in smaller parts,
#   until each part gets a 204.
#
# usage: findings/influxdb-limit-loses-good-points.sh     needs Debian 12's apt-get, dpkg-deb, curl
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

apt-get -qq download 'influxdb=1.6.7*' 2>/dev/null
dpkg-deb -x influxdb_*.deb .
usr/bin/influxd version

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
backup=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >influxdb.conf <<EOF
reporting-disabled = true
bind-address = "127.0.0.1:$backup"
[meta]
dir = "$folder/meta"
[data]
dir = "$folder/data"
wal-dir = "$folder/wal"
max-values-per-tag = 5
[http]
bind-address = "127.0.0.1:$port"
log-enabled = false
EOF
usr/bin/influxd run -config influxdb.conf >log 2>&1 &
server=$!
url=http://127.0.0.1:$port
curl -s --retry 100 --retry-delay 1 --retry-connrefused -o /dev/null "$url/ping"
curl -s -o /dev/null "$url/query" --data-urlencode 'q=CREATE DATABASE test'

write() { curl -s "$url/write?db=test&precision=ns" --data-binary @- -w '%{http_code}\n'; }
stored() {
  curl -sG "$url/query?db=test" --data-urlencode "q=SELECT count(x) FROM m WHERE t = '$1'" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["results"][0]["series"][0]["values"][0][1])'
}

# Five tag values: as many as may be.
for value in first second third fourth fifth; do echo "m,t=$value x=1 1"; done | write
{
  for time in {1001..1010}; do echo "m,t=first x=1 $time"; done
  for value in 1 2 3 4; do echo "m,t=new$value x=1 2000"; done
  for time in {3001..3010}; do echo "m,t=second x=1 $time"; done
} | write | tee answer

before=$(($(stored first) - 1))
behind=$(($(stored second) - 1))
echo "10 good points before 4 refused ones: $before stored; 10 behind them: $behind stored"
grep -q 'dropped=4' answer
[[ $before == 6 && $behind == 10 ]]
