#!/bin/bash
# InfluxDB 1.6.7 (Debian 12): points that were stored with 204 are missing from every query.
#
# Guess: a field has one type. A value of another is refused, in whatever week its time lies.
# Seen: the type is kept by shard, one week each by default. A boolean of one week and a number of another
#   are both stored with 204. Queries of both weeks give the number alone, and `count` leaves the other out,
#   without a word; only `SHOW FIELD KEYS` names two types, and `::boolean` finds the hidden one.
# What follows: a writer that changes a field's type loses what it wrote before from all dashboards, though
#   no write ever failed. A field's type is part of its name: give the new one another.
#
# usage: findings/influxdb-hides-what-has-another-type.sh
# needs Debian 12's apt-get, dpkg-deb, curl, Python 3
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

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
cat >influxdb.conf <<EOF
reporting-disabled = true
bind-address = "127.0.0.1:$(free_port)"
[meta]
dir = "$folder/meta"
[data]
dir = "$folder/data"
wal-dir = "$folder/wal"
[http]
bind-address = "127.0.0.1:$port"
log-enabled = false
EOF
usr/bin/influxd run -config influxdb.conf >log 2>&1 &
server=$!
url=http://127.0.0.1:$port
curl -s --retry 100 --retry-delay 1 --retry-connrefused -o /dev/null "$url/ping"
curl -s -o /dev/null "$url/query" --data-urlencode 'q=CREATE DATABASE test'

write() { curl -s -w '%{http_code}\n' "$url/write?db=test&precision=s" --data-binary "$1"; }
ask() {
  curl -sG "$url/query?db=test&epoch=s" --data-urlencode "q=$1" |
    python3 -c 'import json, sys; print(sorted(json.load(sys.stdin)["results"][0]["series"][0]["values"]))'
}
# 4 February and 3 March 2026; the last is in the week of the second.
{
  for line in 'cell done=true 1770200000' 'cell done=1 1772500000' 'cell done=false 1772500001'; do
    echo "$line: $(write "$line" | grep -oE '[0-9]+$|field type conflict' | paste -sd ' ')"
  done
  for query in 'SELECT done FROM cell' 'SELECT count(done) FROM cell' 'SELECT done::boolean FROM cell' \
    'SHOW FIELD KEYS FROM cell'; do
    echo "$query: $(ask "$query")"
  done
} | tee seen
diff seen - <<'END'
cell done=true 1770200000: 204
cell done=1 1772500000: 204
cell done=false 1772500001: field type conflict 400
SELECT done FROM cell: [[1772500000, 1]]
SELECT count(done) FROM cell: [[0, 1]]
SELECT done::boolean FROM cell: [[1770200000, True]]
SHOW FIELD KEYS FROM cell: [['done', 'boolean'], ['done', 'float']]
END
