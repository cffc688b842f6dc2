"""The map of a table: which column fills which field of which kind of record."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

import msgspec

from tokometer.host.toml import NotToml, parse
from tokometer.records import KINDS
from tokometer.records.field import Field
from tokometer.records.fields import FIELDS
from tokometer.records.told_again import BESIDE
from tokometer.records.values import milliseconds, moment
from tokometer.sources.table.written import ORDERS, told_of

#: In a reference, what leads from a column into the JSON that it holds: `Usage->prompt_tokens`.
INTO: Final = "->"
#: Before the key of a label: `labels.plan`.
LABEL: Final = "labels."
TIME_UNITS: Final = ("s", "ms", "us", "ns", "ticks", "julian")
_MOST_TABLES: Final = 50
_MOST_FIELDS: Final = 100


class MapError(ValueError):
    """A map that cannot be followed; says what is wrong in it, and what would be right."""


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another table, one row of which belongs to each row: the conversation of a message."""

    table: str
    #: The column that points there, and the column that it points to.
    column: str
    key: str


class TableMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table and what becomes of its rows."""

    table: str
    #: A key of `records.KINDS`.
    kind: str
    #: Field → the columns that fill it, the first that is not NULL: `Model`, `Conversations.Model`, `Usage->tokens`.
    fields: dict[str, str | list[str]] = {}
    #: Field → what it is in every row; a column goes before.
    constants: dict[str, str | int | float | bool] = {}
    #: Field → the unit of its column, where its name does not tell: s, ms, us, ns, ticks (.NET), julian. Of times that
    #: are text: whether the day or the month comes first (dmy, mdy), and the zone that they are in (Europe/Berlin).
    units: dict[str, str] = {}
    #: The column that tells a row from all others; without one, what a row says does.
    id: str = ""
    #: What parts a fraction from its number: "," where 1.234,5 is meant.
    decimal: str = ""
    #: The column by which rows are read on from where a reading ended; of several the first that is not NULL. The time
    #: without one.
    cursor: str | list[str] = ""
    #: Column → the values of which a row has to have one to be taken: `Role` → `assistant`. In any case; none: anything
    #: but NULL.
    only: dict[str, list[str]] = {}
    joins: list[Join] = []

    def columns_of(self, name: str) -> list[str]:
        """The columns that fill a field."""
        told = self.fields.get(name, [])
        return [told] if isinstance(told, str) else list(told)

    @property
    def cursors(self) -> list[str]:
        """The columns of the cursor."""
        told = self.cursor or self.columns_of("started_at")
        return [told] if isinstance(told, str) else list(told)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    table: list[TableMap] = []


def map_from(text: str) -> list[TableMap]:
    """The maps that a file in TOML holds.

    Raises:
        MapError: It is not one.
    """
    try:
        found = msgspec.convert(parse(text), _File, strict=False).table
    except NotToml as error:
        raise MapError(f"is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise MapError(str(error)) from None
    if not found:
        raise MapError("names no table: write [[table]], once for each")
    if len(found) > _MOST_TABLES:
        raise MapError(f"names {len(found)} tables; at most {_MOST_TABLES}")
    for one in found:
        check(one)
    return found


def map_text(maps: list[TableMap]) -> str:
    """Maps as :func:`map_from` reads them."""
    return "\n".join(_told(one) for one in maps)


def check(one: TableMap) -> None:
    """Refuse what no table can make good: kinds, fields and units that there are none of.

    Raises:
        MapError: What is wrong.
    """
    if one.kind not in KINDS:
        raise MapError(f"{one.table}: there is no kind {one.kind!r}; there are {', '.join(KINDS)}")
    if len(one.fields) > _MOST_FIELDS:
        raise MapError(f"{one.table}: maps {len(one.fields)} fields; at most {_MOST_FIELDS}")
    names = names_of(one.kind)
    for name in (*one.fields, *one.constants, *one.units):
        if name.startswith(LABEL) and len(name) > len(LABEL):
            continue
        if name not in names and name not in BESIDE:
            near = get_close_matches(name, names, 1)
            meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(names))}"
            raise MapError(f"{one.table}: {one.kind} has no field {name!r}{meant}")
    if one.decimal not in ("", ".", ","):
        raise MapError(f"{one.table}: decimal is '.' or ','")
    for name, unit in one.units.items():
        if not (_is_unit(unit) if is_time(one.kind, name) else unit in TIME_UNITS and is_duration(one.kind, name)):
            raise MapError(
                f"{one.table}: {name} cannot be in {unit!r}; times and durations are in one of {TIME_UNITS}, "
                f"times in text in one of {ORDERS} or in a time zone"
            )


def _is_unit(unit: str) -> bool:
    try:
        return told_of(unit).unit in ("", *TIME_UNITS)
    except ValueError:
        return False


@cache
def names_of(kind: str) -> dict[str, Field]:
    """Every name that a field of a kind has → the field."""
    return {name: field for field in FIELDS[kind] for name in (field.name, *field.aliases)}


def is_time(kind: str, name: str) -> bool:
    """Whether a field is a point in time."""
    field = names_of(kind).get(name)
    return field is not None and field.type.convert is moment


def is_duration(kind: str, name: str) -> bool:
    """Whether a field is a duration in milliseconds."""
    field = names_of(kind).get(name)
    return field is not None and field.type.convert is milliseconds


@cache
def is_number(kind: str, name: str) -> bool:
    """Whether a field takes nothing but numbers: counts, amounts, durations."""
    field = names_of(kind).get(name)
    if field is None or field.type.convert is moment:
        return False
    said = [field.type.schema, *field.type.schema.get("anyOf", ())]
    return any(one.get("type") in ("number", "integer") for one in said)


def _told(one: TableMap) -> str:
    lines = ["[[table]]"]
    lines += [
        f"{name} = {toml_value(getattr(one, name))}"
        for name in ("table", "kind", "id", "cursor", "decimal")
        if getattr(one, name) or name in ("table", "kind")
    ]
    if one.only:
        lines.append(f"only = {toml_value(one.only)}")
    if one.joins:
        joins = [msgspec.structs.asdict(join) for join in one.joins]
        lines.append("joins = [" + ", ".join(toml_value(join) for join in joins) + "]")
    for name in ("fields", "constants", "units"):
        told: Mapping[str, Any] = getattr(one, name)
        if told:
            lines += ["", f"[table.{name}]"]
            lines += [f"{_key(key)} = {toml_value(value)}" for key, value in told.items()]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.replace("_", "").isascii() and name.replace("_", "").isalnum() else toml_value(name)


def toml_value(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for DEL.
        return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {toml_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return str(value)
