"""Budgets: what may be spent in the running month, what has been, and what will be."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.budgets import limit_of, limited
from tokometer.judgement.certainty import CERTAINTY, certainty_facts, certainty_of
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name, text
from tokometer.judgement.forecast import Forecast
from tokometer.judgement.month import HISTORY, Month
from tokometer.measures import Filter
from tokometer.measures.zones import zone_info
from tokometer.records.units import COUNT, PERCENT, USD
from tokometer.settings import Settings

MONTH: Final = "month"
NONE_CONFIGURED: Final = "no budget configured"
#: What the budget of one value can be asked by.
ALLOCATED: Final = ("model", "provider", "team", "user", "project", "agent", "api_key")
_NANO: Final = Decimal("0.000000001")
_GRADES: Final[dict[str, Standing]] = {"ok": "good", "warning": "warning", "critical": "critical"}


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    month = Month(matter.now, zone_info(matter.tz))
    [spent] = yield (matter.query("cost", *CERTAINTY, since=MONTH),)
    found = by_name(spent, matter.by)
    limits = {name: limit for name in _names(matter, settings, found) if (limit := _limit(matter, settings, name))}
    days = yield from _days(matter, tuple(limits))
    rows = []
    for name in dict.fromkeys([*found, *limits]):
        measured = found.get(name, {"cost": Decimal(0)})
        projection = month.project(days.get(name, []), "cost")
        row = _row(measured, limits.get(name), projection, month, settings)
        rows.append(({matter.by: name} if matter.by else {}) | row)
    return rows


def _names(matter: Matter, settings: Settings, found: Mapping[str, Any]) -> list[str]:
    """The names that may have a budget: those that spent, and where nothing is filtered those that are allocated."""
    if not matter.by:
        return [""]
    return [*found, *(name for name in limited(settings, matter.by) if name not in found and not matter.where)]


def _limit(matter: Matter, settings: Settings, name: str) -> Decimal | None:
    """The monthly budget of exactly these calls: of all, or of one value of a dimension; None of any others."""
    chosen = [(given.dimension.partition(".")[2], given) for given in matter.where]
    if matter.by:
        return limit_of(settings, matter.by, name) if not chosen and name else None
    if not chosen:
        return limit_of(settings)
    [(dimension, given), *others] = chosen
    if others or given.op not in ("=", "in") or len(given.values) != 1:
        return None
    return limit_of(settings, dimension, given.values[0]) if given.values[0] else None


def _days(matter: Matter, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - a generator of questions, with rows by name
    """The cost of each day: of all, or of each of the names."""
    if not matter.by:
        [daily] = yield (matter.query("cost", since=HISTORY, grain="day"),)
        return {"": daily.rows}
    found: dict[str, list[Mapping[str, Any]]] = {}
    if names:
        only = Filter(f"calls.{matter.by}", "in", names)
        [daily] = yield (matter.query("cost", where=(only,), since=HISTORY, grain="day"),)
        for row in daily.rows:
            found.setdefault(row[matter.by], []).append(row)
    return found


def _row(
    measured: Mapping[str, Any], limit: Decimal | None, projection: Forecast | None, month: Month, settings: Settings
) -> Row:
    spent: Decimal | None = measured["cost"]
    projected = None if projection is None else _usd(projection.estimate)
    used, expected = _share(spent, limit), _share(projected, limit)
    return {
        "budget": used,
        "monthly_budget": limit,
        "spent": spent,
        "remaining": None if limit is None or spent is None else limit - spent,
        "days_remaining": month.days_left,
        "daily_average": None if spent is None else _usd(float(spent) / month.days_so_far),
        "projected": projected,
        "projected_low": None if projection is None else _usd(projection.low),
        "projected_high": None if projection is None else _usd(projection.high),
        "projected_share": expected,
        "over_budget": None if limit is None or spent is None else max(spent, projected or spent) > limit,
        "alert_level": _alert(used, expected, settings),
        **certainty_of(measured),
        "note": NONE_CONFIGURED if limit is None else "",
    }


def _usd(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value)).quantize(_NANO)


def _share(part: Decimal | None, whole: Decimal | None) -> float | None:
    return None if part is None or not whole else float(part / whole)


def _alert(used: float | None, expected: float | None, settings: Settings) -> str | None:
    if used is None:
        return None
    worst = max(used, expected or 0.0)
    if worst >= settings.budget.critical:
        return "critical"
    return "warning" if worst >= settings.budget.warning else "ok"


def _standing(row: Row, _: Settings) -> Standing:
    return _GRADES.get(row["alert_level"], "none")


BUDGET: Final = Judgement(
    name="budget",
    title="Budget used",
    unit=PERCENT,
    better="lower",
    description=(
        "How much of the month's budget is used, and where the month will end. There are budgets for everything, and "
        "for single values of any dimension (*Budgets*, or `[budget]` in the settings); of several for the same the "
        "tightest counts. Where none is configured, or filters choose other calls than one is for, only the cost is "
        "told. Budgets of weeks, days and several values: see `budgets`."
    ),
    formula=(
        "cost of the calendar month so far / its budget. The projection is the forecast of the month's total with its "
        "80 % interval, from the last 180 days; it needs three whole days of use"
    ),
    by=("", *ALLOCATED),
    facts=(
        Fact("monthly_budget", USD, "money", meaning="what may be spent in a calendar month"),
        Fact("spent", USD, "money", meaning="what has been spent this month"),
        Fact("remaining", USD, "money", meaning="the budget minus what has been spent"),
        Fact("days_remaining", COUNT, "integer", meaning="whole days after today"),
        Fact(
            "daily_average", USD, "money", meaning="spent / days of the month that have passed, today's part included"
        ),
        Fact("projected", USD, "money", meaning="what will have been spent at the month's end"),
        Fact("projected_low", USD, "money", meaning="the lower end of the forecast's 80 % interval"),
        Fact("projected_high", USD, "money", meaning="its upper end"),
        Fact("projected_share", PERCENT, meaning="projected / budget"),
        Fact("over_budget", type="flag", meaning="the budget is exceeded, or will be at the month's end"),
        text("alert_level", "`ok`, `warning` or `critical`"),
        *certainty_facts("calls of the month"),
        text("note", "`no budget configured` where there is none"),
    ),
    window=MONTH,
    thresholds=(
        "critical where the whole budget is used or will be by the month's end, warning from 80 % (`budget.critical` "
        "and `budget.warning` in the settings)"
    ),
    inquire=_inquire,
    standing=_standing,
)
