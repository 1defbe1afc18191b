#!/bin/bash
# pg_partman 4.7.2 (Debian 12) with PostgreSQL 16.2 (pgserver 0.1.4, PyPI): after the holidays its maintenance fails.
#
# Guess: `run_maintenance`, each night, keeps four partitions ahead of the clock (`p_premake`), whether rows come or
#   not. What is older than the retention is dropped.
# Seen: partitions are made ahead of the newest row, not of the clock: while a school has its week of holidays, none.
#   The first events after it go to the default partition, without a word. They stand in the way of the partition that
#   is missing: from then on each maintenance fails, and what it does is undone. No partition is made, no old row goes.
#   With `infinite_time_partitions` all is as guessed.
# What follows: set `infinite_time_partitions`, have a failed maintenance tell somebody, and watch `check_default()`. A
#   promise to delete is kept when the old rows are looked for and not found.
#
# usage: findings/pg-partman-fails-for-good-after-a-holiday.sh
# needs Python 3.11 or later, PyPI, Debian 12's apt-get, dpkg-deb, setpriv
set -euo pipefail

folder=$(mktemp -d)
clean() {
  stop 2>/dev/null || true
  rm -rf "$folder"
}
trap clean EXIT
chmod 755 "$folder"
cd "$folder"

apt-get -qq download 'postgresql-15-partman=4.7.2*' 'libfaketime=0.9.10*' 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" .; done
python3 -m venv venv
# Only the server's files of pgserver are used, so nothing that it depends on is needed.
venv/bin/pip install --quiet --no-compile --disable-pip-version-check --no-deps pgserver==0.1.4
install=$(echo "$folder"/venv/lib/python3*/site-packages/pgserver/pginstall)
cp usr/share/postgresql/15/extension/pg_partman* "$install/share/postgresql/extension/"
faketime=$(echo "$folder"/usr/lib/*-linux-gnu/faketime/libfaketime.so.1)
"$install/bin/postgres" --version

# The server does not run as root.
as=()
if [[ $(id -u) == 0 ]]; then
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chown 65534:65534 "$folder"
fi
export TZ=UTC
"${as[@]}" "$install/bin/initdb" -D "$folder/data" -A trust -U postgres >log 2>&1
echo "listen_addresses = ''
unix_socket_directories = '$folder'
timezone = 'UTC'
fsync = off" >>data/postgresql.conf
stop() { "${as[@]}" "$install/bin/pg_ctl" -D "$folder/data" -m fast -w stop >/dev/null; }
# The server's clock begins at ten o'clock of the given day.
start_on() {
  "${as[@]}" env LD_PRELOAD="$faketime" FAKETIME="@$1 10:00:00" FAKETIME_DONT_FAKE_MONOTONIC=1 \
    "$install/bin/pg_ctl" -D "$folder/data" -l "$folder/server" -w start >/dev/null
}
ask() { "$install/bin/psql" -h "$folder" -U postgres -qAt -F ' ' -v ON_ERROR_STOP=1 "$@"; }
on() {
  start_on "$1"
  for table in event endless; do
    ask -c "INSERT INTO $table SELECT now() FROM generate_series(1, $2)"
    if ask -c "SELECT partman.run_maintenance('public.$table')" >said 2>&1; then said='done'; else said='failed'; fi
    newest=$(ask -c "SELECT max(right(c.relname, 10)) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = '$table'::regclass AND c.relname <> '${table}_default'")
    rows=$(ask -c "SELECT count(*), count(*) FILTER (WHERE tableoid = '${table}_default'::regclass),
      count(*) FILTER (WHERE at < now() - interval '15 days') FROM $table")
    read -r all in_default old <<<"$rows"
    echo "$1 $table: maintenance $said, newest partition $newest, $all rows, $in_default in default, $old too old"
  done
  stop
}

start_on 2026-10-09
ask <<'SQL'
CREATE SCHEMA partman;
CREATE EXTENSION pg_partman SCHEMA partman;
CREATE TABLE event (at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE endless (at timestamptz NOT NULL) PARTITION BY RANGE (at);
SELECT partman.create_parent('public.event', 'at', 'native', '1 day', p_premake := 4) \g /dev/null
SELECT partman.create_parent('public.endless', 'at', 'native', '1 day', p_premake := 4) \g /dev/null
UPDATE partman.part_config SET retention = '14 days', retention_keep_table = false,
  infinite_time_partitions = parent_table = 'public.endless';
SELECT 'pg_partman ' || extversion FROM pg_extension WHERE extname = 'pg_partman';
SQL
stop
{
  on 2026-10-09 5
  on 2026-10-12 0
  on 2026-10-15 0
  on 2026-10-18 0
  on 2026-10-19 4
  on 2026-10-22 3
  on 2026-10-25 2
} | tee seen
diff seen - <<'END'
2026-10-09 event: maintenance done, newest partition 2026_10_13, 5 rows, 0 in default, 0 too old
2026-10-09 endless: maintenance done, newest partition 2026_10_13, 5 rows, 0 in default, 0 too old
2026-10-12 event: maintenance done, newest partition 2026_10_13, 5 rows, 0 in default, 0 too old
2026-10-12 endless: maintenance done, newest partition 2026_10_16, 5 rows, 0 in default, 0 too old
2026-10-15 event: maintenance done, newest partition 2026_10_13, 5 rows, 0 in default, 0 too old
2026-10-15 endless: maintenance done, newest partition 2026_10_19, 5 rows, 0 in default, 0 too old
2026-10-18 event: maintenance done, newest partition 2026_10_13, 5 rows, 0 in default, 0 too old
2026-10-18 endless: maintenance done, newest partition 2026_10_22, 5 rows, 0 in default, 0 too old
2026-10-19 event: maintenance failed, newest partition 2026_10_13, 9 rows, 4 in default, 0 too old
2026-10-19 endless: maintenance done, newest partition 2026_10_23, 9 rows, 0 in default, 0 too old
2026-10-22 event: maintenance failed, newest partition 2026_10_13, 12 rows, 7 in default, 0 too old
2026-10-22 endless: maintenance done, newest partition 2026_10_26, 12 rows, 0 in default, 0 too old
2026-10-25 event: maintenance failed, newest partition 2026_10_13, 14 rows, 9 in default, 5 too old
2026-10-25 endless: maintenance done, newest partition 2026_10_29, 9 rows, 0 in default, 0 too old
END
