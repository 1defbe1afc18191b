#!/bin/bash
# webdis 0.1.9 (Debian 12) before Redis 7.0.15: an event that was not stored is answered with 200.
#
# Guess: an HTTP server before Redis turns Redis' error into a 4xx or 5xx, as it does when there is no Redis.
# Seen: every error of Redis comes with 200, as `{"XADD":[false,"OOM …"]}`: no memory left, a replica, a
#   wrong number of arguments. Only a Redis that is gone gives 503.
# What follows: a client that takes 2xx for delivered throws its events away just when Redis is full or has
#   failed over. Look into the body, or do not put such a server before a journal.
#
# usage: findings/webdis-answers-200-to-what-redis-refused.sh
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
cat >webdis.json <<EOF
{"redis_host": "127.0.0.1", "redis_port": $redis, "http_host": "127.0.0.1", "http_port": $port,
 "threads": 1, "pool_size": 1, "daemonize": false, "verbosity": 3, "logfile": "$folder/webdis.log"}
EOF
ask() { usr/bin/redis-cli -p "$redis" "$@"; }
until [[ $(ask PING 2>/dev/null) == PONG ]]; do sleep 0.1; done
LD_LIBRARY_PATH=$library usr/bin/webdis webdis.json >>log 2>&1 &
processes+=($!)
url=http://127.0.0.1:$port
curl -s --retry 100 --retry-delay 1 --retry-connrefused -o /dev/null "$url/PING"

send() { echo "$1: $(curl -s -m 10 -w ' %{http_code}' "$url/$2")"; }
{
  send 'a right one' 'XADD/journal/1-1/event/a'
  send 'half an entry' 'XADD/journal/2-1/event'
  ask CONFIG SET maxmemory 1 >/dev/null
  send 'Redis is full' 'XADD/journal/3-1/event/a'
  ask CONFIG SET maxmemory 0 >/dev/null
  ask REPLICAOF 127.0.0.1 1 >/dev/null
  send 'Redis is a replica' 'XADD/journal/4-1/event/a'
  echo "stored: $(ask XLEN journal)"
  kill "${processes[0]}"
  while ask PING >/dev/null 2>&1; do sleep 0.1; done
  send 'Redis is gone' 'XADD/journal/5-1/event/a'
} | tee seen
diff seen - <<'END'
a right one: {"XADD":"1-1"} 200
half an entry: {"XADD":[false,"ERR wrong number of arguments for 'xadd' command"]} 200
Redis is full: {"XADD":[false,"OOM command not allowed when used memory > 'maxmemory'."]} 200
Redis is a replica: {"XADD":[false,"READONLY You can't write against a read only replica."]} 200
stored: 1
Redis is gone:  503
END
