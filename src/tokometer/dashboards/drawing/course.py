"""Charts over time: bars, lines, areas, with what people compare them to and what happened meanwhile.

Everything is written here, so that the browser formats nothing; data travels as short rows, one array a point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final, Literal

from tokometer.charts.axes import Axis, Grain, time_axis, value_axis
from tokometer.dashboards.drawing.chart import axes, by_width, frame_for, table
from tokometer.dashboards.drawing.periods import STEPS, Period, ms, period_title
from tokometer.records.evened import even
from tokometer.records.units import Unit, show

State = Literal["good", "warning", "critical", ""]

#: The design token of a state's colour.
STATE_INK: Final[dict[str, str]] = {
    "good": "state-good",
    "warning": "state-warning",
    "critical": "state-critical",
    "": "text-3",
}
#: The ink of a mark by its kind; others are grey.
_MARK_INK: Final[dict[str, str]] = {
    "incident": STATE_INK["critical"],
    "alert": STATE_INK["warning"],
    "note": "accent",
}
#: How a point is drawn: as part of a whole line, as the way to an unfinished period, as part of a dashed line.
_DONE, _OPEN, _DASHED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one series, a value a period. `colour` is `#rrggbb` or the name of a design token."""

    name: str
    label: str
    colour: str
    #: None where nothing is known: the line has a gap there, and nothing is stacked.
    values: Sequence[float | None]
    #: The dimension that a click on it filters by; '' for none.
    filter: str = ""
    #: A rolling mean or a benchmark: drawn thin and dashed, never part of a total.
    dashed: bool = False
    #: The line goes on over gaps, from one known value to the next; the tooltip has no value there.
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line to compare with: a target, a budget, a benchmark. Its label stands at its right end."""

    value: float
    label: str
    state: State = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A pale stripe from `low` to `high` that says what values there mean; None reaches to the edge of the chart."""

    low: float | None
    high: float | None
    state: State


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened: a vertical line; its text is in the tooltip of the period that it falls into.

    `kind` is `incident` (red), `alert` (amber), `note` (what somebody wrote), `price`, `release` or any other word
    (grey). What goes on `until` a later time is told in every period of it.
    """

    time: datetime
    text: str
    kind: str = "note"
    until: datetime | None = None

    def falls_into(self, period: Period) -> bool:
        """Whether a period's tooltip tells of it."""
        return self.time < period.end and (self.time >= period.start or (self.until or self.time) > period.start)


def bars(
    stretch: Sequence[Period],
    grain: Grain,
    lines: Sequence[Line],
    unit: Unit,
    *,
    levels: Sequence[Level] = (),
    bands: Sequence[Band] = (),
    marks: Sequence[Mark] = (),
) -> dict[str, Any]:
    """A bar a period, series stacked in order from zero, negative values downwards; dashed lines stand over the bars.

    The tooltip lists all series of a period, largest first, with their total where there are several.
    """
    points: list[list[float]] = []
    tops, bottoms = [0.0] * len(stretch), [0.0] * len(stretch)
    places = [(ms(period.start), ms(period.end), int(period.open)) for period in stretch]
    for number, line in enumerate(lines):
        for index, (start, end, is_open) in enumerate(places):
            value = line.values[index]
            if line.dashed or not value:
                continue
            piled = tops if value > 0 else bottoms
            below, piled[index] = piled[index], piled[index] + value
            points.append([start, end, below, piled[index], number, is_open, 0, 0])
    x = time_axis([period.start for period in stretch], stretch[-1].end if stretch else _never(), grain)
    if grain not in STEPS:
        # A day's label stands under the middle of its bar; an hour's is its beginning.
        middles: dict[float, float] = {start: (start + end) / 2 for start, end, _ in places}
        x = x.at(middles)
    over = [(number, line) for number, line in enumerate(lines) if line.dashed]
    reach = [*tops, *bottoms, *_known(line for _, line in over), *(level.value for level in levels)]
    chart = course("bars", x, unit_axis(reach, unit), stretch, grain, lines, points, unit, total=True)
    # The line over the bars goes through their middles.
    centred = [replace(period, start=period.start + (period.end - period.start) / 2) for period in stretch]
    chart["data"]["over"] = table(_POINT, (point for number, line in over for point in _path(number, line, centred)))
    return _compared(chart, stretch, levels, bands, marks)


