#!/bin/bash
# sqlglot 30.30.0 (PyPI), PostgreSQL to BigQuery: other numbers, and no word about it.
#
# Guess: what has another meaning in BigQuery is rewritten, as sqlglot does with the order of NULLs and with an
#   array's first place; what cannot be is refused when `unsupported_level` says RAISE.
# Seen: log(100) is 2 in PostgreSQL, and the LOG(100) that comes out is BigQuery's natural one, 4.605. A week
#   begins on Monday there, and WEEK on Sunday; EXTRACT(WEEK …) counts other weeks. regexp_replace replaces
#   the first match there, and every one here. 7 / 2 is 3 and becomes 3.5; greatest leaves NULL out and becomes
#   NULL; a substring from 0 of 2 is one letter, and becomes two. to_char's Day comes out as %uay, "5ay".
#   Of all these, only a fourth argument of regexp_replace is refused.
# What follows: a dashboard that is moved so shows other weeks and other sums. Write WEEK(MONDAY), ISOWEEK, LOG10,
#   DIV and IFNULL by hand, and compare results on the same rows, not only that the query runs.
#
# usage: findings/sqlglot-turns-a-logarithm-natural.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check sqlglot==30.30.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import sqlglot

# What PostgreSQL is asked, what comes out, and the two answers.
CASES = [
    ("log(100)", "LOG(100)", "2 / 4.605"),
    ("date_trunc('week', t)", "TIMESTAMP_TRUNC(t, WEEK)", "Monday / Sunday"),
    ("extract(week from t)", "EXTRACT(WEEK FROM t)", "ISO 8601's week / the number of Sundays so far"),
    ("regexp_replace('aa', 'a', 'b')", "REGEXP_REPLACE('aa', 'a', 'b')", "ba / bb"),
    ("7 / 2", "7 / 2", "3 / 3.5"),
    ("greatest(1, null)", "GREATEST(1, NULL)", "1 / NULL"),
    ("substring('abc' from 0 for 2)", "SUBSTRING('abc', 0, 2)", "a / ab"),
    ("to_char(d, 'Day')", "FORMAT_DATE('%uay', d)", "Friday / 5ay"),
    # These two show that it knows how.
    ("arr[1]", "arr[0]", "the first / the first"),
    ("regexp_replace('aa', 'a', 'b', 'g')", "UnsupportedError", "bb / -"),
]
print("sqlglot", version("sqlglot"))
changed = False
for asked, expected, answers in CASES:
    try:
        seen = sqlglot.transpile(
            f"SELECT {asked}", read="postgres", write="bigquery", unsupported_level=sqlglot.ErrorLevel.RAISE
        )[0].removeprefix("SELECT ")
    except sqlglot.UnsupportedError as error:
        seen = type(error).__name__
    changed |= seen != expected
    print(f"{asked} -> {seen}     {answers}")
sys.exit("this has changed" if changed else 0)
PYTHON
