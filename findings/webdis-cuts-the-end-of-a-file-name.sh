#!/bin/bash
# webdis 0.1.9 (Debian 12): what is stored is not what was sent.
#
# Guess: the parts of the path, percent-decoded, are the command's arguments; a suffix such as `.json`, which
#   picks the answer's format, is part of the request for a key, and does not touch what is written.
# Seen: the last argument of any command loses an ending that names a format: week1.txt is stored as week1,
#   and so with html, json, png and others; week1.ipynb stays. It is the same in a POST's body. A plus
#   becomes a blank, so ann+b@example.com is somebody else, and XRANGE's "+" is an error.
# What follows: encode a plus as %2B, and put an argument that cannot end so behind file names, or hand the
#   value over as the body of a PUT, which stays as it is.
#
# usage: findings/webdis-cuts-the-end-of-a-file-name.sh
# needs Debian 12's apt-get, dpkg-deb, Python 3, curl
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

apt-get -qq download 'webdis=0.1.9*' 'libhiredis0.14=0.14.1*' 'libevent-2.1-7=2.1.12*' 'libjansson4=2.14*' \
  'libb64-0d=1.2*' 'redis-server=5:7.0.15*' 'redis-tools=5:7.0.15*' 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" .; done
library=$(echo "$folder"/usr/lib/*-linux-gnu)
echo "webdis $(dpkg-deb -f webdis_*.deb Version)"
usr/bin/redis-server --version

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
redis=$(free_port)
usr/bin/redis-server --bind 127.0.0.1 --port "$redis" --save '' >log 2>&1 &
processes+=($!)
port=$(free_port)
cat >webdis.json <<END
{"redis_host": "127.0.0.1", "redis_port": $redis, "http_host": "127.0.0.1", "http_port": $port,
 "threads": 1, "pool_size": 1, "daemonize": false, "verbosity": 3, "logfile": "$folder/webdis.log"}
END
ask() { usr/bin/redis-cli -p "$redis" "$@"; }
until [[ $(ask PING 2>/dev/null) == PONG ]]; do sleep 0.1; done
LD_LIBRARY_PATH=$library usr/bin/webdis webdis.json >>log 2>&1 &
processes+=($!)
url=http://127.0.0.1:$port
curl -s --retry 100 --retry-delay 1 --retry-connrefused -o /dev/null "$url/PING"

stored() { ask --raw XRANGE journal - + | tail -n +2 | paste -sd ' '; }
{
  for arguments in file/week1.ipynb file/week1.txt file/week1.json student/ann+b@example.com \
    student/ann%2Bb@example.com file/week1.json/by/ann; do
    ask DEL journal >/dev/null
    curl -s -o /dev/null "$url/XADD/journal/1-1/$arguments"
    echo "GET $arguments: $(stored)"
    ask DEL journal >/dev/null
    curl -s -o /dev/null "$url/" -d "XADD/journal/1-1/$arguments"
    echo "POST $arguments: $(stored)"
  done
  curl -s -o /dev/null -X PUT "$url/SET/file" --data-binary 'ann+b/week1.json'
  echo "PUT ann+b/week1.json: $(ask GET file)"
  curl -s "$url/XRANGE/journal/-/+"
  echo
} | tee seen
diff seen - <<'END'
GET file/week1.ipynb: file week1.ipynb
POST file/week1.ipynb: file week1.ipynb
GET file/week1.txt: file week1
POST file/week1.txt: file week1
GET file/week1.json: file week1
POST file/week1.json: file week1
GET student/ann+b@example.com: student ann b@example.com
POST student/ann+b@example.com: student ann b@example.com
GET student/ann%2Bb@example.com: student ann+b@example.com
POST student/ann%2Bb@example.com: student ann+b@example.com
GET file/week1.json/by/ann: file week1.json by ann
POST file/week1.json/by/ann: file week1.json by ann
PUT ann+b/week1.json: ann+b/week1.json
{"XRANGE":[false,"ERR Invalid stream ID specified as stream command argument"]}
END