def curve(
    kind: str,
    stretch: Sequence[Period],
    grain: Grain,
    lines: Sequence[Line],
    unit: Unit,
    *,
    levels: Sequence[Level] = (),
    bands: Sequence[Band] = (),
    marks: Sequence[Mark] = (),
    from_zero: bool = True,
    total: bool | None = None,
) -> dict[str, Any]:
    """An `area` or a `line` a series, or all of them stacked (`stack`). The step into the open period is a piece apart.

    Args:
        kind: `area`, `line` or `stack`.
        stretch: The periods.
        grain: What they are, for axis and titles.
        lines: The series; None among the values is a gap.
        unit: Of the values.
        levels: Lines to compare with.
        bands: What ranges of values mean.
        marks: What happened.
        from_zero: Whether the axis begins at zero. Without, a line of 99.2 to 100 % fills the chart; for lines only.
        total: Whether the tooltip adds the series up. By default it does where they are stacked: the sum of two
            percentiles means nothing.
    """
    points: list[list[float]] = []
    base = [0.0] * len(stretch)
    reach: list[float] = [level.value for level in levels]
    for number, line in enumerate(lines):
        stacked = kind == "stack" and not line.dashed
        points += _path(number, line, stretch, base if stacked else None)
        if stacked:
            base = [low + (value or 0.0) for low, value in zip(base, line.values, strict=True)]
            reach += base
        else:
            reach += _known([line])
    starts = [period.start for period in stretch]
    x = time_axis(starts, starts[-1] if len(starts) > 1 else (stretch[-1].end if stretch else _never()), grain)
    y = unit_axis(reach, unit, from_zero=from_zero or kind != "line")
    adds = kind == "stack" if total is None else total
    chart = course(kind, x, y, stretch, grain, lines, points, unit, total=adds)
    return _compared(chart, stretch, levels, bands, marks)


_POINT: Final = "t u a b s p dot g"


def _path(
    number: int, line: Line, stretch: Sequence[Period], base: Sequence[float] | None = None
) -> Iterable[list[float]]:
    """The points of a series, every unbroken piece under a number of its own; a point alone in its piece is a dot."""
    piece, values, last = 0, line.values, len(stretch) - 1
    joined = line.joined and sum(value is not None for value in values) > 1
    for index, period in enumerate(stretch):
        value = values[index]
        if value is None:
            piece += not joined
            continue
        low = base[index] if base else 0.0
        place = [ms(period.start), ms(period.end), low, low + value, number]
        alone = not joined and (index == 0 or values[index - 1] is None)
        alone = alone and (index == last or values[index + 1] is None)
        following_open = index < last and stretch[index + 1].open
        if line.dashed:
            yield [*place, _DASHED, int(alone), piece]
            continue
        if not period.open:
            yield [*place, _DONE, int(alone), piece]
        if period.open or following_open:
            yield [*place, _OPEN, int(period.open and index == last and base is None), piece]


def course(
    kind: str,
    x: Axis,
    y: Axis,
    stretch: Sequence[Period],
    grain: Grain,
    lines: Sequence[Line],
    points: Iterable[Sequence[float]],
    unit: Unit,
    *,
    total: bool = False,
) -> dict[str, Any]:
    """A chart over time from its parts."""
    frame = frame_for(y)
    return {
        "kind": kind,
        "frame": frame,
        "layouts": by_width(x, frame),
        "signals": {**axes(x, y), "periods": len(stretch)},
        "series": [
            {"name": line.name, "label": line.label, "colour": line.colour, "filter": line.filter} for line in lines
        ],
        "data": {"points": table(_POINT, points)},
        "sum": "Total",
        "tips": [_tip(index, period, grain, lines, unit, total=total) for index, period in enumerate(stretch)],
    }


def _tip(index: int, period: Period, grain: Grain, lines: Sequence[Line], unit: Unit, *, total: bool) -> list[Any]:
    """Start, end, title, total (where there is more than one series), the series largest first, and what happened."""
    known = [(value, number) for number, line in enumerate(lines) if (value := line.values[index]) is not None]
    known.sort(key=lambda pair: (-pair[0], pair[1]))
    parts = [value for value, number in known if not lines[number].dashed]
    told = [(value, number) for value, number in known if value or not total or len(lines) == 1]
    *texts, whole = even([*(value for value, _ in told), sum(parts)], unit)
    shown = [[number, text] for (_, number), text in zip(told, texts, strict=True)]
    summed = whole if total and len(lines) > 1 and len(parts) > 0 else ""
    title = period_title(period, grain) + (" · so far" if period.open else "")
    return [ms(period.start), ms(period.end), title, summed, shown, []]


