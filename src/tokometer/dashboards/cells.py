"""One cell of a table: a measure's or judgement's value, or how it has changed, as the viewer chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tokometer.dashboards.answers import STANDING, described
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


#: A state in words is sorted by how grave it is.
_GRAVE: Final = {"critical": 2.0, "warning": 1.0}


def _words(name: str, value: object, standing: str = "") -> Cell:
    text = {True: "yes", False: "no", None: NOTHING, "": NOTHING}.get(value, str(value))  # type: ignore[call-overload]
    return Cell(name, text, text, _GRAVE.get(standing, 0.0), standing, words=True)


def _signed(text: str, value: float) -> str:
    return f"+{text}" if value > 0 else text
