"""One cell of a table: a measure's or judgement's value, or how it has changed, as the viewer chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from tokometer.dashboards.answers import STANDING, described
from tokometer.dashboards.figure import Delta
from tokometer.dashboards.names import source_titles
from tokometer.dashboards.scope import Show
from tokometer.measures.run import PREVIOUS
from tokometer.records.evened import even, share, whole
from tokometer.records.providers import provider_name
from tokometer.records.units import NOTHING, PERCENT, POINTS, Number, Unit, exact, show

#: Facts that are names, several of them with commas, and what people call each.
_CALLED: Final[Mapping[str, Callable[[str], str]]] = {
    "provider": provider_name,
    "sources": lambda source: source_titles().get(source, source),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, what hovering says, and what it is sorted by."""

    name: str
    text: str
    exact: str
    sort: float
    #: Of a judgement: `good`, `warning`, `critical` or `none`.
    standing: str = ""
    #: Of a change: True for better, False for worse, None where neither.
    good: bool | None = None
    #: It holds words, not a number.
    words: bool = False


def cell(name: str, row: Mapping[str, Any], how: Show = "value") -> Cell:
    """The cell of a row from :func:`tokometer.dashboards.answers.rows_of`."""
    what = described(name)
    standing = str(row.get(name + STANDING) or "")
    if what.type in ("text", "flag"):
        return _words(name, row.get(name), standing)
    if what.type == "time":
        return _moment(name, row.get(name))
    value: Number | None = row.get(name)
    if standing == "none" and value is not None:
        # Known, but nothing that is good or bad.
        standing = ""
    return number(
        name,
        value,
        row.get(name + PREVIOUS),
        what.unit,
        better=what.better,
        how=how if name + PREVIOUS in row else "value",
        standing=standing,
    )


def number(
    name: str,
    value: Number | None,
    before: Number | None,
    unit: Unit,
    *,
    better: str = "",
    how: Show = "value",
    standing: str = "",
) -> Cell:
    """The cell of a number under a name of its own, or of how it has changed since `before`."""
    if how == "value":
        told = exact(value, unit)
        return Cell(name, show(value, unit), told, -1e300 if value is None else float(value), standing)
    told = f"{exact(value, unit)}, before {exact(before, unit)}"
    if value is None or before is None:
        return Cell(name, NOTHING, told, -1e300, standing)
    change = float(value) - float(before)
    good = None if not better or not change else (change > 0) == (better == "higher")
    if how == "change":
        # Money is subtracted as money: a change is right to the last digit, too.
        difference = value - before if type(value) is type(before) else change  # type: ignore[operator]
        text = show(difference, POINTS if unit is PERCENT else unit)
        return Cell(name, _signed(text, change), told, change, standing, good)
    if not before:
        return Cell(name, "new" if value else NOTHING, told, 1e300 if value else 0.0, standing, good)
    share = change / abs(float(before))
    return Cell(name, _signed(show(share, PERCENT), share), told, share, standing, good)


def evened(column: Sequence[Cell], how: Show = "value", of: Unit | None = None) -> list[Cell]:
    """A column of one measure with as many decimals each, so that its numbers can be compared at a glance.

    `of` is its unit, where that is not the measure's.
    """
    if not column or any(cell.words for cell in column):
        return list(column)
    unit = of or described(column[0].name).unit
    if how != "value":
        unit = PERCENT if how == "percent" else POINTS if unit is PERCENT else unit
    values = [None if cell.text in _TOLD else cell.sort for cell in column]
    return [
        cell if value is None else replace(cell, text=_signed(text, value) if how != "value" else text)
        for cell, value, text in zip(column, values, even(values, unit), strict=True)
    ]


def evened_out(rows: Iterable[Sequence[Cell]], how: Show = "value") -> list[list[Cell]]:
    """The same of each column of several rows."""
    given = list(rows)
    columns = [evened(column, how) for column in zip(*given, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)] or [[] for _ in given]


def evened_changes(changes: Sequence[Delta | None]) -> list[Delta | None]:
    """Changes of one measure below each other, in per cent or points, with as many decimals each."""
    sizes = [change.size for change in changes if change is not None and change.size is not None]
    places = 0 if all(whole(100 * size) for size in sizes) else 1
    return [
        change
        if change is None or change.size is None
        else replace(change, text=share(100 * change.size, places, change.text[change.text.rindex(" ") :]))
        for change in changes
    ]


#: What is told instead of a number.
_TOLD: Final = (NOTHING, "new")
#: A state in words is sorted by how grave it is.
_GRAVE: Final = {"critical": 2.0, "warning": 1.0}


def _words(name: str, value: object, standing: str = "") -> Cell:
    if isinstance(value, str) and (called := _CALLED.get(name.rpartition(".")[2])):
        value = ", ".join(called(one) for one in value.split(", "))
    text = {True: "yes", False: "no", None: NOTHING, "": NOTHING}.get(value, str(value))  # type: ignore[call-overload]
    return Cell(name, text, text, _GRAVE.get(standing, 0.0), standing, words=True)


def _moment(name: str, at: datetime | None) -> Cell:
    """A time on the clock that it comes with: the viewer's."""
    if at is None:
        return Cell(name, NOTHING, NOTHING, -1e300, words=True)
    if (at.hour, at.minute, at.second) == (0, 0, 0):
        # A day rather than a time.
        return Cell(name, f"{at:%-d %b %Y}", f"{at:%A, %-d %B %Y}", at.timestamp(), words=True)
    return Cell(name, f"{at:%-d %b, %H:%M}", f"{at:%-d %b %Y, %H:%M:%S %Z}".strip(), at.timestamp(), words=True)


def _signed(text: str, value: float) -> str:
    return f"+{text}" if value > 0 else text
