"""Chart data: points, axes and what the tooltip says, for the shapes of :mod:`tokometer.charts.specs`.

Everything is written here, so that the browser formats nothing; data travels as short rows, one array a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tokometer.charts.axes import Axis, Grain, time_axis, value_axis
from tokometer.dashboards.calendar import Window, midnight
from tokometer.records.units import Unit, exact, show

_HOUR: Final = timedelta(hours=1)
_STEPS: Final[dict[str, timedelta]] = {
    "minute": timedelta(minutes=1),
    "quarter": timedelta(minutes=15),
    "hour": _HOUR,
}
#: A window may not be cut into more periods than this.
MOST_PERIODS: Final = 1_000
#: Points of a sparkline.
_SPARK_POINTS: Final = 48


@dataclass(frozen=True, slots=True)
class Period:
    """One stretch of a chart's time axis; `open` while it is not over."""

    start: datetime
    end: datetime
    open: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one series, a value a period. `colour` is `#rrggbb` or the name of a design token."""

    name: str
    label: str
    colour: str
    values: Sequence[float]
    #: The dimension that a click on it filters by; '' for none.
    filter: str = ""


def periods(window: Window, grain: Grain, now: datetime) -> list[Period]:
    """The periods of a window in the window's zone, the last of them open if the window is not over.

    A window that goes on after now ends with the period that now is in.
    """
    starts: list[datetime] = []
    moment = window.since
    while moment < window.until and moment <= now and len(starts) < MOST_PERIODS:
        starts.append(moment)
        moment = _next(moment, grain)
    ends = [*starts[1:], min(moment, window.until)] if starts else []
    return [Period(start, end, start <= now < end) for start, end in zip(starts, ends, strict=True)]


def _next(moment: datetime, grain: Grain) -> datetime:
    """The start of the period after the one that holds `moment`."""
    zone: Any = moment.tzinfo
    if grain in _STEPS:
        step = _STEPS[grain]
        # Whole hours of true time; a zone that is half an hour off has its hours on the half.
        later = (moment.astimezone(UTC) + step).astimezone(zone)
        whole = later - timedelta(minutes=later.minute)
        # Where clocks go back by half an hour, the hour that the clock shows then has begun already.
        return whole if grain == "hour" and whole.astimezone(UTC) > moment.astimezone(UTC) else later
    day = moment.date()
    if grain == "day":
        return midnight(day + timedelta(days=1), zone)
    if grain == "week":
        return midnight(day + timedelta(days=7 - day.weekday()), zone)
    if grain == "month":
        index = day.year * 12 + day.month
        return midnight(day.replace(year=index // 12, month=index % 12 + 1, day=1), zone)
    return midnight(day.replace(year=day.year + 1, month=1, day=1), zone)


def bars(stretch: Sequence[Period], grain: Grain, lines: Sequence[Line], unit: Unit) -> dict[str, Any]:
    """A bar a period, series stacked in order."""
    points: list[list[float]] = []
    tops = [0.0] * len(stretch)
    places = [(_ms(period.start), _ms(period.end), int(period.open)) for period in stretch]
    for number, line in enumerate(lines):
        for index, (start, end, is_open) in enumerate(places):
            value = line.values[index]
            if value > 0:
                below, tops[index] = tops[index], tops[index] + value
                points.append([start, end, below, tops[index], number, is_open, 0])
    x = time_axis([period.start for period in stretch], stretch[-1].end if stretch else _never(), grain)
    if grain not in _STEPS:
        # A day's label stands under the middle of its bar; an hour's is its beginning.
        middles = {start: (start + end) / 2 for start, end, _ in places}
        x = replace(x, ticks=[middles[tick] for tick in x.ticks])
    return _chart("bars", x, _y_axis(tops, unit), stretch, grain, lines, points, unit)


def curve(kind: str, stretch: Sequence[Period], grain: Grain, lines: Sequence[Line], unit: Unit) -> dict[str, Any]:
    """An `area` or a `line` a series, not stacked. The step into the open period is a piece of its own."""
    points: list[list[float]] = []
    for number, line in enumerate(lines):
        for index, period in enumerate(stretch):
            start, end, value = _ms(period.start), _ms(period.end), line.values[index]
            last = int(index == len(stretch) - 1)
            if not period.open:
                points.append([start, end, 0, value, number, 0, last])
            if period.open or (index + 1 < len(stretch) and stretch[index + 1].open):
                points.append([start, end, 0, value, number, 1, last])
    largest = [value for line in lines for value in line.values]
    starts = [period.start for period in stretch]
    x = time_axis(starts, starts[-1] if len(starts) > 1 else (stretch[-1].end if stretch else _never()), grain)
    return _chart(kind, x, _y_axis(largest, unit), stretch, grain, lines, points, unit)


def outlook(
    stretch: Sequence[Period], lines: Sequence[Line], ahead: Sequence[tuple[datetime, float, float, float]], unit: Unit
) -> dict[str, Any]:
    """What has added up so far and, from now on, what is expected with its band: (time, low, expected, high)."""
    points = [
        [_ms(period.end if not period.open else ahead[0][0]), 0, 0, value, 0, 0, 0]
        for period, value in zip(stretch, lines[0].values, strict=True)
    ]
    points.insert(0, [_ms(stretch[0].start), 0, 0, 0.0, 0, 0, 0])
    points += [[_ms(when), 0, 0, value, 0, 1, int(when == ahead[-1][0])] for when, _, value, _ in ahead]
    largest = max([high for *_, high in ahead] + [value for line in lines for value in line.values])
    starts = [period.start for period in stretch]
    days = [*starts, *(when for when, *_ in ahead[1:-1])]
    x = time_axis(days, ahead[-1][0], "day", 5)
    chart = _chart("forecast", x, _y_axis([largest], unit), stretch, "day", lines, points, unit)
    chart["band"] = [[_ms(when), low, high] for when, low, _, high in ahead]
    for tip, period in zip(chart["tips"], stretch, strict=True):
        tip[0] = _ms(period.end if not period.open else ahead[0][0])
        tip[2] = f"By the end of {period_title(period, 'day')}" if not period.open else "Now"
    for when, low, value, high in ahead[1:]:
        title = f"Expected by {_date(when - timedelta(seconds=1))}"
        interval = f"{show(low, unit)} – {show(high, unit)}" if high > low else ""
        chart["tips"].append([_ms(when), _ms(when), title, interval, [[0, show(value, unit)]]])
    return chart


def _chart(
    kind: str,
    x: Axis,
    y: Axis,
    stretch: Sequence[Period],
    grain: Grain,
    lines: Sequence[Line],
    points: list[list[float]],
    unit: Unit,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "signals": {
            "xdomain": x.domain,
            "ydomain": y.domain,
            "xticks": x.ticks,
            "xlabels": x.labels,
            "yticks": y.ticks,
            "ylabels": y.labels,
            "periods": len(stretch),
        },
        "series": [
            {"name": line.name, "label": line.label, "colour": line.colour, "filter": line.filter} for line in lines
        ],
        "points": points,
        "tips": [_tip(index, period, grain, lines, unit) for index, period in enumerate(stretch)],
    }


def _tip(index: int, period: Period, grain: Grain, lines: Sequence[Line], unit: Unit) -> list[Any]:
    """Start, end, title, total (where there is more than one series), and the series largest first."""
    values = sorted(((line.values[index], number) for number, line in enumerate(lines)), reverse=True)
    shown = [[number, show(value, unit)] for value, number in values if value > 0 or len(lines) == 1]
    total = show(sum(value for value, _ in values), unit) if len(lines) > 1 else ""
    title = period_title(period, grain) + (" · so far" if period.open else "")
    return [_ms(period.start), _ms(period.end), title, total, shown]


def period_title(period: Period, grain: Grain) -> str:
    """A period as people say it."""
    start = period.start
    if grain in _STEPS:
        return f"{start:%a} {_date(start)}, {start:%H:%M} – {period.end:%H:%M}"
    if grain == "day":
        return f"{start:%A} {_date(start)}"
    if grain == "week":
        return f"Week of {_date(start)}"
    return f"{start:%B %Y}" if grain == "month" else f"{start:%Y}"


def window_text(window: Window) -> str:
    """A window's dates: `10 – 16 Nov 2025`."""
    start, end = window.since, window.until - timedelta(seconds=1)
    if start.date() == end.date():
        return _date(start)
    if start.time() != midnight(start.date(), start.tzinfo).time():  # type: ignore[arg-type]
        return f"{start.day} {start:%b %H:%M} – {end.day} {end:%b %H:%M}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} – {_date(end)}"
    return f"{start.day} {start:%b} – {_date(end)}" if start.year == end.year else f"{_date(start)} – {_date(end)}"


