"""A record as an object of our own record format: what `wire.record_from` makes the same record of."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, Final

from tokometer.records.field import Field
from tokometer.records.fields import FIELDS
from tokometer.records.kinds import KINDS
from tokometer.records.record import Record
from tokometer.records.time import show_time
from tokometer.records.values import milliseconds, moment, money

#: Fields that are told by another one: by the id, by the parts, by the labels.
_ELSEWHERE: Final = frozenset({"id", "tags", "metadata"})
#: In the words for what is money.
_EXACT: Final = "exact to 1e-9"
_NANO: Final = Decimal(10) ** 9


def columns(kind: str) -> dict[str, str]:
    """What :func:`given_of` tells of a kind, in order: name → text, whole, number, money or time."""
    return {"source": "text", "native_id": "text"} | {
        field.name: _type(field) for field in _fields(kind) if field.name not in ("source", "native_id")
    }


def given_of(record: Record) -> dict[str, Any]:
    """What a record says, by the names of our own format; what it does not know is left out."""
    found: dict[str, Any] = {"source": record.source, "native_id": record.native_id}
    for field in _fields(record.kind):
        value = getattr(record, field.target or field.name)
        if value is None or value in ("", {}):
            continue
        convert = _money if _EXACT in field.type.words else _BACK.get(field.type.convert)
        if field.name == "quantities":
            value = {name: _plain(Decimal(amount) / 1000) for name, amount in value.items()}
        found[field.name] = convert(value) if convert is not None else value
    if record.kind == "scores":
        text = getattr(record, "text", "")
        if getattr(record, "type", "") == "category" and text:
            found["value"] = text
            found.pop("text", None)
    return found


@cache
def _fields(kind: str) -> tuple[Field, ...]:
    known = KINDS[kind].__struct_fields__
    return tuple(
        field
        for field in FIELDS[kind]
        if field.name not in _ELSEWHERE and (field.target or field.name) in known and not _is_of_parts(field)
    )


def _is_of_parts(field: Field) -> bool:
    """Whether it is a part by name: all of them are in `parts` and `quantities`."""
    return not field.target and field.name.endswith("_tokens")


def _type(field: Field) -> str:
    convert = field.type.convert
    if convert is moment:
        return "time"
    if convert in (milliseconds, money) or _EXACT in field.type.words:
        return "money"
    kind = field.type.schema.get("type")
    return "whole" if kind == "integer" else "number" if kind == "number" else "text"


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _time(value: int) -> str:
    return show_time(value)


def _milliseconds(value: int) -> str:
    return _plain(Decimal(value) / 1000)


def _money(value: int) -> str:
    return _plain(Decimal(value) / _NANO)


_BACK: Final[dict[Callable[[Any], Any], Callable[[Any], Any]]] = {
    moment: _time,
    milliseconds: _milliseconds,
    money: _money,
}
