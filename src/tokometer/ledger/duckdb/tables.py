"""Tables and columns as DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tokometer.ledger.duckdb.values import TYPES
from tokometer.ledger.tables import Column, Table, Type

#: Sums over all time must not overflow what one call cannot.
WIDE_MONEY: Final = "DECIMAL(38,9)"
#: What rows that are there already have in a column that is added.
BLANKS: Final[dict[Type, str]] = {
    "text": "''",
    "name": "''",
    "json": "''",
    "names": "[]",
    "ints": "[]",
    "int": "0",
    "wide": "0",
    "small": "0",
    "float": "0",
    "money": "0",
    "flag": "false",
    "time": "TIMESTAMP '1970-01-01'",
    "blob": "''",
}


def create(table: Table, *, rollup: bool = False) -> str:
    """SQL that makes a table, where it is not there; in a rollup money is wider."""
    types = {**TYPES, "money": WIDE_MONEY} if rollup else TYPES
    columns = ", ".join(
        f'"{column.name}" {types[column.type]}{"" if column.null else " NOT NULL"}' for column in table.columns
    )
    return f"CREATE TABLE IF NOT EXISTS {table.name} ({columns})"


def add(table: str, column: Column) -> Iterator[str]:
    """SQL that adds a column to a table of records, as :func:`create` would have made it, at the table's end."""
    name, type_ = f'"{column.name}"', TYPES[column.type]
    if column.null:
        yield f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} {type_}"
        return
    yield f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} {type_} DEFAULT {BLANKS[column.type]}"
    yield f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL"
    yield f"ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT"


def remake(rollups: Sequence[Table]) -> Iterator[str]:
    """SQL that makes empty rollups as they are declared today, and marks all that they are to be rebuilt from."""
    for table in rollups:
        yield f"DROP TABLE IF EXISTS {table.name}"
        yield create(table, rollup=True)
    yield "DELETE FROM dirty_quarters"
    yield "DELETE FROM dirty_sessions"
    yield "INSERT INTO dirty_quarters SELECT DISTINCT quarter FROM calls"
    yield (
        "INSERT INTO dirty_sessions (workspace, source, session_id, first_quarter, last_quarter) "
        "SELECT workspace, source, session_id, min(quarter), max(quarter) FROM calls "
        "WHERE session_id <> '' GROUP BY ALL"
    )