def spark(values: Sequence[float | None], unit: Unit) -> dict[str, Any]:
    """A sparkline as the points of a polyline in a box of 100 × 24, and its largest value in words.

    Neighbouring periods are averaged where there are more than a line so small can show; unknown ones are left out.
    """
    size = -(-len(values) // _SPARK_POINTS) or 1
    known = [[value for value in values[at : at + size] if value is not None] for at in range(0, len(values), size)]
    means = [sum(group) / len(group) if group else None for group in known]
    top = max((mean for mean in means if mean is not None), default=0.0)
    if top <= 0 or len(means) < 2:  # noqa: PLR2004 - a line needs two points
        return {"points": "", "top": show(top, unit)}
    step = 100 / (len(means) - 1)
    places = ((index * step, 23 - 22 * mean / top) for index, mean in enumerate(means) if mean is not None)
    return {"points": " ".join(f"{x:.1f},{y:.1f}" for x, y in places), "top": exact(top, unit)}


def _y_axis(values: Sequence[float], unit: Unit) -> Axis:
    return value_axis(max(values, default=0.0), lambda value: _tick(value, unit), unit.style == "count")


def _tick(value: float, unit: Unit) -> str:
    """A tick's value: as everywhere, but round amounts of money carry no cents."""
    if unit.style == "money" and value >= 1 and value == int(value) and value < 10_000:  # noqa: PLR2004 - show's step
        return f"${int(value):,}"
    return show(value, unit)


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _ms(moment: datetime) -> float:
    return int(moment.timestamp() * 1_000)


def _never() -> datetime:
    return datetime.fromtimestamp(0, UTC)
