#!/bin/bash
# Miller 6.6.0 (Debian 12), `mlr`, on a table of points: 08 counts for nothing, and "absent" is the most.
#
# Guess: 08 is 8, as it was typed or as a spreadsheet wrote it, or an error. A text among numbers is left out of sums
#   and of the greatest alike, or is an error.
# Seen: a number with a zero in front is a text. Sums and means leave texts out without a word, and the count next to
#   them counts them: 08, 09 and 7 have the sum 7, the mean 7 and the count 3. A text is greater than any number:
#   "absent" is the maximum, comes first in `sort -nr` and in `top`, and passes `filter '$points >= 8'`. With -O,
#   which reads 010 as octal, 08 and 09 are numbers.
# What follows: a report that looks right is wrong for who was absent and for who was written with two digits. Have
#   points without zeros in front, and look for texts (`filter 'is_string($points)'`) before anything is counted.
#
# usage: findings/miller-finds-the-absent-best.sh     needs Debian 12's apt-get, dpkg-deb
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"

apt-get -qq download 'miller=6.6.0*' 2>/dev/null
dpkg-deb -x miller_*.deb .
usr/bin/mlr --version

cat >points.csv <<'END'
name,points
ann,08
ann,09
ann,7
bob,10
bob,absent
bob,4
END
of_all() { usr/bin/mlr --icsv --ocsv "$@" points.csv; }
{
  echo "by learner:"
  of_all stats1 -a sum,mean,count,max -f points -g name
  echo "by learner, with -O:"
  of_all -O stats1 -a sum,mean,count,max -f points -g name
  echo "the greatest first:"
  of_all sort -nr points 'then' head -n 1
  echo "the best:"
  of_all top -n 1 -f points -a
  echo "8 and more:"
  of_all filter "\$points >= 8"
} | tee seen
diff seen - <<'END'
by learner:
name,points_sum,points_mean,points_count,points_max
ann,7,7,3,09
bob,14,7,3,absent
by learner, with -O:
name,points_sum,points_mean,points_count,points_max
ann,24,8,3,09
bob,14,7,3,absent
the greatest first:
name,points
bob,absent
the best:
name,points
bob,absent
8 and more:
name,points
bob,10
bob,absent
END
