#!/bin/bash
# Redis 7.0.15 (Debian 12): the lag of a consumer group that has read everything is not 0.
#
# Guess: XINFO's `lag` is the number of entries that the group can still read. After XTRIM or XDEL it is nil
#   or right, and 0 when the group has read to the end.
# Seen: unread entries that XTRIM takes away stay in the lag. Reading to the end does not help: seven
#   entries short, the lag ends at 5 instead of 0, and goes on from there with each new entry. XDEL of the
#   entry that would have come next leaves a lag of 1 in the same way. Redis 8.2 says 0.
# What follows: an alert on the lag never ends. Whether a group is at the end is told by
#   `last-delivered-id` and the stream's `last-generated-id`.
#
# usage: findings/redis-lag-stays-after-a-trim.sh     needs Debian 12's apt-get, dpkg-deb
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

fill() {
  ask DEL stream >/dev/null
  for number in {1..10}; do ask XADD stream "$number-0" a b >/dev/null; done
  ask XGROUP CREATE stream group 0 >/dev/null
}
read_entries() { ask XREADGROUP GROUP group reader COUNT "$1" STREAMS stream '>' >/dev/null; }
lag() {
  local found
  found=$(ask XINFO GROUPS stream | grep -A 1 '^lag$' | tail -n 1)
  printf '%-38s lag %s\n' "$1" "$found"
}
{
  fill
  read_entries 2
  lag 'two of ten are read'
  ask XTRIM stream MAXLEN 3 >/dev/null
  lag 'three are left'
  read_entries 10
  lag 'these are read'
  ask XADD stream 11-0 a b >/dev/null
  read_entries 10
  lag 'one more is added, and read'
  fill
  read_entries 2
  ask XDEL stream 3-0 >/dev/null
  read_entries 10
  lag 'the third is deleted, the rest is read'
} | tee seen
diff <(grep -o '[0-9]*$' seen) - <<'END'
8
8
5
5
1
END
