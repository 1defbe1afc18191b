#!/bin/bash
# VictoriaMetrics 1.79 (Debian 12), InfluxDB's /write: 204 is no receipt.
#
# Guess: line protocol that cannot be stored is refused with 400, as InfluxDB does, and a string field is
#   either refused or left out.
# Seen: a line that does not parse gets 204 and is gone; a string field becomes a sample of the value 0, or
#   of the number that it begins as; a second write of the same point is a second sample.
# What follows: who counts on 204 as "stored" needs another server, or reads back.
#
# usage: findings/victoriametrics-takes-what-it-cannot-store.sh     needs Debian 12's apt-get, dpkg-deb, curl
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

apt-get -qq download 'victoria-metrics=1.79*' 2>/dev/null
dpkg-deb -x victoria-metrics_*.deb .
program=usr/bin/victoria-metrics
"$program" --version

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$program" -storageDataPath data -httpListenAddr "127.0.0.1:$port" -retentionPeriod 1 >log 2>&1 &
server=$!
url=http://127.0.0.1:$port
curl -s --retry 100 --retry-delay 1 --retry-connrefused -o /dev/null "$url/health"

now=$(date +%s)
write() {
  local status
  status=$(curl -s -o /dev/null -w '%{http_code}' "$url/write?precision=s" --data-binary "$1")
  printf '%-28s %s\n' "$1" "$status"
  [[ $status == 204 ]]
}
write "good,t=a x=1 $now"
write "good,t=a x=1 $now"
write "text,t=a name=\"Ann\" $now"
write "digits,t=a name=\"12\" $now"
write "broken,t=a x= $now"

curl -s "$url/internal/force_flush" >/dev/null
curl -s "$url/api/v1/export" -d 'match[]={t="a"}' >exported
cat exported
python3 - <<'EOF'
import json
lines = [json.loads(line) for line in open("exported")]
found = {line["metric"]["__name__"]: line["values"] for line in lines}
assert found == {"good_x": [1, 1], "text_name": [0], "digits_name": [12]}, found
EOF
