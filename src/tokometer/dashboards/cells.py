"""One cell of a table: a measure's or judgement's value, or how it has changed, as the viewer chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tokometer.dashboards.answers import PREVIOUS, STANDING, described
from tokometer.dashboards.scope import Show
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
    if how == "value" or name + PREVIOUS not in row:
        told = exact(value, what.unit)
        return Cell(name, show(value, what.unit), told, -1e300 if value is None else float(value), standing)
    return changed(name, value, row[name + PREVIOUS], how, what.unit, what.better)


def changed(name: str, value: Number | None, before: Number | None, how: Show, unit: Unit, better: str = "") -> Cell:
    """How a value has changed, as a difference or in per cent; unknown where either is."""
    told = f"{exact(value, unit)}, before {exact(before, unit)}"
    if value is None or before is None:
        return Cell(name, NOTHING, told, -1e300)
    change = float(value) - float(before)
    good = None if not better or not change else (change > 0) == (better == "higher")
    if how == "change":
        unit = POINTS if unit is PERCENT else unit
        # Money is subtracted as money: a change is right to the last digit, too.
        difference = value - before if type(value) is type(before) else change  # type: ignore[operator]
        return Cell(name, _signed(show(difference, unit), change), told, change, good=good)
    if not before:
        return Cell(name, "new" if value else NOTHING, told, 1e300 if value else 0.0, good=good)
    share = change / abs(float(before))
    return Cell(name, _signed(show(share, PERCENT), share), told, share, good=good)


#: A state in words is sorted by how grave it is.
_GRAVE: Final = {"critical": 2.0, "warning": 1.0}


def _words(name: str, value: object, standing: str = "") -> Cell:
    text = {True: "yes", False: "no", None: NOTHING, "": NOTHING}.get(value, str(value))  # type: ignore[call-overload]
    return Cell(name, text, text, _GRAVE.get(standing, 0.0), standing, words=True)


def _signed(text: str, value: float) -> str:
    return f"+{text}" if value > 0 else text
