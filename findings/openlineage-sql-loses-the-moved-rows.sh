#!/bin/bash
# openlineage-sql 1.54.0 (PyPI), PostgreSQL: where a table's rows came from, with holes and without an error.
#
# Guess: every table that a statement reads is among the inputs, every one that it writes among the outputs, and
#   what it cannot tell is among the errors.
# Seen: rows that are moved (WITH … AS (DELETE … RETURNING *) INSERT …) have no input. A WITH of the same name as
#   the table that it reads hides the table. A subquery in MERGE's SET, in ORDER BY, LIMIT or RETURNING is left
#   out, in UPDATE's SET it is not. Functions are tables, and FROM ONLY a reads a table of the name ONLY.
#   No errors are reported for any of these.
# What follows: an archive that is filled by moving has no origin in the lineage. Send the inputs and outputs that
#   one's own program knows, for such statements at least.
#
# usage: findings/openlineage-sql-loses-the-moved-rows.sh     needs Python 3.11 or later, PyPI
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check openlineage-sql==1.54.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from openlineage_sql import parse

# Inputs, outputs, and what they are.
CASES = {
    "WITH moved AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM moved": ("", "a b", "a is read"),
    "WITH a AS (SELECT * FROM a) INSERT INTO b SELECT * FROM a": ("", "b", "a is read"),
    "MERGE INTO b USING a ON a.i = b.i WHEN MATCHED THEN UPDATE SET x = (SELECT max(y) FROM c)": ("a", "b", "c too"),
    "SELECT * FROM a ORDER BY (SELECT count(*) FROM c)": ("a", "", "c too"),
    "SELECT * FROM a LIMIT (SELECT n FROM c)": ("a", "", "c too"),
    "INSERT INTO b VALUES (1) RETURNING (SELECT n FROM c)": ("", "b", "c is read"),
    "SELECT * FROM json_to_recordset('[]') AS x(i int)": ("json_to_recordset", "", "nothing is read"),
    "SELECT * FROM ONLY a": ("ONLY", "", "a is read"),
    # As it should be.
    "UPDATE b SET x = (SELECT max(y) FROM c)": ("c", "b", "right"),
    "DELETE FROM b USING a WHERE a.i = b.i": ("a", "b", "right"),
}
print("openlineage-sql", version("openlineage-sql"))
changed = False
for statement, (inputs, outputs, truth) in CASES.items():
    found = parse([statement], dialect="postgres")
    seen = tuple(" ".join(sorted(t.qualified_name for t in tables)) for tables in (found.in_tables, found.out_tables))
    changed |= seen != (inputs, outputs) or bool(found.errors)
    print(f"{statement}\n    reads: {seen[0] or '-'}, writes: {seen[1] or '-'}, errors: {len(found.errors)} ({truth})")
sys.exit("this has changed" if changed else 0)
PYTHON
