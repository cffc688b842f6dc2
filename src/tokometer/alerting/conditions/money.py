"""Conditions on budgets: how much of one is used, and whether it will be enough."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from tokometer.alerting.condition import Condition, Inquiry, Param, Reading, declare
from tokometer.alerting.figures import number
from tokometer.alerting.rule import Terms
from tokometer.alerting.situation import Situation
from tokometer.judgement.breach import breach
from tokometer.judgement.budgets import lines
from tokometer.judgement.forecast import Day
from tokometer.measures import Filter, Query
from tokometer.measures.zones import zone_info
from tokometer.records.units import PERCENT, USD, show
from tokometer.settings import BudgetLine

#: Each period of a budget in the words of queries.
_PERIODS: Final = {"day": "today", "week": "week", "month": "month"}
#: What a forecast learns from.
_HISTORY: Final = "90d"
_WEEK: Final = 7
_RARELY: Final = timedelta(minutes=5)
_WHICH: Final = Param(
    name="budget", title="Budget", form="text", default="", meaning="its title or id; all budgets where none is named"
)


def _chosen(terms: Terms, situation: Situation) -> dict[str, BudgetLine]:
    """The budgets that a rule is about, by what they are called."""
    found: dict[str, BudgetLine] = {}
    for line in lines(situation.settings):
        if terms.given["budget"] in ("", line.id, line.title):
            found[line.title if line.title not in found else f"{line.title} ({line.id})"] = line
    return found


def _question(line: BudgetLine, since: str, grain: str = "") -> Query:
    where = tuple(Filter(f"calls.{name}", "in", values) for name, values in line.filters)
    return Query(measures=("calls.cost",), where=where, since=since, tz=line.tz, grain=grain)


def _used(terms: Terms, situation: Situation) -> Inquiry:
    chosen = _chosen(terms, situation)
    answers = yield tuple(_question(line, _PERIODS[line.period]) for line in chosen.values())
    readings = []
    for (name, line), answer in zip(chosen.items(), answers, strict=True):
        spent = number(answer.rows[0]["cost"])
        share = None if spent is None else spent / float(line.amount)
        holds = share is not None and share * 100 >= terms.given["percent"]
        words = f"{show(spent, USD)} of {show(line.amount, USD)} a {line.period} spent ({show(share, PERCENT)})"
        readings.append(
            Reading(value=name, holds=holds, over=not holds, measured=spent, against=float(line.amount), words=words)
        )
    return readings


USED: Final = declare(
    Condition(
        name="budget_used",
        title="A budget is used to a share",
        meaning="so many percent of a budget are spent in its running period; told of each budget",
        read=_used,
        phrase="is used to {percent}",
        page="/budgets",
        measure="calls.cost",
        each="budget",
        filtered=False,
        takes=(_WHICH, Param(name="percent", title="Percent", default=80.0, least=0.1, most=10_000, unit="%")),
        example={"percent": 80},
    )
)


def _projected(terms: Terms, situation: Situation) -> Inquiry:
    chosen = _chosen(terms, situation)
    answers = yield tuple(
        question
        for line in chosen.values()
        for question in (_question(line, _PERIODS[line.period]), _question(line, _HISTORY, "day"))
    )
    readings = []
    for place, (name, line) in enumerate(chosen.items()):
        spent = number(answers[2 * place].rows[0]["cost"]) or 0.0
        now = situation.now.astimezone(zone_info(line.tz))
        found = breach(
            _history(answers[2 * place + 1].rows, now.date(), line),
            spent,
            float(line.amount),
            now,
            _end(line, now.date()),
        )
        if found is None:
            continue
        words = f"{show(found.projected, USD)} of {show(line.amount, USD)} expected by the end of the {line.period}"
        if found.hours:
            words += f", used up in {found.hours:,.0f} hours"
        readings.append(
            Reading(
                value=name,
                holds=found.over,
                over=not found.over,
                measured=found.projected,
                against=float(line.amount),
                words=words,
            )
        )
    return readings


def _history(rows: Sequence[Any], today: date, line: BudgetLine) -> list[Day]:
    """The complete days before today; the first day of use is rarely a whole one, and is left out."""
    zone = zone_info(line.tz)
    days = [Day(row["time"].astimezone(zone).date(), number(row["cost"]) or 0.0) for row in rows]
    first = next((place for place, day in enumerate(days) if day.value > 0), len(days))
    return [day for day in days[first + 1 :] if day.date < today]


def _end(line: BudgetLine, today: date) -> date:
    """The first day after the running period."""
    if line.period == "day":
        return today + timedelta(days=1)
    if line.period == "week":
        return today + timedelta(days=_WEEK - today.weekday())
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)


PROJECTED: Final = declare(
    Condition(
        name="budget_projected",
        title="A budget will not be enough",
        meaning="the forecast of a budget's running period is more than the budget; told of each budget",
        read=_projected,
        phrase="will not be enough for its period",
        page="/budgets",
        measure="calls.cost",
        each="budget",
        filtered=False,
        pace=_RARELY,
        takes=(_WHICH,),
        example={},
    )
)
