"""One number as a page shows it: written for people, exact on hover, and what it was before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from tokometer.dashboards.answers import described
from tokometer.records.units import PERCENT, POINTS, Number, Unit, exact, show

#: A change below this is written as none.
_SAME: Final = 0.0005
#: A change above this says "×": nobody reads 4,300 %.
_TIMES: Final = 10.0
#: A change above this is one from next to nothing, as just after midnight: neither good nor bad.
_FROM_NOTHING: Final = 100.0


@dataclass(frozen=True, slots=True)
class Delta:
    """A change against the period before."""

    direction: Literal["up", "down", "same"]
    #: True for better, False for worse, None where neither.
    good: bool | None
    text: str
    previous: str
    #: How large it is, where it is told as a share (or as a difference of shares).
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """The value of a measure or judgement. `measure` is its name, from which its definition is explained."""

    title: str
    measure: str
    value: Number | None
    text: str
    exact: str
    delta: Delta | None = None
    note: str = ""
    spark: tuple[float, ...] = ()


def figure(
    name: str,
    value: Number | None,
    *,
    title: str = "",
    before: Number | None = None,
    when: str = "",
    note: str = "",
    spark: tuple[float, ...] = (),
) -> Figure:
    """A figure of a measure or judgement, with its change since `before` if known; `when` says what "before" was."""
    measure = described(name)
    return Figure(
        title=title or measure.title,
        measure=name,
        value=value,
        text=show(value, measure.unit),
        exact=exact(value, measure.unit),
        delta=delta(value, before, measure.unit, measure.better, when),
        note=note,
        spark=spark,
    )


def delta(value: Number | None, before: Number | None, unit: Unit, better: str, when: str) -> Delta | None:
    """How much more or less than before; None where one of the two is unknown or both are zero."""
    if value is None or before is None or (not value and not before):
        return None
    previous = f"{when}: {exact(before, unit)}" if when else exact(before, unit)
    change = float(value) - float(before)
    if unit is PERCENT:
        size, text = abs(change), show(abs(change), POINTS)
    elif not before:
        return Delta("up", None, "new", previous)
    else:
        size = abs(change / float(before))
        text = f"{float(value) / float(before):,.0f} ×" if size >= _TIMES else show(size, PERCENT)
    if size < _SAME:
        return Delta("same", None, "no change", previous)
    good = None if unit is not PERCENT and size >= _FROM_NOTHING else _good(change, better)
    told = None if text.endswith("×") else size
    return Delta("up" if change > 0 else "down", good, text, previous, told)


def _good(change: float, better: str) -> bool | None:
    return None if not better else (change > 0) == (better == "higher")
