#!/bin/bash
# valkey-glide 2.5.3 (PyPI) with Redis 7.0.15: xadd raises TimeoutError beside a blocking read, and is carried out.
#
# Guess: one client may be shared by tasks. A read that blocks has a connection of its own, as in redis-py, or
#   what comes behind it waits; the time limit of a call that blocks is its own.
# Seen: the client has one connection. While one task is in xreadgroup with block, what others send stands
#   behind it, and their 250 ms, the default, run: TimeoutError. The server carries the commands out when
#   the read ends, so who tries again has two entries. The blocked read itself is given its time.
# What follows: a worker that reads and writes makes two clients. A TimeoutError of a write says nothing on whether
#   it was done: entries need ids of the sender's.
#
# usage: findings/valkey-glide-refuses-what-it-carries-out.sh
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
venv/bin/pip install --quiet --no-compile --disable-pip-version-check valkey-glide==2.5.3 redis==8.1.0

usr/bin/redis-server --version
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
usr/bin/redis-server --bind 127.0.0.1 --port "$port" --save '' >log 2>&1 &
server=$!
until [[ $(usr/bin/redis-cli -p "$port" PING 2>/dev/null) == PONG ]]; do sleep 0.1; done

venv/bin/python - "$port" 2>>log <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import redis.asyncio
from glide import GlideClient, GlideClientConfiguration, NodeAddress, StreamReadGroupOptions

port = int(sys.argv[1])


def glide():
    return GlideClient.create(GlideClientConfiguration([NodeAddress("127.0.0.1", port)]))


async def outcome(call):
    try:
        await call
        return "done"
    except Exception as error:
        return type(error).__name__


async def behaviour(read, write, count):
    """What a write says that is sent while a read blocks for two seconds, and how often it is stored then."""
    reading = asyncio.create_task(outcome(read))
    await asyncio.sleep(0.5)
    first = await outcome(write())
    second = await outcome(write()) if first != "done" else None
    return first, second, await reading, await count()


async def main():
    pool = redis.asyncio.Redis(port=port)
    await pool.xgroup_create("orders", "group", mkstream=True)
    seen = []

    def stored():
        return pool.xlen("journal")

    read = pool.xreadgroup("group", "reader", {"orders": ">"}, block=2000)
    seen.append(await behaviour(read, lambda: pool.xadd("journal", {"event": "e-1"}), stored))
    reader, writer = await glide(), await glide()
    for client in (reader, writer):
        await pool.delete("journal")
        read = reader.xreadgroup({"orders": ">"}, "group", "reader", StreamReadGroupOptions(block_ms=2000))
        seen.append(await behaviour(read, lambda client=client: client.xadd("journal", [("event", "e-1")]), stored))
    for client in (reader, writer):
        await client.close()
    await pool.aclose()
    return seen


for package in ("redis", "valkey-glide"):
    print(package, version(package))
seen = asyncio.run(main())
for label, answers in zip(("redis-py, one client", "valkey-glide, one client", "valkey-glide, two clients"), seen):
    print("{:26} xadd: {}, tried again: {}, the read: {}, entries: {}".format(label, *answers))
expected = [
    ("done", None, "done", 1),
    ("TimeoutError", "TimeoutError", "done", 2),
    ("done", None, "done", 1),
]
sys.exit(0 if seen == expected else "this has changed")
PYTHON
