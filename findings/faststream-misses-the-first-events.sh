#!/bin/bash
# faststream 0.7.8 (PyPI) with Redis 7.0.15 (Debian 12): of a stream's subscriber the first events get lost.
#
# Guess: who subscribes to a stream (`StreamSub("events")`) gets whatever is added from then on, at latest when he has
#   time. That is what streams have over pub/sub.
# Seen: until the first event came, the stream is asked every 100 ms for what comes after "$", the end of that moment.
#   What is added between two calls is passed over: with a loop that is busy for half a second (a handler that
#   computes), three of three. After one event that was heard, nothing is lost. In a group, what the same consumer
#   took and did not acknowledge is not read again after a restart.
# What follows: the first events of a lesson are missing now and then, and no test sees it. Give `last_id="0-0"` or the
#   id of the stream's end when the process starts, or a group with `claim_min_idle_time`.
#
# usage: findings/faststream-misses-the-first-events.sh
# needs Python 3.11 or later, PyPI, Debian 12's apt-get, dpkg-deb
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

apt-get -qq download 'redis-server=5:7.0.15*' 'redis-tools=5:7.0.15*' 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" .; done
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check 'faststream[redis]==0.7.8' redis==8.1.0

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
usr/bin/redis-server --version
usr/bin/redis-server --port "$port" --bind 127.0.0.1 --save '' >log 2>&1 &
server=$!
until [[ $(usr/bin/redis-cli -p "$port" PING 2>/dev/null) == PONG ]]; do sleep 0.1; done

timeout 100 venv/bin/python -W ignore - "$port" 2>log <<'PYTHON'
import asyncio
import sys
import threading
import time
from importlib.metadata import version

import redis
from faststream.redis import RedisBroker, StreamSub

url = f"redis://127.0.0.1:{sys.argv[1]}"
server = redis.Redis.from_url(url, decode_responses=True)


def add(stream, event):
    server.xadd(stream, {"data": event})


async def heard(subscription, events, first=None):
    """What a subscriber hears of events that are added while its loop is busy."""
    broker = RedisBroker(url, logger=None)
    got = []

    @broker.subscriber(stream=subscription)
    async def handle(event: str):
        got.append(event)

    await broker.start()
    await asyncio.sleep(1)
    if first:
        for _ in range(300):
            if got:
                break
            add(subscription.name, first)
            await asyncio.sleep(0.1)
    for event in events:
        adding = threading.Timer(0.25, add, (subscription.name, event))
        adding.start()
        time.sleep(0.5)
        adding.join()
        await asyncio.sleep(0.5)
    await broker.stop()
    return [event for event in got if event != first]


def held_by_a_group():
    """A group whose consumer took one event an hour ago, and ended."""
    server.xgroup_create("group", "g", id="0", mkstream=True)
    add("group", "held")
    server.xreadgroup("g", "c", {"group": ">"})
    [held] = server.xpending_range("group", "g", "-", "+", 1)
    server.xclaim("group", "g", "c", 0, [held["message_id"]], idle=3_600_000, justid=True)
    return StreamSub("group", group="g", consumer="c")


print("faststream", version("faststream"), "redis", version("redis"))
events = ["e-1", "e-2", "e-3"]
seen = {
    "no group": asyncio.run(heard(StreamSub("plain"), events)),
    "no group, after a first event": asyncio.run(heard(StreamSub("later"), events, "e-0")),
    "no group, last_id 0-0": asyncio.run(heard(StreamSub("from-start", last_id="0-0"), events)),
    "group, the same consumer again": asyncio.run(heard(held_by_a_group(), events)),
}
for name, got in seen.items():
    print(f"{name}: {got}")
print("pending in the group:", server.xpending("group", "g")["pending"])
expected = {
    "no group": [],
    "no group, after a first event": events,
    "no group, last_id 0-0": events,
    "group, the same consumer again": events,
}
sys.exit(0 if seen == expected and server.xpending("group", "g")["pending"] == 1 else "this has changed")
PYTHON
