#!/bin/bash
# InfluxDB 1.6.7 (Debian 12): `precision=us`, and all points are of January 1970.
#
# Guess: `us` means microseconds, as in InfluxDB 2 and 3, or a precision that the server does not know is
#   answered with 400.
# Seen: this version's word is `u`. Whatever else is written there, `us`, `µs` or `seconds`, is
#   taken for nanoseconds, and the answer is 204: a time in microseconds lands in January 1970. With a
#   query's `epoch` it is the same: the times come in nanoseconds. VictoriaMetrics 1.79 knows both words.
# What follows: a client of version 2 or 3 that is pointed at version 1 writes where no dashboard looks, and sees
#   no error. Send nanoseconds, and read one point back.
#
# usage: findings/influxdb-takes-microseconds-for-nanoseconds.sh
# needs Debian 12's apt-get, dpkg-deb, curl, Python 3
set -euo pipefail

folder=$(mktemp -d)
processes=()
clean() {
  if ((${#processes[@]})); then
    kill "${processes[@]}" 2>/dev/null || true
    wait "${processes[@]}" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean EXIT
chmod 755 "$folder"
cd "$folder"

apt-get -qq download 'influxdb=1.6.7*' 'victoria-metrics=1.79*' 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" .; done
usr/bin/influxd version
echo "VictoriaMetrics $(dpkg-deb -f victoria-metrics_*.deb Version)"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
cat >influxdb.conf <<END
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
END
usr/bin/influxd run -config influxdb.conf >log 2>&1 &
processes+=($!)
influx=http://127.0.0.1:$port
port=$(free_port)
usr/bin/victoria-metrics -storageDataPath metrics -httpListenAddr "127.0.0.1:$port" -retentionPeriod 1 >>log 2>&1 &
processes+=($!)
victoria=http://127.0.0.1:$port
curl -s --retry 100 --retry-delay 1 --retry-connrefused -o /dev/null "$influx/ping"
curl -s --retry 100 --retry-delay 1 --retry-connrefused -o /dev/null "$victoria/health"
curl -s -o /dev/null "$influx/query" --data-urlencode 'q=CREATE DATABASE test'

now=$(date +%s)
write() { curl -s -w '%{http_code}' "$1/write?db=test&precision=$3" --data-binary "$2 x=1 ${now}000000"; }
ask() {
  curl -sG "$influx/query?db=test&epoch=$2" --data-urlencode "q=SELECT x FROM $1" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["results"][0]["series"][0]["values"][0][0])'
}
{
  for precision in u us µs seconds; do
    curl -s -o /dev/null "$influx/query?db=test" --data-urlencode 'q=DROP SERIES FROM cell'
    status=$(write "$influx" cell "$precision")
    time=$(ask cell s)
    if ((time == now)); then year='this year'; else year=$(date -u -d "@$time" +%Y); fi
    echo "InfluxDB, precision=$precision: $status, $year"
  done
  curl -s -o /dev/null "$influx/query?db=test" --data-urlencode 'q=DROP SERIES FROM cell'
  write "$influx" cell u >/dev/null
  for epoch in u us; do
    if [[ $(ask cell "$epoch") == "${now}000000" ]]; then unit=microseconds; else unit=nanoseconds; fi
    echo "InfluxDB, epoch=$epoch: $unit"
  done
  for precision in u us; do
    status=$(write "$victoria" "cell_$precision" "$precision")
    curl -s "$victoria/internal/force_flush" >/dev/null
    samples=$(curl -s "$victoria/api/v1/export" -d "match[]=cell_${precision}_x" | grep -c "\[${now}000\]" || true)
    echo "VictoriaMetrics, precision=$precision: $status, samples at the right time: $samples"
  done
} | tee seen
diff seen - <<'END'
InfluxDB, precision=u: 204, this year
InfluxDB, precision=us: 204, 1970
InfluxDB, precision=µs: 204, 1970
InfluxDB, precision=seconds: 204, 1970
InfluxDB, epoch=u: microseconds
InfluxDB, epoch=us: nanoseconds
VictoriaMetrics, precision=u: 204, samples at the right time: 1
VictoriaMetrics, precision=us: 204, samples at the right time: 1
END
