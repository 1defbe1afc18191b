#!/bin/bash
# Redis 7.0.15 (Debian 12) at `maxmemory`, policy noeviction: calls that would write nothing are refused too.
#
# Guess: only what takes memory is refused. `XGROUP CREATE` of a group that exists answers BUSYGROUP as
#   ever, and a transaction that only subscribes goes through.
# Seen: `XGROUP CREATE` answers OOM although the group exists. Inside MULTI every command is refused, PING
#   and SUBSCRIBE too, and EXEC is discarded. Outside of it XREADGROUP, XACK, SUBSCRIBE and PING go on.
# What follows: a reader that makes its group at the start must take OOM for "ask whether it is there", and
#   a PING says nothing about whether events are accepted.
#
# usage: findings/redis-full-refuses-what-writes-nothing.sh     needs Debian 12's apt-get, dpkg-deb
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
usr/bin/redis-server --version

usr/bin/redis-server --port 0 --unixsocket "$folder/s" --save '' >log 2>&1 &
server=$!
ask() { usr/bin/redis-cli -s "$folder/s" "$@" 2>&1; }
until [[ $(ask PING) == PONG ]]; do sleep 0.1; done

ask XADD stream 1-1 a b >/dev/null
ask XGROUP CREATE stream group 0 >/dev/null
ask CONFIG SET maxmemory 1 >/dev/null

expect() {
  local wanted=$1 answer
  shift
  answer=$(ask "$@")
  printf '%-40s %s\n' "$*" "${answer//$'\n'/ }"
  [[ $answer == $wanted* ]]
}
expect 'OOM' XADD stream '*' a b
expect 'OOM' XGROUP CREATE stream group 0
expect 'PONG' PING
expect 'stream' XREADGROUP GROUP group reader STREAMS stream '>'
expect '1' XACK stream group 1-1

inside=$(printf 'MULTI\nPING\nSUBSCRIBE channel\nEXEC\n' | usr/bin/redis-cli -s "$folder/s" 2>&1 | grep .)
echo "$inside"
[[ $(grep -c '^OOM' <<<"$inside") == 2 && $inside == *EXECABORT* ]]
