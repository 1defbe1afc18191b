#!/bin/bash
# coredis 6.9.0 (PyPI) with Redis 7.0.15 (Debian 12): a reader that comes back cannot read what it left.
#
# Guess: an entry that was trimmed while it was pending comes without fields, as Redis sends it, or is left out.
# Seen: with one such entry in a reader's history, `xreadgroup` with an id raises TypeError, for all of the history;
#   no other entry of it can be read. `xautoclaim` with the same entries works, and names those that are gone.
#   redis-py and valkey-py give such an entry with no fields. Of a field that an entry has twice all three
#   keep the last value.
# What follows: a worker that starts by reading its own pending entries never starts again once a stream's limit has
#   cut one off. Take xautoclaim, with a min-idle-time of 0 and the reader's own name, for the history.
#
# usage: findings/coredis-cannot-read-its-history-after-a-trim.sh
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
venv/bin/pip install --quiet --no-compile --disable-pip-version-check coredis==6.9.0 redis==8.1.0 valkey==6.2.0

usr/bin/redis-server --version
usr/bin/redis-server --port 0 --unixsocket "$folder/s" --save '' >log 2>&1 &
server=$!
until [[ $(usr/bin/redis-cli -s "$folder/s" PING 2>&1) == PONG ]]; do sleep 0.1; done

venv/bin/python - "$folder/s" <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import coredis
import redis
import valkey

path = sys.argv[1]
one = redis.Redis(unix_socket_path=path, decode_responses=True)
other = valkey.Valkey(unix_socket_path=path, decode_responses=True)


def fill():
    one.flushall()
    for number in (1, 2, 3):
        one.execute_command("XADD", "s", f"{number}-0", "cell", f"c{number}", "try", 1, "try", 2)
    one.xgroup_create("s", "group", id="0")
    one.xreadgroup("group", "reader", {"s": ">"})
    one.xtrim("s", maxlen=2, approximate=False)


async def with_coredis():
    async with coredis.Redis(unix_socket_path=path, decode_responses=True) as client:
        try:
            history = await client.xreadgroup("group", "reader", streams={"s": "0"})
        except TypeError:
            history = "TypeError"
        claimed = await client.xautoclaim("s", "group", "reader", 0, "0-0")
        fields = [dict(entry.field_values) for entry in await client.xrange("s", "3-0", "3-0")]
        return history, [entry.identifier for entry in claimed[1]], list(claimed[2]), fields


print(*(f"{name} {version(name)}" for name in ("coredis", "redis", "valkey")))
fill()
seen = [client.xreadgroup("group", "reader", {"s": "0"})[0][1] for client in (one, other)]
for name, history in zip(("redis-py", "valkey-py"), seen):
    print(f"{name}: {history}")
history, claimed, gone, fields = asyncio.run(with_coredis())
print(f"coredis: {history}, xautoclaim: {claimed} and gone {gone}, the fields of 3-0: {fields}")
as_usual = [
    ("1-0", {}),
    ("2-0", {"cell": "c2", "try": "2"}),
    ("3-0", {"cell": "c3", "try": "2"}),
]
unchanged = all([tuple(entry) for entry in entries] == as_usual for entries in seen)
unchanged = unchanged and (history, claimed, gone) == ("TypeError", ["2-0", "3-0"], ["1-0"])
sys.exit(0 if unchanged and fields == [as_usual[2][1]] else "this has changed")
PYTHON
