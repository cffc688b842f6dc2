"""What the columns of a panel's rows are: type, unit and title, told from their names and their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from tokometer.dashboards.answers import STANDING, described
from tokometer.dashboards.panel import Table
from tokometer.measures import CUBES, Calls, dimension_named
from tokometer.measures.labels import PREFIX
from tokometer.measures.made import made_of
from tokometer.measures.result import Column, ColumnType
from tokometer.measures.run import PREVIOUS
from tokometer.records.units import UNITS, Unit

#: What a name ends with whose values are those of another name: a period before, a window of its own.
_ENDS: Final = ((PREVIOUS, ", before"), (STANDING, ", state"), (".share", ", share of all"))
_WINDOW: Final = re.compile(r"^(.*?)(?: \((\w*)\)|\.(\d+[a-z]+))$")
#: Columns that hold values of several measures, one a row, whose name stands in another column.
_OF_ROW: Final = frozenset({"value", "previous", "so_far", "estimate", "low", "high"})
#: The columns that name the measure of a row.
_MEASURE: Final = "measure"
#: What is a share, among columns without a measure.
_SHARES: Final = frozenset({"error"})


def columns_of(table: Table) -> tuple[Column, ...]:
    """The columns of a panel's rows, in order."""
    found = []
    for at, name in enumerate(table.columns):
        title, unit = _described(name)
        values = [row[at] for row in table.rows]
        found.append(Column(name, unit, type_of(values, unit), title))
    return tuple(found)


def type_of(values: Sequence[Any], unit: str = "") -> ColumnType:
    """What can hold all of these values to their last digit; text where nothing else can.

    A column without a value has the type of its unit.
    """
    known = {type(value) for value in values if value is not None}
    if not known:
        style = UNITS[unit].style if unit in UNITS else ""
        return "money" if style == "money" else "integer" if style == "count" else "number" if style else "text"
    return next((name for name, types in _HOLDS if known <= types), "text")


#: What each type can hold to the last digit, the narrowest first.
_HOLDS: Final[tuple[tuple[ColumnType, frozenset[type]], ...]] = (
    ("flag", frozenset((bool,))),
    ("integer", frozenset((int,))),
    ("money", frozenset((int, Decimal))),
    ("number", frozenset((int, float))),
    ("time", frozenset((datetime,))),
    ("date", frozenset((date,))),
)


def units_of(table: Table) -> Callable[[int, Sequence[Any]], Unit | None]:
    """Gives the unit of a row's value, by the place of its column; where rows are of several measures, the row's."""
    own = [UNITS.get(_described(name)[1]) for name in table.columns]
    if _MEASURE not in table.columns:
        return lambda at, _: own[at]
    place = table.columns.index(_MEASURE)
    by_measure: dict[str, Unit | None] = {}

    def unit(at: int, row: Sequence[Any]) -> Unit | None:
        if table.columns[at] not in _OF_ROW:
            return own[at]
        measure = str(row[place])
        if measure not in by_measure:
            by_measure[measure] = UNITS.get(_described(measure if "." in measure else f"calls.{measure}")[1])
        return by_measure[measure]

    return unit


def _described(name: str) -> tuple[str, str]:
    """Title and unit of a column; the name itself in words where it is neither measure nor dimension."""
    for end, words in _ENDS:
        if name.endswith(end):
            title, unit = _described(name.removesuffix(end))
            return title + words, "" if end == STANDING else "percent" if end == ".share" else unit
    found = _WINDOW.match(name)
    if found:
        title, unit = _described(found[1])
        window = found[2] or found[3]
        return f"{title}, {window}" if window else title, unit
    try:
        what = described(name)
    except (KeyError, StopIteration):
        return _words(name), "percent" if name in _SHARES else ""
    return what.title, what.unit.key if what.type not in ("text", "flag") else ""


def _words(name: str) -> str:
    """What a dimension is called; another name in words."""
    for cube in CUBES.values():
        if name in cube.dimensions:
            return cube.dimensions[name].title
    if name.startswith(PREFIX) or any(made.short == name for made in made_of(Calls)):
        return dimension_named(f"calls.{name}").title
    words = name.rpartition(".")[2].replace("_", " ")
    return words[:1].upper() + words[1:]
