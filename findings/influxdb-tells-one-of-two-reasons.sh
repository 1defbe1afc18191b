#!/bin/bash
# InfluxDB 1.6.7 (Debian 12): lines that were not stored are missing from the answer, too.
#
# Guess: the answer to a partial write names, or counts, every line that was left out; a field called "time", which
#   cannot be stored, is refused.
# Seen: when a point has a field of another type, lines that cannot be parsed are not spoken of: three lines are
#   lost, and the answer says `dropped=1`. Without such a point they are named, under `dropped=0`. Of two points
#   with the wrong type in different fields the first is named alone. A field "time" beside another field is left
#   out with 204; as the only field it is a 400. A line that ends in CR LF, as Windows ends lines, is a
#   "bad timestamp" or an "invalid number".
# What follows: neither the text nor the count tells what to send again. Check lines before they are sent, and after
#   a "partial write" send the request's lines again one by one, or read back.
#
# usage: findings/influxdb-tells-one-of-two-reasons.sh     needs Debian 12's apt-get, dpkg-deb, curl, Python 3
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
server=$!
url=http://127.0.0.1:$port
curl -s --retry 100 --retry-delay 1 --retry-connrefused -o /dev/null "$url/ping"
curl -s -o /dev/null "$url/query" --data-urlencode 'q=CREATE DATABASE test'

write() {
  local lines
  printf -v lines '%s\n' "${@:2}"
  printf '%s: %s\n' "$1" "$(curl -s -w ' %{http_code}' "$url/write?db=test" --data-binary "$lines" | tr -d '\n')"
}
{
  write 'a first point' 'cell points=1,tries=1i 1'
  write 'two bad lines' 'cell points=2 2' 'cell,bad' 'cell points='
  write 'and a wrong type' 'cell points=3 3' 'cell,bad' 'cell points=' 'cell points="four" 4'
  write 'two wrong types' 'cell points="five" 5' 'cell tries=6 6'
  write 'time beside another' 'cell time=7,points=7 7'
  write 'time alone' 'cell time=8 8'
  write 'the ends of Windows' $'cell points=9 9\r'
  echo "stored: $(curl -sG "$url/query?db=test&epoch=ns" --data-urlencode 'q=SELECT * FROM cell')"
} | tee seen
diff seen - <<'END'
a first point:  204
two bad lines: {"error":"partial write: unable to parse 'cell,bad': missing tag value\nunable to parse 'cell points=': missing field value dropped=0"} 400
and a wrong type: {"error":"partial write: field type conflict: input field \"points\" on measurement \"cell\" is type string, already exists as type float dropped=1"} 400
two wrong types: {"error":"partial write: field type conflict: input field \"points\" on measurement \"cell\" is type string, already exists as type float dropped=2"} 400
time beside another:  204
time alone: {"error":"partial write: invalid field name: input field \"time\" on measurement \"cell\" is invalid dropped=1"} 400
the ends of Windows: {"error":"unable to parse 'cell points=9 9\r': bad timestamp"} 400
stored: {"results":[{"statement_id":0,"series":[{"name":"cell","columns":["time","points","tries"],"values":[[1,1,1],[2,2,null],[3,3,null],[7,7,null]]}]}]}
END
