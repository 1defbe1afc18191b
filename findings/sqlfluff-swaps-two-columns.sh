#!/bin/bash
# SQLFluff 4.5.0 (PyPI): `fix` changes what a statement answers.
#
# Guess: rules about style leave the meaning alone; where the order of columns has one, ST06 ("wildcards, then
#   simple targets, then calculations") does not touch it. It spares INSERT … SELECT, UNION, and a view
#   with a list of columns.
# Seen: not so the right side of `(a, b) IN (SELECT …)` and of `SET (a, b) = (SELECT …)`, a WITH before the
#   INSERT that takes its rows, and a materialized view's list of columns: the two columns change places,
#   and the statement means something else. ST05 moves a subquery into a WITH under its alias, and if that
#   is a table's name, the query's other mention of the table now means the WITH. CP02 lowers `data.userId` in
#   BigQuery, where names inside JSON are told apart by their letters' case.
# What follows: `fix` in a hook needs a look at its diff like any edit. Leave ST05, ST06 and CP02 out of what is
#   fixed (`exclude_rules`) where statements have any of these.
#
# usage: findings/sqlfluff-swaps-two-columns.sh     needs Python 3.11 or later with SQLite 3.33 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check sqlfluff==4.5.0

"$folder/venv/bin/python" - <<'PYTHON'
import sqlite3
import sys
from importlib.metadata import version

import sqlfluff

TABLES = """
CREATE TABLE score (learner INTEGER, points INTEGER);
INSERT INTO score VALUES (1, 20);
CREATE TABLE attempt (learner INTEGER, points INTEGER);
INSERT INTO attempt VALUES (0, 20);
CREATE TABLE best (learner INTEGER, points INTEGER);
"""


def answer(statement, query):
    """What the query gives in a new database after the statement."""
    database = sqlite3.connect(":memory:")
    database.executescript(TABLES)
    rows = database.execute(statement).fetchall()
    return rows if query is None else database.execute(query).fetchall()


CASES = [
    ("ST06", "SELECT learner FROM score WHERE (learner, points) IN (SELECT learner + 1, points FROM attempt)\n", None),
    ("ST06", "UPDATE score SET (learner, points) = (SELECT learner + 7, points FROM attempt)\n", "SELECT * FROM score"),
    (
        "ST06",
        "WITH top AS (SELECT learner + 1 AS l, points FROM attempt) INSERT INTO best SELECT * FROM top\n",
        "SELECT * FROM best",
    ),
    (
        "ST05",
        "SELECT a.points FROM (SELECT points FROM attempt) AS a "
        "JOIN (SELECT points + 80 AS points FROM score) AS attempt ON true\n",
        None,
    ),
    # It is spared here, as it should be.
    ("ST06", "INSERT INTO best (learner, points) SELECT learner + 1, points FROM attempt\n", "SELECT * FROM best"),
]
print("sqlfluff", version("sqlfluff"), "SQLite", sqlite3.sqlite_version)
seen = []
for rule, statement, query in CASES:
    fixed = sqlfluff.fix(statement, dialect="postgres", rules=[rule])
    seen.append((answer(statement, query), answer(fixed, query)))
    print(f"{rule}: {statement}   => {fixed}   {seen[-1][0]} => {seen[-1][1]}")
texts = [
    sqlfluff.fix(statement, dialect=dialect, rules=[rule])
    for statement, dialect, rule in (
        ("CREATE MATERIALIZED VIEW v (total, name) AS SELECT a + 1, b FROM t\n", "postgres", "ST06"),
        ("SELECT id, data.userId FROM t\n", "bigquery", "CP02"),
    )
]
print(*texts, sep="")
EXPECTED = [
    ([(1,)], []),
    ([(7, 20)], [(20, 7)]),
    ([(1, 20)], [(20, 1)]),
    ([(20,)], [(100,)]),
    ([(1, 20)], [(1, 20)]),
]
EXPECTED_TEXTS = [
    "CREATE MATERIALIZED VIEW v (total, name) AS SELECT b, a + 1 FROM t\n",
    "SELECT id, data.userid FROM t\n",
]
sys.exit(0 if (seen, texts) == (EXPECTED, EXPECTED_TEXTS) else "this has changed")
PYTHON
