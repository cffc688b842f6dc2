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


def insertion(table: schema.Table, values: Sequence[Sequence[Any]]) -> Insertion:
    """How to insert these columns. Half of a batch's columns hold one value, which need not be passed for each row."""
    filled: list[str] = []
    varying: list[tuple[schema.Column, Sequence[Any]]] = []
    parameters: dict[str, Any] = {}
    for column, list_ in zip(table.columns, values, strict=True):
        first, of = list_[0], column.type
        same = (first is None or of in _TEXTS or of in _NUMBERS) and (
            list_.__class__ is Same or list_.count(first) == len(list_)
        )
        if same and first is None:
            filled.append(_NULL)
        elif same:
            parameters[column.name] = clean(first) if of in _TEXTS else first
            filled.append(_GIVEN)
        else:
            varying.append((column, list(list_) if list_.__class__ is Same else list_))
            filled.append(_STAGED)
    staged = arrow_table([column for column, _ in varying], [list_ for _, list_ in varying])
    return Insertion(_filling(table, "".join(filled)), staged, parameters)


#: Where a column's values come from.
_NULL, _GIVEN, _STAGED = "n", "g", "s"


@lru_cache(maxsize=256)
def _filling(table: schema.Table, filled: str) -> duckdb.Statement:
    """The statement whose columns are filled so. To parse one of sixty columns is a quarter of what it costs."""
    names, selected = [], []
    for column, from_ in zip(table.columns, filled, strict=True):
        if from_ != _NULL:
            # By name: what a migration added stands at the end of an older ledger's table.
            names.append(f'"{column.name}"')
            value = f"CAST(${column.name} AS {TYPES[column.type]})" if from_ == _GIVEN else column.name
            selected.append(money(value) if from_ == _STAGED and column.type == "money" else value)
    [statement] = duckdb.extract_statements(
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(selected)} FROM staged"
    )
    return statement


def money(name: str) -> str:
    """Whole nano-USD as DECIMAL(18,9) USD, exactly."""
    return f"CAST(CAST({name} AS DECIMAL(18,0)) * CAST(0.000000001 AS DECIMAL(10,9)) AS DECIMAL(18,9))"
