"""Values on their way into DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import duckdb
from arro3.core import Table

from tokometer.ledger import schema
from tokometer.ledger.arrow import arrow_table, clean
from tokometer.ledger.packed import Same

TYPES: Final[dict[schema.Type, str]] = {
    "id": "UUID",
    "text": "VARCHAR",
    "name": "VARCHAR",
    "names": "VARCHAR[]",
    "ints": "BIGINT[]",
    "json": "VARCHAR",
    "int": "BIGINT",
    "wide": "HUGEINT",
    "small": "INTEGER",
    "float": "DOUBLE",
    "money": "DECIMAL(18,9)",
    "flag": "BOOLEAN",
    "time": "TIMESTAMP",
    "blob": "BLOB",
}
#: Columns of these types are passed as one value where all rows have the same.
_TEXTS: Final = frozenset({"text", "name", "json"})
_NUMBERS: Final = frozenset({"int", "small", "flag"})


class Insertion(NamedTuple):
    """A statement that puts rows into a table; what varies comes from an Arrow table named `staged`."""

    statement: duckdb.Statement
    staged: Table
    parameters: dict[str, Any]


@lru_cache(maxsize=256)
def _parsed(sql: str) -> duckdb.Statement:
    """A statement that comes again and again: to parse one of sixty columns takes a quarter of what putting costs."""
    [statement] = duckdb.extract_statements(sql)
    return statement


def insertion(table: schema.Table, values: Sequence[Sequence[Any]]) -> Insertion:
    """How to insert these columns. Half of a batch's columns hold one value, which need not be passed for each row."""
    selected: list[str] = []
    varying: list[tuple[schema.Column, Sequence[Any]]] = []
    parameters: dict[str, Any] = {}
    for column, list_ in zip(table.columns, values, strict=True):
        first, name = list_[0], column.name
        same = (first is None or column.type in _TEXTS or column.type in _NUMBERS) and (
            isinstance(list_, Same) or list_.count(first) == len(list_)
        )
        if same and first is None:
            selected.append("NULL")
        elif same:
            parameters[name] = clean(first) if column.type in _TEXTS else first
            selected.append(f"CAST(${name} AS {TYPES[column.type]})")
        else:
            varying.append((column, list(list_) if isinstance(list_, Same) else list_))
            selected.append(money(name) if column.type == "money" else name)
    staged = arrow_table([column for column, _ in varying], [list_ for _, list_ in varying])
    # By name: what a migration added stands at the end of an older ledger's table.
    names = ", ".join(f'"{name}"' for name in table.names)
    sql = f"INSERT INTO {table.name} ({names}) SELECT {', '.join(selected)} FROM staged"
    return Insertion(_parsed(sql), staged, parameters)


def money(name: str) -> str:
    """Whole nano-USD as DECIMAL(18,9) USD, exactly."""
    return f"CAST(CAST({name} AS DECIMAL(18,0)) * CAST(0.000000001 AS DECIMAL(10,9)) AS DECIMAL(18,9))"
