"""Every budget: what is used of it in its running period, where that will end, and when it will be used up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from tokometer.judgement.breach import Breach, breach
from tokometer.judgement.budgets import lines, scope_words
from tokometer.judgement.certainty import certainty_facts, certainty_of
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.judgement.forecast import Day
from tokometer.judgement.periods import running
from tokometer.judgement.spending import by_day, shared, total
from tokometer.measures.zones import zone_info
from tokometer.records.units import PERCENT, SECONDS, USD
from tokometer.settings import BudgetLine, Settings

_NANO: Final = Decimal("0.000000001")
_WHOLE: Final = 1.0


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    known = [line for line in lines(settings) if _chosen(matter, line)]
    groups = shared(known)
    answers = yield tuple(query for group in groups for query in (group.spent, group.days))
    found: dict[str, Row] = {}
    for place, group in enumerate(groups):
        spent, days = answers[2 * place], answers[2 * place + 1]
        for line in group.lines:
            measured = total(group.of(line, spent.rows))
            found[line.id] = _row(line, measured, by_day(group.of(line, days.rows), line.tz), matter.now)
    return [found[line.id] for line in known]


def _chosen(matter: Matter, line: BudgetLine) -> bool:
    """Whether a budget is for some of what filters choose: it names their dimensions, and a value that they let by."""
    named = dict(line.filters)
    for given in matter.where:
        values = set(named.get(given.dimension.partition(".")[2], ()))
        wanted = set(given.values)
        if not values or not (values - wanted if given.op in ("!=", "not in") else values & wanted):
            return False
    return True


def _row(line: BudgetLine, measured: Row, days: Sequence[tuple[date, float]], now: datetime) -> Row:
    spent: Decimal | None = measured["cost"]
    period = running(line.period, line.tz, now)
    found = None if spent is None else _breach(line, spent, days, now, period.end)
    used = None if spent is None else float(spent / line.amount)
    return {
        "budgets": used,
        "budget_id": line.id,
        "budget": line.title,
        "about": scope_words(line.filters),
        "where": json.dumps(dict(line.filters)) if line.filters else "",
        "period": line.period,
        "amount": line.amount,
        "spent": spent,
        "remaining": None if spent is None else line.amount - spent,
        "passed": period.passed(now),
        "ends": period.ends,
        "projected": _usd(found.projected) if found and found.forecast.days else None,
        "projected_low": _usd(found.forecast.low) if found else None,
        "projected_high": _usd(found.forecast.high) if found else None,
        "projected_share": found.projected / float(line.amount) if found and found.forecast.days else None,
        "forecast_error": found.forecast.error if found else None,
        "seconds_left": _seconds(found.hours) if found else None,
        "seconds_soonest": _seconds(found.soonest) if found else None,
        "used_up_at": now + timedelta(hours=found.hours) if found and found.hours else None,
        "state": _state(used, found),
        "level": max((level for level in line.levels if used is not None and used >= level), default=None),
        "warns_at": _warns_at(line),
        "levels": ", ".join(f"{level:.4g}" for level in line.levels),
        "stops": line.stops,
        "origin": line.origin,
        **certainty_of(measured),
    }


def _state(used: float | None, found: Breach | None) -> str:
    if used is not None and used >= _WHOLE:
        return "used up"
    if found is None:
        return "not known"
    return "will not last" if found.over else "lasts"


def _breach(
    line: BudgetLine, spent: Decimal, days: Sequence[tuple[date, float]], now: datetime, end: date
) -> Breach | None:
    """The forecast of the period. The first day of use is rarely a whole one, and left out."""
    local = now.astimezone(zone_info(line.tz))
    begin = next((place for place, (_, value) in enumerate(days) if value > 0), len(days))
    history = [Day(day, value) for day, value in days[begin + 1 :] if day < local.date()]
    return breach(history, float(spent), float(line.amount), local, end)


def _usd(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value)).quantize(_NANO)


def _seconds(hours: float | None) -> float | None:
    return None if hours is None else 3600 * hours


def _warns_at(line: BudgetLine) -> float:
    """The highest level below the whole budget; where there is none, the whole of it."""
    return max((level for level in line.levels if level < _WHOLE), default=_WHOLE)


def _standing(row: Row, _: Settings) -> Standing:
    if row["budgets"] is None:
        return "none"
    worst = max(row["budgets"], row["projected_share"] or 0.0)
    if worst >= _WHOLE:
        return "critical"
    return "warning" if worst >= row["warns_at"] else "good"


BUDGETS: Final = Judgement(
    name="budgets",
    title="Budgets used",
    unit=PERCENT,
    better="lower",
    description=(
        "How much of each budget is used in its running day, week or month, where that will end, and when it will be "
        "used up: one row for each budget of the settings (`[budget]`, `[[budget.of]]`) and of the page *Budgets*. "
        "Filters choose the budgets that are for what they choose."
    ),
    formula=(
        "cost of the budget's calls since its period began, in its own zone / its amount. The projection is the "
        "forecast of the period's total with its 80 % interval, from the last 180 days; it needs three whole days"
    ),
    by=("",),
    facts=(
        text("budget_id", "what it is called in addresses"),
        text("budget", "its title"),
        text("about", "whose spending, in words"),
        text("where", "the same as filters: values by dimension, as JSON"),
        text("period", "`day`, `week` or `month`"),
        Fact("amount", USD, "money", meaning="what may be spent in each period"),
        Fact("spent", USD, "money", meaning="what has been spent in the running one"),
        Fact("remaining", USD, "money", meaning="the amount minus what has been spent"),
        share("passed", "the share of the period that has passed"),
        Fact("ends", type="time", meaning="when the period ends"),
        Fact("projected", USD, "money", meaning="what will have been spent at its end"),
        Fact("projected_low", USD, "money", meaning="the lower end of the forecast's 80 % interval"),
        Fact("projected_high", USD, "money", meaning="its upper end"),
        share("projected_share", "projected / amount"),
        share("forecast_error", "the mean error of past forecasts, as a share of the total"),
        Fact("seconds_left", SECONDS, meaning="until it is used up; 0 where it is, none where it will last"),
        Fact("seconds_soonest", SECONDS, meaning="the same at the upper end of the interval"),
        Fact("used_up_at", type="time", meaning="when it will be used up"),
        text("state", "`used up`, `will not last` (in its period), `lasts`, or `not known`"),
        share("level", "the highest of its levels that is reached"),
        share("warns_at", "the highest of its levels below the whole"),
        text("levels", "the shares at which it alerts"),
        Fact("stops", type="flag", meaning="verdicts say stop once it is used up"),
        text("origin", "`file` (`tokometer.toml`) or `page`"),
        *certainty_facts("calls of the period"),
    ),
    thresholds=(
        "critical where the whole budget is used or will be by the period's end, warning from its highest level below "
        "that on"
    ),
    inquire=_inquire,
    standing=_standing,
)
