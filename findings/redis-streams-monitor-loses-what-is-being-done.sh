#!/bin/bash
# redis-streams 0.3.0 (PyPI) with Redis 7.0.15 (Debian 12): its Monitor, made for availability, drops events for good.
#
# Guess: `collect_monitoring_data()` gives the pending events of a dead consumer to a healthy one. What a busy consumer
#   took a moment ago stays with it. A monitor of one group leaves other groups alone.
# Seen: a consumer that holds more than `batch_size` events (2 by default) is unhealthy, however fresh they are. Events
#   that are younger than a second are not handed over, and then the consumer is deleted, and they with it: they
#   are pending nowhere, and no consumer gets them any more. An idle consumer of another group has its namesake in this
#   group deleted, with four of five events. A line in the log is all: "5 messages lost".
# What follows: a call during a burst loses what is being worked on; the events are still in the stream, below the
#   group's last id. Give it `auto_cleanup=False`, and claim by XAUTOCLAIM.
#
# usage: findings/redis-streams-monitor-loses-what-is-being-done.sh
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
venv/bin/pip install --quiet --no-compile --disable-pip-version-check redis-streams==0.3.0 redis==8.1.0 \
  typing_extensions==4.16.0
usr/bin/redis-server --version
usr/bin/redis-server --port 0 --unixsocket "$folder/s" --save '' >log 2>&1 &
server=$!
until [[ $(usr/bin/redis-cli -s "$folder/s" PING 2>/dev/null) == PONG ]]; do sleep 0.1; done

venv/bin/python -W ignore - "$folder/s" 2>log <<'PYTHON'
import sys
import time
from importlib.metadata import version

import redis
from redis_streams.consumer import Consumer
from redis_streams.monitor import Monitor

server = redis.Redis(unix_socket_path=sys.argv[1], decode_responses=True)


def consumer(name, group="grades"):
    return Consumer(server, "events", group, batch_size=5, consumer_id=name, max_wait_time_ms=100, poll_time_ms=50)


def monitored(idle, threshold, **other):
    """Five events are taken by one consumer, another one is healthy; what the group has when the monitor has run."""
    server.flushall()
    busy, healthy = consumer("worker-1"), consumer("worker-2")
    other_group = consumer("worker-1", "dashboards")
    if other:
        # The same name in another group took an event, and nothing since.
        server.xadd("events", {"number": 0})
        other_group.get_items()
        server.xack("events", "grades", *[item.msgid for item in busy.get_items()])
        time.sleep(2)
    for number in range(1, 6):
        server.xadd("events", {"number": number})
    assert len(busy.get_items()) == 5
    healthy.get_items()
    time.sleep(idle)
    healthy.get_items()
    monitor = Monitor(server, "events", "grades", idle_time_ms_warning_threshold=threshold, **other)
    monitor.collect_monitoring_data()
    pending = server.xpending("events", "grades")
    taken = {entry["name"]: entry["pending"] for entry in pending["consumers"]}
    later = sum(len(consumer(name).get_items()) for name in ("worker-1", "worker-2", "worker-3"))
    return pending["pending"], taken, later


print("redis-streams", version("redis-streams"), "redis", version("redis"))
seen = {
    "taken two seconds ago": monitored(2, 30000),
    "taken just now": monitored(0, 30000),
    "the same name idle in another group": monitored(1.5, 3000, batch_size=5),
}
for name, outcome in seen.items():
    print("{}: {} of 5 are pending {}, {} are handed out later".format(name, *outcome))
expected = {
    "taken two seconds ago": (5, {"worker-2": 5}, 5),
    "taken just now": (0, {}, 0),
    "the same name idle in another group": (1, {"worker-2": 1}, 1),
}
sys.exit(0 if seen == expected else "this has changed")
PYTHON
