"""What one of what the business counts costs: an order, a ticket, an active user."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.measures import Meta, Query
from tokometer.records.units import COUNT, RATIO, USD
from tokometer.settings import Settings
from tokometer.settings.owned import OwnSeries

_NANO: Final = Decimal("0.000000001")


_Days = list[tuple[date, float, Decimal]]


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    rows = []
    for series in settings.own_series:
        [asked] = yield (_query(matter, series, matter.since, matter.until),)
        since, until = _window(matter, series, asked.meta)
        [earlier] = yield (_query(matter, series, (since - (until - since)).isoformat(), _eve(since)),)
        held = _held(series, asked.rows, since, until)
        before = _summed(series, _held(series, earlier.rows, since - (until - since), since))
        now = _summed(series, held)
        rows.append(
            {
                "unit_costs": now["each"],
                "series": series.title,
                "name": series.name,
                "unit": series.unit,
                "amount": now["amount"],
                "cost": now["cost"],
                "days": len(held),
                "days_unknown": sum(since <= day < until for day, _ in series.points) - len(held),
                "before": before["each"],
                "change": float(now["each"] / before["each"] - 1)
                if now["each"] is not None and before["each"]
                else None,
                "last": series.points[-1][0].isoformat() if series.points else "",
            }
        )
    return rows


def _course(matter: Matter, settings: Settings) -> Inquiry:
    rows: list[Row] = []
    for series in settings.own_series:
        [asked] = yield (_query(matter, series, matter.since, matter.until),)
        since, until = _window(matter, series, asked.meta)
        rows += [
            {
                "unit_course": _each(cost, amount),
                "day": day.isoformat(),
                "series": series.title,
                "name": series.name,
                "unit": series.unit,
                "amount": amount,
                "cost": cost,
            }
            for day, amount, cost in _held(series, asked.rows, since, until)
        ]
    return rows


def _query(matter: Matter, series: OwnSeries, since: str, until: str) -> Query:
    return Query(
        measures=("calls.cost",), by=("calls.day",), where=matter.where, since=since, until=until, tz=series.tz
    )


def _eve(day: date) -> str:
    return (day - timedelta(days=1)).isoformat()


def _window(matter: Matter, series: OwnSeries, meta: Meta) -> tuple[date, date]:
    """The days of the window on the series' calendar: the first, and the one after the last."""
    zone = ZoneInfo(series.tz)
    end = min(meta.until.astimezone(UTC), matter.now.astimezone(UTC)) - timedelta(microseconds=1)
    return meta.since.astimezone(zone).date(), end.astimezone(zone).date() + timedelta(days=1)


def _held(series: OwnSeries, rows: Iterable[Mapping[str, Any]], since: date, until: date) -> _Days:
    """The days with a value, and what the calls of each cost: nothing where there were none; not where nobody knows."""
    costs = {_day(row["day"]): row["cost"] for row in rows}
    found = [(day, value, costs.get(day, Decimal(0))) for day, value in series.points if since <= day < until]
    return [(day, value, cost) for day, value, cost in found if cost is not None]


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _summed(series: OwnSeries, days: _Days) -> Row:
    if not days:
        return {"each": None, "amount": None, "cost": None}
    amount = math.fsum(value for _, value, _ in days)
    amount = amount if series.adds else amount / len(days)
    cost = sum((cost for *_, cost in days), Decimal(0))
    return {"each": _each(cost, amount), "amount": amount, "cost": cost}


def _each(cost: Decimal, amount: float) -> Decimal | None:
    return (cost / Decimal(repr(amount))).quantize(_NANO) if amount > 0 else None


def _standing(_row: Row, _: Settings) -> Standing:
    return "none"


_FORMULA: Final = (
    "cost of the calls / what was counted, of the days for which the series has a value; days are those of the series' "
    "own zone. A series that adds up (orders) is summed up, of a level (active users) the mean counts. A day without "
    "calls costs nothing; a day on which no call has a price is left out"
)

UNIT_COSTS: Final = Judgement(
    name="unit_costs",
    title="Cost per unit",
    unit=USD,
    type="money",
    better="lower",
    description="What one of what the business counts costs: an order, a ticket, an active user; see the page Units.",
    formula=_FORMULA,
    by=("",),
    facts=(
        text("series", "what is counted", "Series"),
        text("name", "its name in the API"),
        text("unit", "one of them"),
        Fact("amount", RATIO, title="Counted", meaning="how many there were; of a level, on average"),
        Fact("cost", USD, "money", "Cost", "of the calls of the same days"),
        Fact("days", COUNT, "integer", "Days", "with a value"),
        Fact("days_unknown", COUNT, "integer", "Days without a price", "with a value, and calls that nobody prices"),
        Fact("before", USD, "money", "Before", "cost per unit in the window before, of the same length"),
        share("change", "against that", "Change"),
        text("last", "the last day with a value", "Last value"),
    ),
    thresholds="none: what it may cost is for the business to say",
    inquire=_inquire,
    standing=_standing,
)

UNIT_COURSE: Final = Judgement(
    name="unit_course",
    title="Cost per unit by day",
    unit=USD,
    type="money",
    better="lower",
    description="The same day by day, beside the cost and what was counted.",
    formula=_FORMULA,
    by=("",),
    facts=(
        text("day", "the day, of the series' zone", "Day"),
        text("series", "what is counted", "Series"),
        text("name", "its name in the API"),
        text("unit", "one of them"),
        Fact("amount", RATIO, title="Counted", meaning="how many there were"),
        Fact("cost", USD, "money", "Cost", "of the day's calls"),
    ),
    thresholds="none",
    inquire=_course,
    standing=_standing,
)
