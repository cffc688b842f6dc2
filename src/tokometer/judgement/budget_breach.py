"""Each budget's forecast: what its period will come to, and in how many hours it will be used up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.breach import Breach, breach
from tokometer.judgement.budgets import lines, scope_words
from tokometer.judgement.certainty import CERTAINTY, certainty_facts, certainty_of
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, text
from tokometer.judgement.expected import courses
from tokometer.judgement.month import HISTORY, Month
from tokometer.measures import Filter
from tokometer.measures.zones import zone_info
from tokometer.records.units import COUNT, PERCENT, SECONDS, USD
from tokometer.settings import BudgetLine, Settings

#: Budgets that are judged, in the order in which they stand.
MOST_LINES: Final = 100
#: A budget that is expected to be used up within so long is critical.
SOON: Final = timedelta(hours=24)
_WINDOWS: Final = {"day": "today", "week": "week", "month": "month"}
_NANO: Final = Decimal("0.000000001")
_GRADES: Final[dict[str, Standing]] = {"used up": "critical", "soon": "critical", "over": "warning", "within": "good"}


def period_of(line: BudgetLine, now: datetime) -> tuple[date, date]:
    """The first day of the period of a budget that a moment is in, and the first day after it."""
    today = now.astimezone(zone_info(line.tz)).date()
    if line.period == "day":
        return today, today + timedelta(days=1)
    if line.period == "week":
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=7)
    month = Month(now, zone_info(line.tz))
    return month.first, month.end


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    rows: list[Row] = []
    # Whoever filters asks about other calls than budgets are for.
    for line in lines(settings)[:MOST_LINES] if not matter.where else ():
        about = replace(matter, tz=line.tz, by="")
        only = tuple(Filter(f"calls.{name}", "in", values) for name, values in line.filters)
        daily, spent = yield (
            about.query("cost", where=only, since=HISTORY, grain="day"),
            about.query("cost", *CERTAINTY, where=only, since=_WINDOWS[line.period]),
        )
        rows.append(_row(line, matter.now, daily, spent.rows))
    return sorted(rows, key=lambda row: (row["hours"] is None, row["hours"] or 0.0, row["title"]))


def _row(line: BudgetLine, now: datetime, daily: Any, spent: Sequence[Any]) -> Row:  # noqa: ANN401 - an answer
    measured = spent[0] if spent else {"cost": Decimal(0)}
    so_far = measured["cost"] or Decimal(0)
    month = Month(now, zone_info(line.tz))
    first, end = period_of(line, now)
    course = courses(daily, "", "cost", month).get("")
    history = course.history if course else ()
    found = breach(history, float(so_far), float(line.amount), now.astimezone(month.zone), end)
    state = _state(found)
    return {
        "budget_breach": None if found is None or found.hours is None else found.hours * 3600,
        "line": line.id,
        "title": line.title,
        "scope": scope_words(line.filters),
        "where": json.dumps({name: list(values) for name, values in line.filters}) if line.filters else "",
        "period": line.period,
        "since": first.isoformat(),
        "ends": end.isoformat(),
        "amount": line.amount,
        "spent": so_far,
        "used": float(so_far / line.amount) if line.amount else None,
        "projected": _usd(found, "estimate"),
        "projected_low": _usd(found, "low"),
        "projected_high": _usd(found, "high"),
        "projected_share": None if found is None else found.projected / float(line.amount),
        "at": _at(now, None if found is None else found.hours),
        "hours": None if found is None else found.hours,
        "soonest": _at(now, None if found is None else found.soonest),
        "error": None if found is None else found.forecast.error,
        "naive_error": None if found is None else found.forecast.naive_error,
        "state": state,
        **certainty_of(measured),
    }


def _state(found: Breach | None) -> str:
    if found is None:
        return "unknown"
    if found.hours is None:
        return "within"
    if found.hours == 0:
        return "used up"
    return "soon" if found.hours * 3600 <= SOON.total_seconds() else "over"


def _at(now: datetime, hours: float | None) -> datetime | None:
    return None if hours is None else now + timedelta(hours=hours)


def _usd(found: Breach | None, name: str) -> Decimal | None:
    return None if found is None else Decimal(repr(getattr(found.forecast, name))).quantize(_NANO)


def _standing(row: Row, _: Settings) -> Standing:
    return _GRADES.get(row["state"], "none")


BUDGET_BREACH: Final = Judgement(
    name="budget_breach",
    title="Until the budget is used up",
    unit=SECONDS,
    better="higher",
    description=(
        "Each budget, of a day, a week or a month, with what its period will come to and how long it will last; "
        "unknown where it is expected to last. The soonest come first."
    ),
    formula=(
        "the forecast of the period's cost (see `judgement.cost_forecast`) reaches the budget; at the soonest, the "
        "upper end of its 80 % interval does. None with filters, as budgets are for calls of their own"
    ),
    by=("",),
    facts=(
        text("title", "what the budget is called", title="Budget"),
        text("line", "its id"),
        text("scope", "whose spending it is"),
        text("where", "the same as filters: values by dimension, as JSON"),
        text("period", "`day`, `week` or `month`"),
        text("since", "the first day of its period"),
        text("ends", "the first day after it"),
        Fact("amount", USD, "money", title="Budget", meaning="what may be spent in the period"),
        Fact("spent", USD, "money", meaning="what has been spent in it"),
        Fact("used", PERCENT, meaning="spent / budget"),
        Fact("projected", USD, "money", title="Expected", meaning="what will have been spent at its end"),
        Fact("projected_low", USD, "money", meaning="the lower end of the forecast's 80 % interval"),
        Fact("projected_high", USD, "money", meaning="its upper end"),
        Fact("projected_share", PERCENT, meaning="projected / budget"),
        Fact("at", type="time", title="Used up", meaning="when it is expected to be used up; now where it is"),
        Fact("hours", COUNT, title="Hours left", meaning="hours until then"),
        Fact("soonest", type="time", meaning="when it may be used up, at the upper end of the interval"),
        Fact("error", PERCENT, title="Back-tested error", meaning="mean back-tested error of the projection"),
        Fact("naive_error", PERCENT, title="Last week repeated", meaning="the same of the last week repeated"),
        text("state", "`used up`, `soon` (within 24 hours), `over` (by its end), `within` or `unknown`"),
        *certainty_facts("calls of the period"),
    ),
    window=HISTORY,
    thresholds="critical where it is used up or will be within 24 hours, warning where it will be by its period's end",
    inquire=_inquire,
    standing=_standing,
)
