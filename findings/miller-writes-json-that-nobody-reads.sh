#!/bin/bash
# Miller 6.6.0 (Debian 12), `mlr --icsv --ojson`: CSV in, no JSON out.
#
# Guess: what is a number in JSON's sense is written bare, and everything else in quotation marks. An id stays the
#   text that it was.
# Seen: whatever Miller itself takes for a number is written bare, as it stands: 0xff, 0b11, 0o17, .5, 5. and -0x1F are
#   no JSON, and a parser refuses them. 12e45, a commit's short name, is valid and read as a number. In quotation
#   marks are 007, +3 and numbers over 64 bits, so of one column of ids some are numbers and some are texts. With
#   -S all are texts, points too.
# What follows: one learner with such an id makes a school's export unreadable. Give `-S`, convert the columns of
#   numbers by name, and parse the output once before it is sent on.
#
# usage: findings/miller-writes-json-that-nobody-reads.sh     needs Debian 12's apt-get, dpkg-deb, Python 3
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"

apt-get -qq download 'miller=6.6.0*' 2>/dev/null
dpkg-deb -x miller_*.deb .
usr/bin/mlr --version

printf 'id\n%s\n' "$(printf '%s\n' 0xff 0b11 0o17 -0x1F .5 5. 12e45 12 007 +3 12345678901234567890 s-1)" >ids.csv
for options in "" -S; do
  echo "options: $options"
  # shellcheck disable=SC2086
  usr/bin/mlr $options --icsv --ojsonl cat ids.csv | python3 -c '
import json
import sys

for line in sys.stdin:
    try:
        print(line.strip(), "is", type(json.loads(line)["id"]).__name__)
    except ValueError:
        print(line.strip(), "is no JSON")'
done | tee seen
diff seen - <<'END'
options: 
{"id": 0xff} is no JSON
{"id": 0b11} is no JSON
{"id": 0o17} is no JSON
{"id": -0x1F} is no JSON
{"id": .5} is no JSON
{"id": 5.} is no JSON
{"id": 12e45} is float
{"id": 12} is int
{"id": "007"} is str
{"id": "+3"} is str
{"id": "12345678901234567890"} is str
{"id": "s-1"} is str
options: -S
{"id": "0xff"} is str
{"id": "0b11"} is str
{"id": "0o17"} is str
{"id": "-0x1F"} is str
{"id": ".5"} is str
{"id": "5."} is str
{"id": "12e45"} is str
{"id": "12"} is str
{"id": "007"} is str
{"id": "+3"} is str
{"id": "12345678901234567890"} is str
{"id": "s-1"} is str
END
