#!/bin/bash
# Redis Cluster 7.0.15 (Debian 12): who waits in XREADGROUP is told that the stream "no longer exists" when it moves.
#
# Guess: when a slot moves to another node, whoever waits for one of its keys gets MOVED, with the new address, and a
#   client that knows clusters goes there by itself.
# Seen: that is so for BLPOP and XREAD. XREADGROUP is answered at once, while the key is on its way, with "UNBLOCKED the
#   stream key no longer exists". It does, with its group, on the other node. redis-py 8.1.0 and valkey-glide 2.5.3
#   take that for an error of the command and hand it on (ResponseError, RequestError), and so does coredis 6.9.0.
# What follows: a worker must take UNBLOCKED for "ask again", through the client, and not for "somebody deleted it".
#   One that ends at unknown errors ends at every rebalancing of the cluster.
#
# usage: findings/redis-says-a-moved-stream-is-gone.sh
# needs Python 3.11 or later, PyPI, Debian 12's apt-get, dpkg-deb
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
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check redis==8.1.0 coredis==6.9.0 valkey-glide==2.5.3
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
ask() { usr/bin/redis-cli -p "$1" "${@:2}"; }
says() { "${@:2}" 2>&1 | grep -q "$1"; }
ports=()
for number in 0 1; do
  port=$(free_port)
  mkdir "node$number"
  usr/bin/redis-server --port "$port" --bind 127.0.0.1 --cluster-enabled yes --save '' \
    --dir "$folder/node$number" >"log$number" 2>&1 &
  processes+=($!)
  until_true says PONG ask "$port" PING
  ports+=("$port")
done
ask "${ports[0]}" CLUSTER ADDSLOTSRANGE 0 8191 >/dev/null
ask "${ports[1]}" CLUSTER ADDSLOTSRANGE 8192 16383 >/dev/null
ask "${ports[1]}" CLUSTER MEET 127.0.0.1 "${ports[0]}" >/dev/null
for port in "${ports[@]}"; do until_true says 'cluster_known_nodes:2' ask "$port" CLUSTER INFO; done
for port in "${ports[@]}"; do until_true says 'cluster_state:ok' ask "$port" CLUSTER INFO; done

timeout 60 venv/bin/python -W ignore - "${ports[@]}" 2>log <<'PYTHON'
import asyncio
import sys
import threading
import time
from importlib.metadata import version

import coredis
import redis
from glide import (
    GlideClusterClient,
    GlideClusterClientConfiguration,
    Logger,
    LogLevel,
    NodeAddress,
    StreamReadGroupOptions,
)
from redis.cluster import ClusterNode, RedisCluster

Logger.set_logger_config(LogLevel.OFF)
old, new = (redis.Redis(port=int(port), decode_responses=True) for port in sys.argv[1:])
address = ("127.0.0.1", int(sys.argv[1]))
client = RedisCluster(startup_nodes=[ClusterNode(*address)], decode_responses=True)
names = (f"{{class-{number}}}" for number in range(1000))
name = next(name for name in names if client.get_node_from_key(name).port == address[1])
stream, plain = f"{name}:stream", f"{name}:plain"
client.xgroup_create(stream, "group", mkstream=True)
client.xadd(plain, {"event": "e-0"})


async def with_coredis():
    async with coredis.RedisCluster(startup_nodes=[{"host": address[0], "port": address[1]}]) as client:
        try:
            return await client.xreadgroup("group", "coredis", streams={stream: ">"}, block=30000)
        except coredis.exceptions.RedisError as error:
            return f"{type(error).__name__} {error}"


async def with_glide():
    client = await GlideClusterClient.create(GlideClusterClientConfiguration([NodeAddress(*address)]))
    try:
        return await client.xreadgroup({stream: ">"}, "group", "glide", StreamReadGroupOptions(block_ms=30000))
    finally:
        await client.close()


READERS = {
    "BLPOP": lambda: old.execute_command("BLPOP", f"{name}:list", 30),
    "XREAD": lambda: old.execute_command("XREAD", "BLOCK", 30000, "STREAMS", plain, "$"),
    "XREADGROUP": lambda: old.execute_command(*"XREADGROUP GROUP group r BLOCK 30000 STREAMS".split(), stream, ">"),
    "redis-py": lambda: client.xreadgroup("group", "redis-py", {stream: ">"}, block=30000),
    "coredis": lambda: asyncio.run(with_coredis()),
    "valkey-glide": lambda: asyncio.run(with_glide()),
}
seen = {}


def read(reader):
    try:
        seen[reader] = str(READERS[reader]())
    except Exception as error:
        seen[reader] = f"{type(error).__name__} {error}"


threads = [threading.Thread(target=read, args=(reader,)) for reader in READERS]
for thread in threads:
    thread.start()
while old.info("clients")["blocked_clients"] < len(READERS):
    time.sleep(0.1)
slot = old.execute_command("CLUSTER", "KEYSLOT", name)
old_id, new_id = (node.execute_command("CLUSTER MYID") for node in (old, new))
new.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", old_id)
old.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", new_id)
old.execute_command("MIGRATE", "127.0.0.1", sys.argv[2], "", 0, 5000, "KEYS", stream, plain)
for node in (new, old):
    node.execute_command("CLUSTER SETSLOT", slot, "NODE", new_id)
for thread in threads:
    thread.join()

print(*(f"{name} {version(name)}" for name in ("redis", "coredis", "valkey-glide")))
for reader in READERS:
    print(f"{reader}: {seen[reader]}")
groups = [group["name"] for group in new.xinfo_groups(stream)]
print("groups of the stream on its new node:", groups)
gone = "the stream key no longer exists"
right = all("MOVED" in seen[reader] or "MovedError" in seen[reader] for reader in ("BLPOP", "XREAD"))
right = right and all(gone in seen[reader] for reader in ("XREADGROUP", "redis-py", "coredis", "valkey-glide"))
sys.exit(0 if right and groups == ["group"] else "this has changed")
PYTHON
