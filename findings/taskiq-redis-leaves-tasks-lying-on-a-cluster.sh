#!/bin/bash
# taskiq-redis 1.2.4 (PyPI) with Redis 7.0.15 (Debian 12): on a cluster, a dead worker's tasks are never done.
#
# Guess: RedisStreamClusterBroker does on a cluster what RedisStreamBroker does on one server: what a worker took and
#   did not acknowledge is taken up by another, ten minutes later.
# Seen: the broker for one server asks XAUTOCLAIM and hands the task on. The one for a cluster has no such call, and no
#   setting for it. Since a worker has a new name at each start, it never asks for what it held before, either. The
#   task stays pending, with the age of an hour below, and new tasks are done as if nothing were missing. Both lose
#   what was sent before the first worker started, since their group begins at the stream's end.
# What follows: moving a queue to a cluster takes the second try away, with the same tests passing. Watch XPENDING by
#   age, and claim by oneself.
#
# usage: findings/taskiq-redis-leaves-tasks-lying-on-a-cluster.sh
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
venv/bin/pip install --quiet --no-compile --disable-pip-version-check taskiq-redis==1.2.4 taskiq==0.13.0 redis==8.1.0
usr/bin/redis-server --version

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
ports=()
for cluster in no yes; do
  port=$(free_port)
  mkdir "cluster-$cluster"
  usr/bin/redis-server --port "$port" --bind 127.0.0.1 --cluster-enabled "$cluster" --save '' \
    --dir "$folder/cluster-$cluster" >"log-$cluster" 2>&1 &
  processes+=($!)
  until [[ $(usr/bin/redis-cli -p "$port" PING 2>/dev/null) == PONG ]]; do sleep 0.1; done
  ports+=("$port")
done
usr/bin/redis-cli -p "${ports[1]}" CLUSTER ADDSLOTSRANGE 0 16383 >/dev/null
until usr/bin/redis-cli -p "${ports[1]}" CLUSTER INFO | grep -q cluster_state:ok; do sleep 0.1; done

timeout 120 venv/bin/python -W ignore - "${ports[@]}" <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import redis
from taskiq import BrokerMessage
from taskiq_redis import RedisStreamBroker, RedisStreamClusterBroker


def message(name):
    return BrokerMessage(task_id=name, task_name="task", message=name.encode(), labels={})


async def first_of(listening):
    return (await anext(listening)).data.decode()


async def run(broker_type, port):
    """What the second worker gets within five seconds, and what is left pending."""
    server = redis.Redis(port=port, decode_responses=True)
    workers = [broker_type(f"redis://127.0.0.1:{port}", xread_block=500) for _ in range(2)]
    await workers[0].kick(message("before any worker"))
    await workers[0].startup()
    await workers[0].kick(message("held by the dead worker"))
    listening = workers[0].listen()
    assert await first_of(listening) == "held by the dead worker"
    # The first worker ends here without an acknowledgement, an hour ago.
    await listening.aclose()
    await workers[0].shutdown()
    [held] = server.xpending_range("taskiq", "taskiq", "-", "+", 10)
    age = {"idle": 3_600_000, "justid": True}
    server.xclaim("taskiq", "taskiq", held["consumer"], 0, [held["message_id"]], **age)

    await workers[1].startup()
    await workers[1].kick(message("new"))
    got = []
    listening = workers[1].listen()
    try:
        async with asyncio.timeout(5):
            async for task in listening:
                got.append(task.data.decode())
                await task.ack()
    except TimeoutError:
        pass
    await workers[1].shutdown()
    return sorted(got), server.xpending("taskiq", "taskiq")["pending"]


print("taskiq-redis", version("taskiq-redis"), "taskiq", version("taskiq"), "redis", version("redis"))
seen = {}
for broker_type, port in zip((RedisStreamBroker, RedisStreamClusterBroker), sys.argv[1:]):
    seen[broker_type.__name__] = asyncio.run(run(broker_type, int(port)))
    print("{}: the second worker got {}, still pending: {}".format(broker_type.__name__, *seen[broker_type.__name__]))
expected = {
    "RedisStreamBroker": (["held by the dead worker", "new"], 0),
    "RedisStreamClusterBroker": (["new"], 1),
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
