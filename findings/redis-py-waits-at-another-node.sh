#!/bin/bash
# redis-py 8.1.0 (PyPI) with a Redis Cluster 7.0.15 (Debian 12): WAIT speaks of a node that was not written to.
#
# Guess: `wait(1, ...)` behind a write says on how many replicas that write is, or it raises, since a cluster has
#   many nodes. In a pipeline it is asked where the pipeline's write went.
# Seen: it is sent to the client's default node, wherever the write went: RedisCluster, its asyncio sister and a
#   pipeline of one XADD and one WAIT all say 1 for an entry of a node that has no replica at all. Asked with
#   `target_nodes` the same node says 0. coredis 6.9.0 refuses `wait`, and its `ensure_replication` raises, as
#   it should.
# What follows: an event is acknowledged as copied, and is lost with its node. Give `target_nodes`
#   (`get_node_from_key`) on a connection that did the write, or use `min-replicas-to-write` of the server.
#
# usage: findings/redis-py-waits-at-another-node.sh
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
venv/bin/pip install --quiet --no-compile --disable-pip-version-check redis==8.1.0 coredis==6.9.0
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
for number in 0 1 2; do
  port=$(free_port)
  mkdir "node$number"
  usr/bin/redis-server --port "$port" --bind 127.0.0.1 --cluster-enabled yes --save '' \
    --dir "$folder/node$number" >"log$number" 2>&1 &
  processes+=($!)
  until_true says PONG ask "$port" PING
  ports+=("$port")
done
# The first master has a replica, the second has none.
ask "${ports[0]}" CLUSTER ADDSLOTSRANGE 0 8191 >/dev/null
ask "${ports[1]}" CLUSTER ADDSLOTSRANGE 8192 16383 >/dev/null
for port in "${ports[@]:1}"; do ask "$port" CLUSTER MEET 127.0.0.1 "${ports[0]}" >/dev/null; done
for port in "${ports[@]}"; do until_true says 'cluster_known_nodes:3' ask "$port" CLUSTER INFO; done
until_true says OK ask "${ports[2]}" CLUSTER REPLICATE "$(ask "${ports[0]}" CLUSTER MYID)"
until_true says 'state=online' ask "${ports[0]}" INFO replication
for port in "${ports[@]}"; do until_true says 'cluster_state:ok' ask "$port" CLUSTER INFO; done
for port in "${ports[@]}"; do until_true says slave ask "$port" CLUSTER NODES; done

venv/bin/python -W ignore - "${ports[@]:0:2}" <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import coredis
import redis.asyncio.cluster
from redis.cluster import ClusterNode, RedisCluster

first, second = map(int, sys.argv[1:])
client = RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", first)])
names = (f"stream-{number}" for number in range(1000))
name = next(name for name in names if client.get_node_from_key(name).port == second)


async def with_asyncio():
    client = redis.asyncio.cluster.RedisCluster(startup_nodes=[redis.asyncio.cluster.ClusterNode("127.0.0.1", first)])
    await client.xadd(name, {"event": "e-2"})
    answer = await client.wait(1, 1000)
    await client.aclose()
    return answer


async def with_coredis():
    outcomes = []
    async with coredis.RedisCluster(startup_nodes=[{"host": "127.0.0.1", "port": first}]) as client:
        try:
            outcomes.append(await client.wait(1, 1000))
        except Exception as error:
            outcomes.append(type(error).__name__)
        try:
            with client.ensure_replication(1, timeout_ms=1000):
                outcomes.append(await client.xadd(name, {"event": "e-4"}))
        except Exception as error:
            outcomes.append(type(error).__name__)
    return outcomes


print("redis", version("redis"), "coredis", version("coredis"))
seen = {}
client.xadd(name, {"event": "e-1"})
seen["wait"] = client.wait(1, 1000)
seen["wait, asyncio"] = asyncio.run(with_asyncio())
pipeline = client.pipeline()
pipeline.xadd(name, {"event": "e-3"}).wait(1, 1000)
seen["wait in a pipeline"] = pipeline.execute()[1]
seen["wait with target_nodes"] = client.wait(1, 1000, target_nodes=client.get_node_from_key(name))
seen["coredis"] = asyncio.run(with_coredis())
for call, answer in seen.items():
    print(f"{call}: {answer}")
expected = {
    "wait": 1,
    "wait, asyncio": 1,
    "wait in a pipeline": 1,
    "wait with target_nodes": 0,
    "coredis": ["RedisClusterError", "ReplicationError"],
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
