"""Starts local-bigquery without the internet.

The emulator keeps its tables in DuckDB and downloads two DuckDB extensions when it starts. `ducklake`
comes as a Python package and is loaded from there; `spatial` is only for geography, which is left out.
"""

import pathlib
import sys

import duckdb
import duckdb_extension_ducklake

_connect = duckdb.connect


def _ducklake() -> str:
    folder = pathlib.Path(duckdb_extension_ducklake.__file__).parent
    return str(next(folder.rglob("*.duckdb_extension*")))


def _connect_offline(*arguments, **options):
    # The time zone can only be set once the extensions that know time zones are loaded.
    settings = dict(options.pop("config", None) or {})
    time_zone = settings.pop("TimeZone", None)
    connection = _connect(*arguments, config=settings, **options)
    connection.execute(f"LOAD '{_ducklake()}'")
    if time_zone:
        connection.execute(f"SET TimeZone = '{time_zone}'")
    return connection


duckdb.connect = _connect_offline

from local_bigquery import cli  # noqa: E402 (after duckdb.connect is replaced)
from local_bigquery.engine import database  # noqa: E402

database.FUNCTIONS = [path for path in database.FUNCTIONS if path.name != "geography.sql"]

if __name__ == "__main__":
    sys.exit(cli.main())
