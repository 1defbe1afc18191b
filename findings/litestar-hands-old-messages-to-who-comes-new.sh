#!/bin/bash
# litestar 2.25.0 (PyPI), channels: `history` decides what live subscribers lose.
#
# Guess: who subscribes hears what is published from then on, with any backend. `history` says how many old
#   messages can be asked for, and nothing else; a stream in Redis keeps the others until they are read.
# Seen: with RedisChannelsStreamBackend a process that starts hears the whole history as if it had just
#   been said. `history` is the length of the stream as well: what is published beyond it while a subscriber is
#   busy is gone, without a word. The memory backend, and the one with Redis' pub/sub, do neither.
# What follows: after a restart dashboards count old events again, and a burst costs events although a stream
#   is used. Number the messages, and make `history` as long as the longest burst.
#
# usage: findings/litestar-hands-old-messages-to-who-comes-new.sh
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
venv/bin/pip install --quiet --no-compile --disable-pip-version-check litestar==2.25.0 redis==8.1.0

usr/bin/redis-server --version
usr/bin/redis-server --port 0 --unixsocket "$folder/s" --save '' >log 2>&1 &
server=$!
until [[ $(usr/bin/redis-cli -s "$folder/s" PING 2>/dev/null) == PONG ]]; do sleep 0.1; done

venv/bin/python - "$folder/s" <<'PYTHON'
import asyncio
import sys
import threading
from importlib.metadata import version

from litestar.channels.backends.memory import MemoryChannelsBackend
from litestar.channels.backends.redis import RedisChannelsPubSubBackend, RedisChannelsStreamBackend
from redis.asyncio import Redis

BACKENDS = {
    "memory": lambda: MemoryChannelsBackend(history=4),
    "Redis, pub/sub": lambda: RedisChannelsPubSubBackend(redis=Redis(unix_socket_path=sys.argv[1])),
    "Redis, stream": lambda: RedisChannelsStreamBackend(history=4, redis=Redis(unix_socket_path=sys.argv[1])),
}


async def heard(name):
    """What a subscriber hears that starts after two messages, and is busy while ten more are published."""
    subscriber = BACKENDS[name]()
    await subscriber.on_startup()
    messages = []

    async def send(backend, count):
        for _ in range(count):
            await backend.publish(b"message", ["class"])

    async def publish(count):
        if name == "memory":
            await send(subscriber, count)
        else:  # By a thread with a loop and a connection of its own. Until it has ended, nothing runs here.
            thread = threading.Thread(target=lambda: asyncio.run(send(BACKENDS[name](), count)))
            thread.start()
            thread.join()

    async def listen():
        async for _, message in subscriber.stream_events():
            messages.append(message)

    await publish(2)
    await subscriber.subscribe(["class"])
    task = asyncio.create_task(listen())
    await asyncio.sleep(0.5)
    old = len(messages)
    await publish(10)
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await subscriber.on_shutdown()
    return old, len(messages) - old


print("litestar", version("litestar"))
seen = {name: asyncio.run(heard(name)) for name in BACKENDS}
for name, (old, new) in seen.items():
    print(f"{name:14} of 2 messages from before it heard {old}, of 10 while it was busy {new}")
expected = {"memory": (0, 10), "Redis, pub/sub": (0, 10), "Redis, stream": (2, 4)}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
