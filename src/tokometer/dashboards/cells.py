"""One cell of a table: a measure's or judgement's value, or how it has changed, as the viewer chooses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor, log10
from typing import Any, Final

from tokometer.dashboards.answers import STANDING, described
from tokometer.dashboards.figure import Delta
from tokometer.dashboards.scope import Show
from tokometer.measures.run import PREVIOUS
from tokometer.records.units import NOTHING, PERCENT, POINTS, Number, Unit, exact, show


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
    whole = all(_whole(100 * size) for size in sizes)
    return [
        change
        if change is None or change.size is None
        else replace(change, text=_share(100 * change.size, 0 if whole else 1, change.text[change.text.rindex(" ") :]))
        for change in changes
    ]


def even(values: Sequence[Number | None], unit: Unit) -> list[str]:
    """Values of one unit as people read them, below each other: `50.1 %`, `5.0 %`; `$12.30`, `<$0.01`; `75.0 k`."""
    texts = [show(value, unit) for value in values]
    known = [abs(float(value)) for value in values if value is not None]
    if unit.style == "share":
        places = 0 if all(_whole(100 * value) for value in known) else 1
        return [
            text if value is None else _share(100 * float(value), places, f" {unit.symbol}")
            for value, text in zip(values, texts, strict=True)
        ]
    if unit.style == "money" and known:
        places = _places(max(known), 2)
        return [
            text if value is None or text[-1:].isalpha() else _at_least(float(value), places, unit.symbol, "")
            for value, text in zip(values, texts, strict=True)
        ]
    if unit.style == "number" and known and not all(map(_whole, known)):
        after, places = f" {unit.symbol}" if unit.symbol else "", _places(max(known), 1)
        texts = [
            text if value is None or abs(float(value)) >= _IN_FULL_BELOW else _at_least(float(value), places, "", after)
            for value, text in zip(values, texts, strict=True)
        ]
    if unit.style == "duration":
        known = [value * float(unit.size) for value in known]
        texts = [
            text if value is None else _duration(text, float(value) * float(unit.size), known)
            for value, text in zip(values, texts, strict=True)
        ]
    return [_scaled(text, value, unit) for text, value in zip(texts, values, strict=True)]


def _duration(text: str, value: float, known: Sequence[float]) -> str:
    """Seconds with one decimal, what is shorter in whole milliseconds or microseconds; anything else as it is.

    Where none of a column has two digits before the point, with one more.
    """
    number, _, symbol = text.rpartition(" ")
    if not value or symbol not in _DURATIONS or " " in number:
        return text
    places, size = _DURATIONS[symbol]
    return _at_least(value / size, places + (max(known) < _TEN * size), "", f" {symbol}")


def _scaled(text: str, value: Number | None, unit: Unit) -> str:
    """What is written in thousands, millions, …, with one decimal of its own; anything else as it is written."""
    found = _SCALED.fullmatch(text)
    if found is None or value is None or found[1].strip() == unit.symbol:
        return text
    return f"{float(value) / _SCALES[found[2]]:,.1f}{found[1]}"


def _share(value: float, places: int, after: str) -> str:
    """A percentage; of what is not quite all of it, that it is less."""
    if value < _ALL and value + 0.5 * 10.0**-places >= _ALL:
        return f">{_ALL - 10.0**-places:.{places}f}{after}"
    return _at_least(value, places, "", after)


def _places(largest: float, least: int) -> int:
    """Decimals of a column: so few, and of what is less than one as many as give the largest three digits."""
    return least if not 0 < largest < 1 else min(_MOST_PLACES, max(least, 2 - floor(log10(largest))))


def _whole(value: float) -> bool:
    return abs(value - round(value)) < 1e-9  # noqa: PLR2004 - what adding floats makes up


def _at_least(value: float, places: int, before: str, after: str) -> str:
    """A value with so many decimals; of one that would be written as zero, that it is less than the least."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    least = 10.0**-places
    if 0 < size < least / 2:
        return f"{sign}{'' if sign else '<'}{before}{least:.{places}f}{after}"
    return f"{sign}{before}{size:,.{places}f}{after}"


#: A number with the letter of its thousands: `16.2 k`, `3.4 GB`.
_SCALED: Final = re.compile(r"-?[0-9.]+( ([kMBTGPE])\w*(?: \S+)?)")
_SCALES: Final = {"k": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
#: What is told instead of a number.
_TOLD: Final = (NOTHING, "new")
#: Numbers from here on are written in thousands.
_IN_FULL_BELOW: Final = 10_000
#: Decimals and seconds of the units that durations are written in.
_DURATIONS: Final = {"s": (1, 1.0), "ms": (0, 1e-3), "µs": (0, 1e-6)}
_TEN: Final = 10
_MOST_PLACES: Final = 9
_ALL: Final = 100
#: A state in words is sorted by how grave it is.
_GRAVE: Final = {"critical": 2.0, "warning": 1.0}


def _words(name: str, value: object, standing: str = "") -> Cell:
    text = {True: "yes", False: "no", None: NOTHING, "": NOTHING}.get(value, str(value))  # type: ignore[call-overload]
    return Cell(name, text, text, _GRAVE.get(standing, 0.0), standing, words=True)


def _signed(text: str, value: float) -> str:
    return f"+{text}" if value > 0 else text
