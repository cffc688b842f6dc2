"""Rows as Arrow tables, the form in which they go to an engine without a copy per value.

Built with arro3: 3 ms to import where pyarrow takes 150 ms, and a fortieth of its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from arro3.core import Array, DataType, Field, Schema, Table

from tokometer.ledger import schema

_TYPES: Final[dict[schema.Type, DataType]] = {
    "id": DataType.binary(16),
    "text": DataType.utf8(),
    "name": DataType.utf8(),
    "json": DataType.utf8(),
    "int": DataType.int64(),
    "small": DataType.int32(),
    "float": DataType.float64(),
    "money": DataType.int64(),
    "flag": DataType.bool(),
    "time": DataType.timestamp("us"),
    "blob": DataType.binary(),
}
_UUID: Final = {"ARROW:extension:name": "arrow.uuid"}


def arrow_table(columns: Sequence[schema.Column], values: Sequence[Sequence[Any]]) -> Table:
    """An Arrow table of these columns; ids become UUIDs, times timestamps, money stays whole nano-USD."""
    arrays = [_array(column, list_) for column, list_ in zip(columns, values, strict=True)]
    fields = [
        Field(column.name, _TYPES[column.type], nullable=True, metadata=_UUID if column.type == "id" else None)
        for column in columns
    ]
    return Table.from_arrays(arrays, schema=Schema(fields))


def _array(column: schema.Column, values: Sequence[Any]) -> Array:
    if column.type == "time":
        return Array(values, DataType.int64()).cast(_TYPES["time"])
    try:
        return Array(values, _TYPES[column.type])
    except UnicodeEncodeError:
        # Sources clean their text; should one forget, a stray surrogate must not cost the records around it.
        return Array([clean(value) for value in values], _TYPES[column.type])


def clean(value: str) -> str:
    """Text without lone surrogates, which no engine takes."""
    return value.encode("utf-8", "replace").decode("utf-8")
