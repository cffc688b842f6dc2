"""Values on their way to and from ClickHouse's driver."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from tokometer.ledger import schema
from tokometer.records import Record, to_datetime, to_us

TYPES: Final[dict[schema.Type, str]] = {
    "id": "UUID",
    "text": "String",
    "name": "LowCardinality(String)",
    "names": "Array(String)",
    "ints": "Array(Int64)",
    "json": "String",
    "int": "Int64",
    "wide": "Int128",
    "small": "Int32",
    "float": "Float64",
    "money": "Decimal(18, 9)",
    "flag": "Bool",
    "time": "DateTime64(6, 'UTC')",
    "blob": "String",
}

WIDE_MONEY: Final = "Decimal(38, 9)"


def zero(table: schema.Table, name: str) -> str:
    """SQL for the value of a column in a row that says that its key is gone."""
    type_ = next(column.type for column in table.columns if column.name == name)
    native = WIDE_MONEY if type_ == "money" else TYPES[type_]
    return f"defaultValueOfTypeName('{native.replace(chr(39), chr(92) + chr(39))}')"


def native(table: schema.Table, values: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Engine-neutral values (see :mod:`tokometer.ledger.rows`) as the driver takes them."""
    result = []
    for column, list_ in zip(table.columns, values, strict=True):
        convert = _CONVERT.get(column.type)
        result.append(
            list(list_) if convert is None else [None if value is None else convert(value) for value in list_]
        )
    return result


def _clean(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


_CONVERT: Final[dict[schema.Type, Any]] = {
    "id": lambda value: uuid.UUID(bytes=value),
    "time": to_datetime,
    "money": lambda value: Decimal(value).scaleb(-9),
    "text": _clean,
    "name": _clean,
    "json": _clean,
}


def plain(value: object) -> object:
    """A value as every engine gives it: times naive, in UTC."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def neutral(value: object) -> object:
    """A value that the driver returned, as :mod:`tokometer.ledger.rows` has it."""
    if isinstance(value, uuid.UUID):
        return value.bytes
    if isinstance(value, datetime):
        return to_us(value)
    if isinstance(value, Decimal):
        return int(value.scaleb(9))
    return value


#: In order: a bool is an int, too.
_PARAMETER_TYPES: Final = (
    (bool, "Bool"),
    (int, "Int64"),
    (float, "Float64"),
    (Decimal, "Decimal(38, 9)"),
    (datetime, "DateTime64(6, 'UTC')"),
)


def type_of(value: object) -> str:
    """The ClickHouse type under which a parameter is bound."""
    if isinstance(value, list | tuple):
        return f"Array({type_of(value[0]) if value else 'String'})"
    return next((name for kind, name in _PARAMETER_TYPES if isinstance(value, kind)), "String")


def with_price(call: Record, cost: int | None, version: str, basis: str) -> Record:
    """The same call at another computed price."""
    values = {name: getattr(call, name) for name in call.__struct_fields__}
    if values["cost_reported"] is not None:
        basis = ""
    return type(call)(**{**values, "cost_priced": cost, "price_version": version, "price_basis": basis})
