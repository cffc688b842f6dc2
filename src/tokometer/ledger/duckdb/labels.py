"""Sets of labels in a DuckDB ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import duckdb

from tokometer.ledger import schema
from tokometer.ledger.arrow import arrow_table
from tokometer.ledger.labels import ROLLED, LabelRow

#: The rows of a set's labels, a label each: an Arrow table has no lists here.
_STAGED: Final = (
    schema.Column("id", "int"),
    schema.Column("workspace", "name"),
    schema.Column("key", "name"),
    schema.Column("value", "name"),
    schema.Column("rolled", "int"),
)


def all_sets(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """Every row."""
    return connection.execute(f"SELECT {', '.join(schema.LABEL_SETS.names)} FROM label_sets").fetchall()


def put_sets(connection: duckdb.DuckDBPyConnection, rows: Sequence[LabelRow]) -> None:
    """Add sets. Inside a transaction."""
    if not rows:
        return
    labels = [
        (row.id, row.workspace, key, value, row.rolled)
        for row in rows
        for key, value in zip(row.keys, row.values, strict=True)
    ]
    staged = arrow_table(_STAGED, list(zip(*labels, strict=True)))  # noqa: F841 - DuckDB finds it by this name
    connection.execute(
        "INSERT INTO label_sets SELECT id, any_value(workspace), list(key ORDER BY key), list(value ORDER BY key), "
        "any_value(rolled) FROM staged GROUP BY id"
    )


def rolled_keys(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The keys that take part in the rollups."""
    found = connection.execute("SELECT value FROM meta WHERE key = $key", {"key": ROLLED}).fetchone()
    return frozenset(json.loads(found[0]) if found else ())


def roll_up(connection: duckdb.DuckDBPyConnection, rows: Sequence[LabelRow], keys: Iterable[str]) -> None:
    """Keep the sets as they are with these keys in the rollups; mark what that makes stale. Inside a transaction."""
    connection.execute("DELETE FROM label_sets")
    put_sets(connection, rows)
    connection.execute("INSERT INTO dirty_quarters SELECT DISTINCT quarter FROM calls WHERE label_set IS NOT NULL")
    connection.execute("DELETE FROM meta WHERE key = $key", {"key": ROLLED})
    connection.execute(
        "INSERT INTO meta VALUES ($key, $value)", {"key": ROLLED, "value": json.dumps(sorted(keys), ensure_ascii=False)}
    )
