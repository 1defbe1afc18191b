#!/bin/bash
# nchan 1.3.6 (Debian 12, nginx 1.22.1): a client that resumes is not told that messages are missing.
#
# Guess: `Last-Event-ID` of a message that has left the buffer is answered so that the client can tell, with
#   an error or a word on the gap. An id of the future, as after a clock was set back, is answered alike.
# Seen: the client gets what is left, with 200 and no word; only nginx's log has a warning. With an id of
#   the future it gets 200 and then nothing, not even messages that are published while it listens.
# What follows: who must know of gaps numbers the messages within their text, and does not resume with an id
#   of another server.
#
# usage: findings/nchan-passes-over-what-is-gone.sh     needs Debian 12's apt-get, dpkg-deb, Python 3, curl
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

apt-get -qq download 'nginx=1.22.1*' 'libnginx-mod-nchan=1:1.3.6*' 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" .; done
usr/sbin/nginx -v 2>&1
echo "nchan $(dpkg-deb -f libnginx-mod-nchan_*.deb Version)"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir temporary
cat >nginx.conf <<EOF
load_module $folder/usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
pid $folder/nginx.pid;
error_log $folder/errors warn;
events {}
http {
  access_log off;
  client_body_temp_path temporary/body;
  proxy_temp_path temporary/proxy;
  fastcgi_temp_path temporary/fastcgi;
  uwsgi_temp_path temporary/uwsgi;
  scgi_temp_path temporary/scgi;
  server {
    listen 127.0.0.1:$port;
    location /publish { nchan_publisher; nchan_channel_id events; nchan_message_buffer_length 3; }
    location /listen { nchan_subscriber eventsource; nchan_channel_id events; }
  }
}
EOF
[[ $(id -u) != 0 ]] || sed -i '1i user root;' nginx.conf
usr/sbin/nginx -p "$folder" -c nginx.conf 2>>log &
server=$!
url=http://127.0.0.1:$port
curl -s --retry 100 --retry-delay 1 --retry-connrefused -o /dev/null "$url/"

publish() { curl -s -o /dev/null -d "$1" "$url/publish"; }
listen() {
  curl -s -i -m "$1" -H 'Accept: text/event-stream' -H "Last-Event-ID: $2" "$url/listen" >"$3" || true
  tr -d '\r' <"$3" | grep -oE '^HTTP/1.1 [0-9]+|^(data|event|retry): .*' | paste -sd ' '
}

publish 1
first=$(curl -s -m 2 -H 'Accept: text/event-stream' "$url/listen" | sed -n 's/^id: //p' || true)
for number in 2 3 4 5 6; do publish "$number"; done
{
  echo "after 1 of 1 to 6: $(listen 2 "$first" answer1)"
  {
    sleep 1
    publish 7
  } &
  publisher=$!
  echo "from the future: $(listen 4 "$(($(date +%s) + 600)):0" answer2)"
  wait "$publisher"
  echo "after 1 of 1 to 7: $(listen 2 "$first" answer3)"
} | tee seen
echo "in nginx's log: $(grep -o 'Missed message for eventsource subscriber' errors | head -n 1)"
diff seen - <<'END'
after 1 of 1 to 6: HTTP/1.1 200 data: 4 data: 5 data: 6
from the future: HTTP/1.1 200
after 1 of 1 to 7: HTTP/1.1 200 data: 5 data: 6 data: 7
END
