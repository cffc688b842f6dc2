"""What the columns of a panel's table are called in Grafana, and what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from tokometer.dashboards.answers import JUDGED, described
from tokometer.measures import CUBES, QueryError, dimension_named
from tokometer.measures.facts import FACTS
from tokometer.measures.run import PREVIOUS
from tokometer.records.units import COUNT, MS, PERCENT, USD, Unit

#: The types that a column has in the Infinity data source.
Type = Literal["string", "number", "timestamp_epoch", "boolean"]
_TYPES: Final[dict[str, Type]] = {
    "text": "string",
    "time": "timestamp_epoch",
    "date": "string",
    "flag": "boolean",
}
#: Columns that are neither a measure nor a dimension: their titles, types and units.
_OWN: Final[dict[str, tuple[str, Type, Unit | None]]] = {
    "time": ("Time", "timestamp_epoch", None),
    "at": ("Time", "timestamp_epoch", None),
    "since": ("Since", "timestamp_epoch", None),
    "weekday": ("Weekday", "string", None),
    "hour": ("Hour", "string", None),
    "low_ms": ("xMin", "number", MS),
    "high_ms": ("xMax", "number", MS),
    "count": ("Calls", "number", COUNT),
    "so_far": ("So far", "number", COUNT),
    "estimate": ("Expected", "number", COUNT),
    "low": ("At least", "number", COUNT),
    "high": ("At most", "number", COUNT),
    "error": ("Typical error", "number", PERCENT),
    "latency_ms": ("Latency", "number", MS),
    "duration_ms": ("Duration", "number", MS),
    "http_status": ("HTTP status", "number", None),
    "attempt": ("Attempt", "number", None),
    "calls": ("Calls", "number", COUNT),
    "per_week": ("Saves a week", "number", USD),
}
#: A window of its own behind a measure's name: `calls.availability.24h`, `calls.cost (month)`.
_WINDOWED: Final = re.compile(r"(?P<name>.+?)(?:\.(?P<window>\d+(?:m|h|d|mo))| \((?P<said>[^)]*)\))$")
_SHARE: Final = ".share"
_CALLS: Final = "calls"
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in our table (`source`) and in flat rows (`field`), and what Grafana is told of it."""

    source: str
    field: str
    title: str
    type: Type
    #: Grafana's id of the unit; '' for words and times.
    unit: str = ""
    #: Which way is better: `lower`, `higher` or ''.
    better: str = ""

    def to_infinity(self) -> dict[str, str]:
        """The column as the Infinity data source takes it."""
        return {"selector": self.field, "text": self.title, "type": self.type}

    def called(self, title: str) -> Column:
        """The same under another title; under its own where that is empty."""
        return replace(self, title=title) if title else self


def field_of(source: str) -> str:
    """A column's name without dots, which selectors take for a path: `calls_cost`, `judgement_health_score`."""
    return re.sub(r"[^a-z0-9]+", "_", source.lower()).strip("_")


def column_of(source: str, cube: str = "calls") -> Column:
    """What a column of a panel's table is: a measure, a judgement or a fact of one, a dimension, or one of our own."""
    field = field_of(source)
    name, ending, said = source, "", ""
    if name.endswith(PREVIOUS):
        name, ending = name.removesuffix(PREVIOUS), "before"
    if name.endswith(_SHARE):
        base = column_of(name.removesuffix(_SHARE), cube)
        return Column(source, field, f"Share of {base.title.lower()}", "number", PERCENT.grafana)
    if (found := _WINDOWED.fullmatch(name)) and not _is_measured(name):
        name, said = found["name"], found["window"] or found["said"]
    if _is_measured(name):
        what = described(name)
        kind: Type = _TYPES.get(what.type, "number")
        title = " ".join(filter(None, (what.title, said, ending)))
        return Column(source, field, title, kind, what.unit.grafana if kind == "number" else "", what.better)
    if cube != _CALLS and (fact := FACTS.get(cube, {}).get(name)):
        kind = _TYPES.get(fact.type, "number")
        unit = fact.unit.grafana if fact.unit and kind == "number" else ""
        return Column(source, field, fact.title, kind, unit)
    if name in _OWN:
        title, kind, measured = _OWN[name]
        return Column(source, field, title, kind, measured.grafana if measured else "")
    return Column(source, field, _title(name, cube), "string")


def _is_measured(name: str) -> bool:
    if name.startswith(JUDGED):
        try:
            described(name)
        except (KeyError, StopIteration):
            return False
        return True
    cube, _, short = name.partition(".")
    return cube in CUBES and short in CUBES[cube].measures


def _title(name: str, cube: str) -> str:
    if name.startswith(JUDGED):
        return name.rpartition(".")[2].replace("_", " ").capitalize()
    try:
        return dimension_named(f"{cube}.{name}").title
    except (QueryError, KeyError):
        return name.replace("_", " ").capitalize()


def columns_of(sources: Iterable[str], cube: str = "calls") -> tuple[Column, ...]:
    """Columns whose titles differ from each other."""
    found: list[Column] = []
    for source in dict.fromkeys(sources):
        one = column_of(source, cube)
        taken = sum(other.title == one.title for other in found)
        found.append(replace(one, title=f"{one.title} ({taken + 1})") if taken else one)
    return tuple(found)


def json_value(value: Any, column: Column) -> Any:  # noqa: ANN401 - whatever a table holds
    """A value of a table in JSON as its column's type says: money, which is text there, as a number; times in ms."""
    if not isinstance(value, str) or column.type in ("string", "boolean"):
        return value
    if column.type == "number":
        return Decimal(value)
    return (datetime.fromisoformat(value) - _EPOCH) // timedelta(milliseconds=1) if value else None
