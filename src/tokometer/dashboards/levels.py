"""What courses are compared with: budgets, benchmarks and thresholds, as lines and bands of a chart."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from tokometer.charts.axes import Grain
from tokometer.dashboards.answers import described
from tokometer.dashboards.calendar import Window, midnight
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Band, Level
from tokometer.dashboards.kinds.stat import Limits
from tokometer.judgement.budgets import limit_of
from tokometer.records.units import show
from tokometer.settings import Settings

#: Days that a benchmark is worked out from, those before today.
BENCHMARK_DAYS: Final = 28


def budget_line(context: Context, _window: Window, grain: Grain) -> Sequence[Level]:
    """What a period of the chart may cost: the month's budget by its days. None for calls that no budget is for."""
    monthly = _budget(context)
    if monthly is None:
        return ()
    now = context.scope.now
    daily = monthly / monthrange(now.year, now.month)[1]
    periods: dict[str, Decimal] = {"day": daily, "week": 7 * daily, "month": monthly, "hour": daily / 24}
    amount = periods.get(grain)
    return () if amount is None else (Level(float(amount), f"Budget a {grain}", "warning"),)


def _budget(context: Context) -> Decimal | None:
    """The monthly budget of exactly the calls that the viewer looks at, as `judgement.budget` takes it."""
    where = context.scope.where
    if context.scope.without:
        return None
    if not where:
        return limit_of(context.settings)
    (name, values), *others = where
    if others or len(values) != 1:
        return None
    return limit_of(context.settings, name, values[0]) if values[0] else None


def success_objective(context: Context, _window: Window, _grain: Grain) -> Sequence[Level]:
    """The share of calls that has to succeed: what `slo.error_rate` leaves."""
    return (Level(1 - context.settings.slo.error_rate, "Objective", "good"),)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The value of a measure over the 28 days before today, all calls of the viewer's together, as a line."""

    of: str

    def __call__(self, context: Context, _window: Window, _grain: Grain) -> Sequence[Level]:
        """The line; none where nothing is known of these days."""
        today = context.scope.calendar.day(0)
        since = midnight(today.date() - timedelta(days=BENCHMARK_DAYS), context.scope.zone)
        last = today.date() - timedelta(days=1)
        past = Window(since, today, (since.date().isoformat(), last.isoformat()))
        rows = context.query(past, self.of).rows
        value = rows[0][self.of.partition(".")[2]] if rows else None
        if value is None:
            return ()
        return (Level(float(value), f"{BENCHMARK_DAYS} days before: {show(value, described(self.of).unit)}"),)


@dataclass(frozen=True, slots=True)
class Bands:
    """Where values are worrying and where bad, of a measure of which less is better."""

    limits: Callable[[Settings], Limits]

    def __call__(self, context: Context) -> Sequence[Band]:
        """Three bands, from good to bad."""
        found = self.limits(context.settings)
        return (
            Band(None, found.warning, "good"),
            Band(found.warning, found.critical, "warning"),
            Band(found.critical, None, "critical"),
        )
