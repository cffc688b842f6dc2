"""The columns beside calls and rollups in which a re-costing puts what they would cost, and how they change places.

They are made when something is re-costed for the first time. `beside_known` says of a row that the others hold: rows
that come later, or are made anew, have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import duckdb

from tokometer.ledger.duckdb.tables import WIDE_MONEY

_MONEY: Final = "DECIMAL(18,9)"
#: What rollups hold of costs.
OF_CELLS: Final[dict[str, str]] = {
    "cost_usd": WIDE_MONEY,
    "unpriced": "BIGINT",
    "no_usage": "BIGINT",
    "assumed": "BIGINT",
    "cost_assumed": WIDE_MONEY,
    "unpriced_tokens": "HUGEINT",
}
OF_SESSIONS: Final = {name: OF_CELLS[name] for name in ("cost_usd", "unpriced", "no_usage", "assumed")}
#: Table → its columns that change places, and their types.
COLUMNS: Final[dict[str, dict[str, str]]] = {
    "calls": {"cost_usd": _MONEY, "cost_priced": _MONEY, "price_version": "VARCHAR", "price_basis": "VARCHAR"},
    "cells": OF_CELLS,
    "hours": OF_CELLS,
    "sessions": OF_SESSIONS,
}
KNOWN: Final = "beside_known"
#: Of how many of its calls what stands beside a session is made.
COUNTED: Final = "beside_requests"


class Fill(NamedTuple):
    """SQL that puts what a row costs beside it, as an assignment; and whether it differs from what stands there."""

    assignments: str
    differs: str


def beside(column: str) -> str:
    """The column beside a column."""
    return f"beside_{column}"


def fill(table: str) -> Fill:
    """How the rows of a table get beside them what they cost."""
    names = COLUMNS[table]
    same = " AND ".join(f"{table}.{beside(name)} IS NOT DISTINCT FROM {table}.{name}" for name in names)
    assigned = ", ".join(f"{beside(name)} = {name}" for name in names)
    return Fill(f"{assigned}, {KNOWN} = true", f"NOT ({unknown(table, negated=True)} AND {same})")


def unknown(table: str, *, negated: bool = False) -> str:
    """Whether what stands beside a row does not hold."""
    return f"{'' if negated else 'NOT '}coalesce({table}.{KNOWN}, false)"


def is_there(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether calls have the columns."""
    found = connection.execute(
        "SELECT 1 FROM duckdb_columns() WHERE table_name = 'calls' AND column_name = $name", {"name": KNOWN}
    )
    return bool(found.fetchall())


def make() -> Iterator[str]:
    """SQL that makes the columns where they are missing; each statement in a transaction of its own."""
    for table, columns in COLUMNS.items():
        for name, type_ in columns.items():
            if table == "calls" and type_ == _MONEY:
                yield f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {beside(name)} {type_}"
                continue
            # What is never NULL will stand beside one day: rows that come then have to have something there.
            blank = "''" if type_ == "VARCHAR" else "0"
            yield f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {beside(name)} {type_} DEFAULT {blank}"
            yield f"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {blank}"
        yield f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {KNOWN} BOOLEAN"
    yield f"ALTER TABLE sessions ADD COLUMN IF NOT EXISTS {COUNTED} BIGINT"


def change_places() -> Iterator[str]:
    """SQL that lets the columns change places; in one transaction."""
    for table, columns in COLUMNS.items():
        for name in columns:
            yield f"ALTER TABLE {table} RENAME COLUMN {name} TO beside_beside"
            yield f"ALTER TABLE {table} RENAME COLUMN {beside(name)} TO {name}"
            yield f"ALTER TABLE {table} RENAME COLUMN beside_beside TO {beside(name)}"
