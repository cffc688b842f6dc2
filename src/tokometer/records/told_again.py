"""A record as an object of our own record format: what `wire.record_from` makes the same record of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

from tokometer.records.errors import RecordError
from tokometer.records.field import Field
from tokometer.records.fields import FIELDS
from tokometer.records.kinds import KINDS
from tokometer.records.record import Record
from tokometer.records.time import show_time
from tokometer.records.values import flag, milliseconds, moment, money, text, whole

#: Fields that are told by another one: by the id, by the parts, by the labels.
_ELSEWHERE: Final = frozenset({"id", "tags", "metadata"})
#: In the words for what is money.
_EXACT: Final = "exact to 1e-9"
#: What our own format has no field for, and an export has all the same: field → what it is where nobody says it.
BESIDE: Final[dict[str, int | bool | str]] = {
    "origin": 0,
    "pinned": False,
    "group": "",
    "shadow": False,
    "echo": False,
    "latency_estimated": False,
    "way": "",
    "also_told": "",
    "program": "",
}
#: The most that 64 bits hold.
_MOST: Final = 2**63 - 1
_NANO: Final = Decimal(10) ** 9


def columns(kind: str) -> dict[str, str]:
    """What :func:`given_of` tells of a kind, in order: name → text, whole, number, money or time."""
    return (
        {"source": "text", "native_id": "text"}
        | {field.name: _type(field) for field in _fields(kind) if field.name not in ("source", "native_id")}
        | {name: "whole" if name == "origin" else "text" for name in BESIDE if name in KINDS[kind].__struct_fields__}
    )


def set_beside(record: Record, told: Mapping[str, object]) -> None:
    """Put into a record what of an export our own format has no field for.

    Raises:
        RecordError: It is not what it should be.
    """
    for name, value in told.items():
        kind = type(BESIDE[name])
        if name not in record.__struct_fields__ or value is None or value == "":
            continue
        try:
            setattr(record, name, whole(value, _MOST) if kind is int else flag(value) if kind is bool else text(value))
        except ValueError as error:
            raise RecordError(name, str(error)) from None


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
    for name, usual in BESIDE.items():
        value = getattr(record, name, usual)
        if value != usual:
            found[name] = value
    if record.kind == "scores":
        word = getattr(record, "text", "")
        if getattr(record, "type", "") == "category" and word:
            found["value"] = word
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
