#!/bin/bash
# burner-redis 0.1.7 (PyPI), Redis in the process for tests, beside Redis 7.0.15 (Debian 12): consumer groups differ.
#
# Guess: what it has of streams answers as Redis does: XREADGROUP with an id gives what lies behind that id, and
#   XAUTOCLAIM takes deleted entries off the list.
# Seen: the history begins with the given id itself, so who asks for page after page gets the last entry for ever.
#   Deleted entries are left out of it, where Redis gives them empty; XAUTOCLAIM names them and keeps them
#   pending, for the next call to name again, and they use up its COUNT. A delivery is not counted when the
#   history is read. An id that is too small is answered with WRONGTYPE.
# What follows: a reader that is right with Redis loops in its tests, and one that is right there loses its place
#   with Redis. Test consumer groups on a real server.
#
# usage: findings/burner-redis-gives-the-same-page-for-ever.sh
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
venv/bin/pip install --quiet --no-compile --disable-pip-version-check burner-redis==0.1.7 redis==8.1.0

usr/bin/redis-server --version
usr/bin/redis-server --port 0 --unixsocket "$folder/s" --save '' >log 2>&1 &
server=$!
until [[ $(usr/bin/redis-cli -s "$folder/s" PING 2>&1) == PONG ]]; do sleep 0.1; done

venv/bin/python - "$folder/s" <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import burner_redis
import redis.asyncio


def ids(entries):
    return [entry[0].decode() for entry in entries]


async def history(client, last):
    """The ids of the reader's own entries behind an id, as it asks for the next page."""
    return [name for _, entries in await client.xreadgroup("group", "reader", {"s": last}) for name in ids(entries)]


async def look(client):
    for number in range(1, 5):
        await client.xadd("s", {"a": "b"}, id=f"{number}-0")
    await client.xgroup_create("s", "group", id="0")
    await client.xreadgroup("group", "reader", {"s": ">"}, count=3)
    seen = {"history from 0": await history(client, "0"), "history from 3-0": await history(client, "3-0")}
    pending = await client.xpending_range("s", "group", "-", "+", 10)
    # burner-redis has bytes for these names.
    seen["deliveries of each"] = [e.get("times_delivered", e.get(b"times_delivered")) for e in pending]
    await client.xdel("s", "1-0")
    seen["history after XDEL 1-0"] = await history(client, "0")
    for call in ("first", "second"):
        _, claimed, deleted = await client.xautoclaim("s", "group", "other", 0, start_id="0-0", count=1)
        seen[f"XAUTOCLAIM COUNT 1, {call} call"] = (ids(claimed), [name.decode() for name in deleted])
    seen["pending"] = (await client.xpending("s", "group"))["pending"]
    try:
        await client.xadd("s", {"a": "b"}, id="1-0")
    except redis.exceptions.ResponseError as error:
        seen["XADD 1-0"] = str(error).split()[0]
    return seen


async def main():
    real = redis.asyncio.Redis(unix_socket_path=sys.argv[1])
    seen = [await look(burner_redis.BurnerRedis()), await look(real)]
    await real.aclose()
    return seen


print("burner-redis", version("burner-redis"))
seen = asyncio.run(main())
for label, answer in seen[0].items():
    print(f"{label}: {answer}, Redis: {seen[1][label]}")
expected = {
    "history from 0": (["1-0", "2-0", "3-0"], ["1-0", "2-0", "3-0"]),
    "history from 3-0": (["3-0"], []),
    "deliveries of each": ([1, 1, 1], [2, 2, 2]),
    "history after XDEL 1-0": (["2-0", "3-0"], ["1-0", "2-0", "3-0"]),
    "XAUTOCLAIM COUNT 1, first call": (([], ["1-0"]), ([], ["1-0"])),
    "XAUTOCLAIM COUNT 1, second call": (([], ["1-0"]), (["2-0"], [])),
    "pending": (3, 2),
    "XADD 1-0": ("WRONGTYPE", "The"),
}
sys.exit(0 if seen == [{label: both[n] for label, both in expected.items()} for n in (0, 1)] else "this has changed")
PYTHON
