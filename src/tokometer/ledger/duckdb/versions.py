"""Making a ledger's file, or bringing one that an older Tokometer wrote up to date."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from tokometer.ledger import schema
from tokometer.ledger.duckdb.tables import create
from tokometer.ledger.duckdb.transaction import transaction
from tokometer.ledger.migrations import Migration, additions_of, current_version, pending, rest_of

#: How much a migration keeps in memory before it writes it into the file.
_MOST_IN_MEMORY: Final = 64_000_000


def bring_up_to_date(connection: duckdb.DuckDBPyConnection, path: Path, migrations: Sequence[Migration]) -> None:
    """Make all tables where there are none, else take the steps that are missing. Killed meanwhile, it can go on.

    Raises:
        LedgerError: the ledger was written by a newer Tokometer.
    """
    known = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "meta" not in known:
        with transaction(connection, path):
            for table in schema.TABLES:
                connection.execute(create(table, rollup=table in schema.ROLLUPS))
            _write_version(connection, current_version(migrations))
        return
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    needed = pending(int(row[0]) if row else 0, migrations)
    for migration in needed:
        # One by one: not all columns of a large ledger fit into the memory that one transaction has.
        for statement in additions_of(migration, "duckdb"):
            with transaction(connection, path):
                connection.execute(statement)
            write_what_is_in_memory(connection)
        with transaction(connection, path):
            for statement in rest_of(migration, needed, "duckdb"):
                connection.execute(statement)
            _write_version(connection, migration.version)


def write_what_is_in_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Put into the file what DuckDB keeps in memory until then, and cannot spill, where it is much."""
    sql = "SELECT sum(memory_usage_bytes) FROM duckdb_memory() WHERE tag <> 'BASE_TABLE'"
    held = connection.execute(sql).fetchone()
    if held and held[0] > _MOST_IN_MEMORY:
        connection.execute("CHECKPOINT")


def _write_version(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    connection.execute("DELETE FROM meta WHERE key = 'schema_version'")
    connection.execute("INSERT INTO meta VALUES ('schema_version', $version)", {"version": str(version)})
