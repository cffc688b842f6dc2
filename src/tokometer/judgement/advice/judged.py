"""The judgement that every rule of advice speaks through."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from tokometer.judgement.advice.evidence import LEAST_CALLS, gather
from tokometer.judgement.advice.rule import LEAST_SAVING, RULES
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, text
from tokometer.judgement.waste import a_month
from tokometer.records.units import COUNT, USD
from tokometer.settings import Settings

_WEEK: Final = timedelta(days=7)
#: What is said wherever several savings stand.
DO_NOT_ADD_UP: Final = "Savings of different rules do not add up: two may be about the same calls."


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    if matter.book is None:
        return []
    known, meta = yield from gather(matter)
    weeks = Decimal((min(meta.until, matter.now) - meta.since) / _WEEK)
    rows = [row for rule in list(RULES.values()) for row in rule.rows(known)]
    for row in rows:
        saving = row["advice"]
        row["per_week"] = None if saving is None or weeks <= 0 else saving / weeks
        row["a_month"] = None if saving is None else a_month(saving, meta, matter)
    return sorted(rows, key=lambda row: (row["advice"] is None, -(row["advice"] or 0), row["title"]))


def _standing(_row: Row, _settings: Settings) -> Standing:
    return "none"


ADVICE: Final = Judgement(
    name="advice",
    title="Possible saving",
    unit=USD,
    better="higher",
    description=(
        "What the same calls would have cost otherwise, where the user's own calls say that it could be done, and what "
        "costs nothing but stands idle. " + DO_NOT_ADD_UP
    ),
    formula=(
        "list price of the calls as they were − list price of the same tokens as advised, or what was paid for "
        f"nothing; for at least {LEAST_CALLS} calls and {LEAST_SAVING:.0%} of their cost"
    ),
    by=("",),
    facts=(
        text("title", "what to do"),
        text("detail", "what it would change"),
        text("evidence", "what says so, and what it does not say"),
        text("assumption", "what has to hold for the figure to be true"),
        text("how_to", "how it is done", title="How to do it"),
        text("rule", "which rule speaks"),
        text("about", "what the rule is about"),
        text("key", "the same for the same advice each time: rule, agent and model"),
        text("agent", "the agent concerned"),
        text("model", "the model concerned"),
        text("knowledge_base", "the knowledge base concerned"),
        text("counts", "the measure whose records, of these, are the calls to look at"),
        Fact("calls", COUNT, "integer", "Calls", "the calls concerned"),
        Fact("per_week", USD, "money", "Saving per week", "the same for each week of the window"),
        Fact("a_month", USD, "money", "Saving a month", "the same for thirty days"),
    ),
    type="money",
    thresholds="none: what to do is for whoever is advised to say",
    inquire=_inquire,
    standing=_standing,
)
