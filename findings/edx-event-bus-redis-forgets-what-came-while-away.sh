#!/bin/bash
# edx-event-bus-redis 0.6.1 (PyPI): a consumer that comes back skips all that came while it was away.
#
# Guess: a consumer group goes on where it stopped; that is what Redis keeps a group for. An event whose
#   receiver raised stays pending.
# Seen: each start of a consumer sets its group to the end of the stream, unless `check_backlog` is given.
#   An event whose receiver raised is acknowledged like the others. The group's lag and its pending count
#   are 0 at the end, although one event was never heard and one failed.
# What follows: a restart, or a second consumer of a group, loses events, and nothing that Redis counts
#   shows it. Give `check_backlog`, and keep failed events yourself. (1.1.2 has the same consumer file.)
#
# usage: findings/edx-event-bus-redis-forgets-what-came-while-away.sh
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
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  edx-event-bus-redis==0.6.1 openedx-events==10.5.0 django==5.2.19 walrus==0.9.8 redis==8.1.0

usr/bin/redis-server --port 0 --unixsocket "$folder/s" --save '' >log 2>&1 &
server=$!
until [[ $(usr/bin/redis-cli -s "$folder/s" PING 2>/dev/null) == PONG ]]; do sleep 0.1; done

venv/bin/python - "unix://$folder/s" 2>"$folder/errors" <<'PYTHON'
import logging
import sys
import threading
import time
from importlib.metadata import version

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "waffle"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    EVENT_BUS_REDIS_CONNECTION_URL=sys.argv[1],
    EVENT_BUS_REDIS_CONSUMER_POLL_TIMEOUT=1,
)
django.setup()
logging.disable()

import redis
from edx_event_bus_redis import RedisEventConsumer, create_producer
from openedx_events.data import EventsMetadata
from openedx_events.learning.data import UserData, UserPersonalData
from openedx_events.learning.signals import STUDENT_REGISTRATION_COMPLETED as SIGNAL

producer = create_producer()
heard = []


def receiver(user, **_):
    heard.append(user.pii.username)
    if user.pii.username == "fails":
        raise ValueError("a receiver's own error")


def send(name):
    person = UserPersonalData(username=name, email="learner@example.com", name=name)
    producer.send(
        signal=SIGNAL,
        topic="learning",
        event_key_field="user.id",
        event_data={"user": UserData(pii=person, id=1, is_active=True)},
        event_metadata=EventsMetadata(event_type=SIGNAL.event_type),
    )


def consume_while_sending(*names):
    consumer = RedisEventConsumer("learning", "dashboards", "worker")

    def act():
        for name in names:
            send(name)
        deadline = time.monotonic() + 30
        while names[-1] not in heard and time.monotonic() < deadline:
            time.sleep(0.1)
        consumer._shut_down()

    sender = threading.Thread(target=act)
    sender.start()
    consumer.consume_indefinitely()
    sender.join()


print("edx-event-bus-redis", version("edx-event-bus-redis"))
SIGNAL.connect(receiver)
consume_while_sending("first", "fails", "third")
send("while away")
consume_while_sending("after")
group = redis.Redis.from_url(sys.argv[1], decode_responses=True).xinfo_groups("learning")[0]
print("sent: first, fails, third, while away, after. heard:", ", ".join(heard))
print(f"the group's lag: {group['lag']}, pending: {group['pending']}")
expected = ["first", "fails", "third", "after"]
sys.exit(0 if heard == expected and group["lag"] == 0 and group["pending"] == 0 else "this has changed")
PYTHON
