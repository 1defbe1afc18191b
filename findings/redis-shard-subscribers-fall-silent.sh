#!/bin/bash
# Redis 7.0.15 (Debian 12), Cluster: after a failover, a shard subscriber stays connected and hears nothing.
#
# Guess: as with SUBSCRIBE, a client that stays connected goes on hearing, or the server closes the
#   connection, so that the client subscribes anew where the slot is.
# Seen: at CLUSTER FAILOVER, subscribers (SSUBSCRIBE) of the node that was master get a `sunsubscribe` that
#   they did not ask for. Their connection stays open, and nothing comes any more. Those of the replica,
#   and who used SUBSCRIBE, hear all.
# What follows: a reader of shard channels must take an unasked `sunsubscribe` for "find the slot's node
#   again"; watching the connection, or PING, is no proof of life.
#
# usage: findings/redis-shard-subscribers-fall-silent.sh     needs Debian 12's apt-get, dpkg-deb, Python 3
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

apt-get -qq download 'redis-server=5:7.0.15*' 'redis-tools=5:7.0.15*' 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" .; done
usr/bin/redis-server --version

until_true() {
  for _ in {1..300}; do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "not within 30 s: $*" >&2
  exit 1
}
# The port of the cluster's bus is 10,000 above the other.
free_port() {
  python3 - <<'PYTHON'
import random
import socket

while True:
    port = random.randrange(20000, 30000)
    try:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 10000))
    except OSError:
        continue
    print(port)
    break
PYTHON
}
start() {
  mkdir "node$1"
  usr/bin/redis-server --port "$1" --bind 127.0.0.1 --cluster-enabled yes --save '' \
    --dir "$folder/node$1" >"log$1" 2>&1 &
  processes+=($!)
}
port1=$(free_port)
start "$port1"
port2=$(free_port)
start "$port2"
ask1() { usr/bin/redis-cli -p "$port1" "$@"; }
ask2() { usr/bin/redis-cli -p "$port2" "$@"; }
says() {
  local wanted=$1
  shift
  "$@" 2>&1 | grep -q "$wanted"
}
until_true says PONG ask1 PING
until_true says PONG ask2 PING
ask1 CLUSTER ADDSLOTSRANGE 0 16383 >/dev/null
ask2 CLUSTER MEET 127.0.0.1 "$port1" >/dev/null
until_true says OK ask2 CLUSTER REPLICATE "$(ask1 CLUSTER MYID)"
until_true says 'state:up\|link_status:up' ask2 INFO replication
until_true says 'cluster_state:ok' ask1 CLUSTER INFO
until_true says 'cluster_state:ok' ask2 CLUSTER INFO

subscribe() {
  local connection
  exec {connection}<>"/dev/tcp/127.0.0.1/$1"
  printf '%s channel\r\n' "$2" >&"$connection"
  cat <&"$connection" >"$3" &
  processes+=($!)
  until_true grep -q '^channel' "$3"
}
subscribe "$port1" SSUBSCRIBE 'shard, old master'
subscribe "$port2" SSUBSCRIBE 'shard, new master'
subscribe "$port1" SUBSCRIBE 'plain, old master'

ask1 SPUBLISH channel before >/dev/null
ask1 PUBLISH channel before >/dev/null
until_true says OK ask2 CLUSTER FAILOVER
until_true says master ask2 ROLE
until_true says slave ask1 ROLE
ask2 SPUBLISH channel after >/dev/null
ask2 PUBLISH channel after >/dev/null
until_true grep -q after 'shard, new master'
until_true grep -q after 'plain, old master'

for subscriber in 'shard, old master' 'shard, new master' 'plain, old master'; do
  echo "$subscriber: $(grep -o 'before\|after\|sunsubscribe' "$subscriber" | tr '\n' ' ')"
done | tee seen
connected=$(ask1 CLIENT LIST | grep -c 'cmd=ssubscribe')
echo "shard subscribers that the old master still has connected: $connected"
diff seen - <<'END'
shard, old master: before sunsubscribe 
shard, new master: before after 
plain, old master: before after 
END
[[ $connected == 1 ]]
