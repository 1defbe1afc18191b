#!/bin/bash
# pgbouncer 1.18.0 (Debian 12), transaction mode, PostgreSQL 16.2: a notification goes to somebody else.
#
# Guess: LISTEN is refused in transaction mode, or the listener hears nothing and nobody else does either.
# Seen: LISTEN is answered as if all were well, and stays with the server's connection, also when the
#   client that asked for it has gone. Whichever client is in a transaction on that connection when a
#   NOTIFY comes gets the message, although it never listened. In between nobody hears it, and pgbouncer
#   throws it away with a line in its log.
# What follows: listeners connect to PostgreSQL itself. A client behind pgbouncer must be able to take a message
#   that it did not ask for, and a listener that hears nothing sees no error.
#
# usage: findings/pgbouncer-tells-a-client-that-never-listened.sh
# needs Python 3.11 or later, PyPI, Debian 12's apt-get, dpkg-deb, setpriv when run as root
set -euo pipefail

folder=$(mktemp -d)
processes=()
clean() {
  if ((${#processes[@]})); then
    kill -INT "${processes[@]}" 2>/dev/null || true
    wait "${processes[@]}" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean EXIT
chmod 755 "$folder"
cd "$folder"

apt-get -qq download 'pgbouncer=1.18.0*' 'libc-ares2=1.18.1*' 'libevent-2.1-7=2.1.12*' 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" .; done
python3 -m venv venv
# Only the server's files of pgserver are used, so nothing that it depends on is needed.
venv/bin/pip install --quiet --no-compile --disable-pip-version-check --no-deps pgserver==0.1.4
venv/bin/pip install --quiet --no-compile --disable-pip-version-check 'psycopg[binary]==3.3.9'
binaries=$(echo "$folder"/venv/lib/python3*/site-packages/pgserver/pginstall/bin)
library=$(echo "$folder"/usr/lib/*-linux-gnu)
"$binaries/postgres" --version
LD_LIBRARY_PATH=$library usr/sbin/pgbouncer --version | head -n 1

# Neither of the two servers runs as root.
as=()
if [[ $(id -u) == 0 ]]; then
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chown 65534:65534 "$folder"
fi
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
pool=$(free_port)
"${as[@]}" "$binaries/initdb" -D "$folder/data" -A trust -U postgres >log 2>&1
"${as[@]}" "$binaries/postgres" -D "$folder/data" -p "$port" -k '' -c listen_addresses=127.0.0.1 -c fsync=off >>log 2>&1 &
processes+=($!)
cat >pgbouncer.ini <<END
[databases]
postgres = host=127.0.0.1 port=$port user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $pool
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 1
END
LD_LIBRARY_PATH=$library "${as[@]}" usr/sbin/pgbouncer "$folder/pgbouncer.ini" >>log 2>pgbouncer.log &
processes+=($!)

venv/bin/python - "$port" "$pool" <<'PYTHON'
import sys
import time

import psycopg


def connect(port):
    """A client, and the messages that it hears. It waits for its server as long as need be."""
    for _ in range(100):
        try:
            client = psycopg.connect(
                f"host=127.0.0.1 port={port} dbname=postgres user=postgres", autocommit=True, prepare_threshold=None
            )
            break
        except psycopg.OperationalError:
            time.sleep(0.3)
    heard = []
    client.add_notify_handler(lambda message: heard.append(message.payload))
    return client, heard


port, pool = sys.argv[1:]
direct, direct_heard = connect(port)
direct.execute("LISTEN events")
sender, _ = connect(port)
listener, listener_heard = connect(pool)
other, other_heard = connect(pool)


def notify(payload):
    sender.execute("SELECT pg_notify('events', %s)", (payload,))
    time.sleep(0.3)


listener.execute("LISTEN events")
notify("between transactions")
listener.execute("SELECT 1")
other.execute("SELECT 1")
with other.transaction():
    other.execute("SELECT 1")
    notify("in another's transaction")
    other.execute("SELECT 1")
listener.close()
with other.transaction():
    other.execute("SELECT 1")
    notify("after the listener has gone")
    other.execute("SELECT 1")
direct.execute("SELECT 1")
seen = [direct_heard, listener_heard, other_heard]
for label, heard in zip(("who listens at PostgreSQL", "who listens by pgbouncer", "who never listened"), seen):
    print(f"{label}: {heard}")
last = ["in another's transaction", "after the listener has gone"]
sys.exit(0 if seen == [["between transactions"] + last, [], last] else "this has changed")
PYTHON
grep -o 'got packet .A. from server when not linked' pgbouncer.log
