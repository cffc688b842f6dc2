"""Where the month will end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, ClassVar, Final

from tokometer.charts.axes import Grain
from tokometer.dashboards.answers import described
from tokometer.dashboards.calendar import elapsed, midnight
from tokometer.dashboards.certainty import mark_of
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Line, Period, outlook, periods
from tokometer.dashboards.drawing.periods import ms
from tokometer.dashboards.figure import figure
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.dashboards.rows import numbers, only
from tokometer.judgement import Day, Forecast, forecast
from tokometer.judgement.certainty import CERTAINTY
from tokometer.records.evened import even
from tokometer.records.units import PERCENT, show

#: Days that a forecast learns from.
HISTORY: Final = 180
_DAY: Final[Grain] = "day"
MEASURES: Final = {"cost": "Cost", "total_tokens": "Tokens", "requests": "Requests"}


@dataclass(frozen=True, slots=True)
class Prediction:
    """The forecast of one measure for the running month."""

    measure: str
    forecast: Forecast | None
    so_far: float


def predictions(context: Context) -> tuple[dict[str, Prediction], list[Period], dict[str, list[float]]]:
    """Forecasts by measure, with the days and the daily values that they rest on."""
    calendar = context.scope.calendar
    window = calendar.days(HISTORY)
    stretch = periods(window, _DAY, calendar.now)
    rows = context.query(window, *MEASURES, grain=_DAY).rows
    values = {name: numbers(rows, name, stretch) for name in MEASURES}
    begin = next((index for index, value in enumerate(values["requests"]) if value > 0), len(stretch))
    first, end = calendar.month(0), calendar.month(1)
    passed = elapsed(stretch[-1].start, calendar.now) / elapsed(stretch[-1].start, stretch[-1].end)
    found = {}
    for name, line in values.items():
        so_far = sum(value for period, value in zip(stretch, line, strict=True) if period.start >= first)
        # The first day of use is rarely a whole one.
        history = [Day(p.start.date(), v) for p, v in zip(stretch[begin + 1 : -1], line[begin + 1 : -1], strict=True)]
        today = Day(stretch[-1].start.date(), line[-1])
        found[name] = Prediction(name, forecast(history, so_far, today, passed, end.date()), so_far)
    return found, stretch, values


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook(Placed):
    """Cost, requests and tokens at the end of the running month, with the 80 % interval and the back-tested error."""

    kind: ClassVar[str] = "outlook"
    method: ClassVar[str] = (
        "What is expected is what was used so far and, for each day that is left, a mean of six smoothers of the last "
        "180 days (damped trend, with the shares of weekdays from two weeks on), which differ in how fast they follow. "
        "Each counts by how near the same forecast came as of past days. The mean is tested in the same way, with the "
        "weights that it would have had then, and so is the last week, repeated: both errors stand below. The interval "
        "comes from those errors, from the spread of single days while there are few, and widens with little history."
    )
    every: int = 300
    window: str = "month"

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(f"calls.{name}" for name in MEASURES)

    def view(self, context: Context) -> View:
        """A row a measure, and the cost's course with its band."""
        found, stretch, values = predictions(context)
        first, month = context.scope.calendar.month(0), context.scope.calendar.named("month")
        called = f"{first:%B %Y}"
        cost = found["cost"].forecast
        sure = only(context.query(month, *CERTAINTY))
        table = Table(
            ("measure", "so_far", "estimate", "low", "high", "error", "naive_error", *CERTAINTY),
            [
                (
                    name,
                    _tidy(p.so_far, name),
                    *_numbers(p.forecast, name),
                    *(sure.get(one) if name == "cost" else None for one in CERTAINTY),
                )
                for name, p in found.items()
            ],
        )
        if found["requests"].forecast is None:
            basis = "A forecast needs three whole days of use."
            return View({"month": called, "rows": [], "basis": basis}, table, month)
        shown = {
            "month": called,
            "rows": [_row(name, prediction) for name, prediction in found.items()],
            "basis": _basis(cost),
            "mark": mark_of(sure),
            "alt": f"Cost of {called} so far, and expected until its end",
            #: What is expected leads to the days that it was learned from.
            "learned": f"{HISTORY}d",
        }
        days = [(period, value) for period, value in zip(stretch, values["cost"], strict=True) if period.start >= first]
        return View(shown, table, month, _chart(days, cost, context.scope.now) if cost else None)


def _row(name: str, prediction: Prediction) -> dict[str, Any]:
    unit = described(f"calls.{name}").unit
    found = prediction.forecast
    estimate, low, high = (None, None, None) if found is None else (found.estimate, found.low, found.high)
    so_far, expected, *ends = even([prediction.so_far, estimate, low, high], unit)
    return {
        "title": MEASURES[name],
        "so_far": replace(figure(f"calls.{name}", _tidy(prediction.so_far, name)), text=so_far),
        "estimate": replace(
            figure(f"calls.{name}", None if estimate is None else _tidy(estimate, name)), text=expected
        ),
        "low": "" if low is None else ends[0],
        "high": "" if high is None else ends[1],
    }


def _tidy(value: float, name: str) -> float:
    """A sum of floats without the digits that adding made up."""
    return round(value, 2) if name == "cost" else float(round(value))


def _basis(found: Forecast | None) -> str:
    if found is None:
        return ""
    text = f"From {found.days} days" + (", weekdays told apart" if found.seasonal else "")
    if found.error is None or found.naive_error is None:
        return f"{text}; too few to test the forecast against, so that the interval is wide."
    error, naive = show(found.error, PERCENT), show(found.naive_error, PERCENT)
    return f"{text}. Made on past days in the same way, it was {error} off on average; the last week repeated, {naive}."


def _numbers(found: Forecast | None, name: str) -> tuple[float | None, ...]:
    """What is expected, the ends of the interval, how far off such forecasts were, and the last week repeated."""
    if found is None:
        return (None,) * 5
    return (*(_tidy(value, name) for value in (found.estimate, found.low, found.high)), found.error, found.naive_error)


def _chart(days: Sequence[tuple[Period, float]], found: Forecast, now: datetime) -> dict[str, Any]:
    totals = list(accumulate(value for _, value in days))
    rest = found.estimate - found.so_far
    zone: Any = now.tzinfo
    ahead = [(now, found.so_far, found.so_far, found.so_far)]
    added = 0.0
    for day in found.path:
        added += day.value
        # The band opens as the expected rest is used up, to the interval at the end.
        share = added / rest if rest > 0 else 1.0
        low = found.so_far + (found.low - found.so_far) * share
        high = found.so_far + (found.high - found.so_far) * share
        ahead.append((midnight(day.date + timedelta(days=1), zone), low, found.so_far + added, high))
    line = Line("cost", "Cost", "cost", totals)
    chart = outlook([period for period, _ in days], [line], ahead, described("calls.cost").unit)
    # What has added up until then, from the beginning of the month on.
    return chart | {"of": "calls.cost", "from": ms(days[0][0].start), "now": ms(now)}