def _compared(
    chart: dict[str, Any],
    stretch: Sequence[Period],
    levels: Sequence[Level],
    bands: Sequence[Band],
    marks: Sequence[Mark],
) -> dict[str, Any]:
    """The same chart with lines to compare with, bands, and what happened."""
    bottom, top = chart["signals"]["ydomain"]
    if levels:
        chart["data"]["levels"] = table(
            "b text c dy left", _levels(levels, top - bottom, chart["data"]["points"]["rows"])
        )
    cut = [
        (max(bottom, bottom if band.low is None else band.low), min(top, top if band.high is None else band.high), band)
        for band in bands
    ]
    if cut:
        rows = [(low, high, STATE_INK[band.state]) for low, high, band in cut if high > low]
        chart["data"]["bands"] = table("a b c", rows)
    lines: list[tuple[float, str]] = []
    # A line's last point stands at the start of its period: what happened later in that is at the edge.
    end = chart["signals"]["xdomain"][1]
    for tip, period in zip(chart["tips"], stretch, strict=True):
        own = sorted((mark for mark in marks if mark.falls_into(period)), key=lambda mark: mark.time)
        tip[5] = [[mark.kind, mark.text] for mark in own]
        # One line for all of a kind: several in a period would stand on top of each other.
        firsts = {mark.kind: mark for mark in reversed(own) if mark.time >= period.start}
        lines += [(min(ms(m.time), end), _MARK_INK.get(m.kind, STATE_INK[""])) for m in firsts.values()]
    if lines:
        chart["data"]["events"] = table("t c", lines)
    return chart


#: A label stands above its line, unless that would put it onto the label of a line just above: as a share of the axis.
_LABEL_SHARE: Final = 0.09


#: The share of the periods over which a label stands, about.
_LABEL_REACH: Final = 0.25


def _levels(
    levels: Sequence[Level], span: float, points: Sequence[Sequence[float]]
) -> Iterable[tuple[float, str, str, int, int]]:
    """Each level with the place of its label: above its line, at the end where less is drawn near it."""
    times = [point[0] for point in points]
    first, last = min(times, default=0.0), max(times, default=0.0)
    reach = (last - first) * _LABEL_REACH
    begin = [point[3] for point in points if point[0] <= first + reach]
    end = [point[3] for point in points if point[0] >= last - reach]
    falling = sorted(levels, key=lambda level: -level.value)
    for above, level in pairwise([None, *falling]):
        assert level is not None
        crowded = above is not None and (above.value - level.value) < _LABEL_SHARE * span
        left = _nearest(begin, level.value) > 2 * _nearest(end, level.value)
        yield level.value, level.label, STATE_INK[level.state], 7 if crowded else -7, int(left)


def _nearest(values: Sequence[float], level: float) -> float:
    return min((abs(value - level) for value in values), default=0.0)


def _known(lines: Iterable[Line]) -> list[float]:
    return [value for line in lines for value in line.values if value is not None]


def unit_axis(values: Sequence[float], unit: Unit, *, from_zero: bool = True) -> Axis:
    """The y axis for values of a unit. A share's axis ends at 100 % where no value is larger."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    size = _step_unit(high, unit)
    axis = value_axis(
        high / size,
        lambda value: tick(value * size, unit),
        unit.style == "count",
        smallest=(min(low, 0.0) if from_zero else low) / size,
        most=1.0 if unit.style == "share" and high <= 1 else None,
    )
    bottom, top = axis.domain
    return replace(axis, domain=(bottom * size, top * size), ticks=[value * size for value in axis.ticks])


def _step_unit(high: float, unit: Unit) -> float:
    """What the steps of an axis are round in: long durations in minutes, hours or days, all else in the unit itself."""
    if unit.style != "duration":
        return 1.0
    second = float(1 / unit.size)
    return next((clock * second for clock in (86_400, 3_600, 60) if high >= 2 * clock * second), 1.0)


def tick(value: float, unit: Unit) -> str:
    """A tick's value: as everywhere, but round amounts of money carry no cents."""
    if unit.style == "money" and abs(value) >= 1 and value == int(value) and abs(value) < 10_000:  # noqa: PLR2004 - show's step
        return f"{'-' if value < 0 else ''}${abs(int(value)):,}"
    return show(value, unit)


def _never() -> datetime:
    return datetime.fromtimestamp(0, UTC)
