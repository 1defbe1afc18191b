#!/bin/bash
# hiredis 0.14.1 (Debian 12): a reply of nine arrays inside one another ends the connection.
#
# Guess: replies nest as deep as Redis sends them; were there a limit, one call would fail.
# Seen: up to eight levels are read. The ninth gives "No support for nested multi bulk replies with depth
#   > 7", and every later call on the connection, PING too, gives the same error.
# What follows: a script keeps its replies flat; a driver closes a connection whose reader has failed.
#
# usage: findings/hiredis-nesting-ends-the-connection.sh     needs Debian 12's apt-get, dpkg-deb, gcc
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

apt-get -qq download 'libhiredis-dev=0.14.1*' 'libhiredis0.14=0.14.1*' 'redis-server=5:7.0.15*' \
  'redis-tools=5:7.0.15*' 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" .; done
usr/bin/redis-server --version

cat >nest.c <<'EOF'
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **words) {
  printf("hiredis %d.%d.%d\n", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
  redisContext *context = redisConnectUnix(words[1]);
  for (int depth = 7; depth <= 9; depth++) {
    char script[64] = "return ";
    for (int level = 0; level < depth; level++) strcat(script, "{");
    strcat(script, "1");
    for (int level = 0; level < depth; level++) strcat(script, "}");
    redisReply *reply = redisCommand(context, "EVAL %s 0", script);
    printf("%d levels: %s\n", depth, reply ? "read" : context->errstr);
    if (reply) freeReplyObject(reply);
  }
  redisReply *reply = redisCommand(context, "PING");
  printf("PING: %s\n", reply ? reply->str : context->errstr);
  return 0;
}
EOF
library=$(dirname usr/lib/*/libhiredis.a)
gcc -Iusr/include nest.c "$library/libhiredis.a" -o nest

usr/bin/redis-server --port 0 --unixsocket "$folder/s" --save '' >log 2>&1 &
server=$!
until [[ $(usr/bin/redis-cli -s "$folder/s" PING 2>/dev/null) == PONG ]]; do sleep 0.1; done
./nest "$folder/s" | tee seen
error='No support for nested multi bulk replies with depth > 7'
diff seen - <<EOF
hiredis 0.14.1
7 levels: read
8 levels: read
9 levels: $error
PING: $error
EOF
