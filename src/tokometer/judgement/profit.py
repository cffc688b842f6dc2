"""Profit: revenue minus cost; and unit economics, the same for one request, a million tokens, a session."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.certainty import CERTAINTY, certainty_facts, certainty_of
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name, text
from tokometer.judgement.revenue import Earned, earned
from tokometer.records.units import PERCENT, REQUESTS, USD, USD_PER_MTOK, USD_PER_REQUEST
from tokometer.settings import Settings

_NANO: Final = Decimal("0.000000001")
_MILLION: Final = 1_000_000
_HOW_REVENUE: Final = (
    "revenue is what calls state, else what the rate card of their team and model charges, and what bills say; a line "
    "of a bill that names a team or model whose calls have revenue already is not counted again, but listed as left out"
)
_NONE: Final = {"cost": Decimal(0), "requests": 0}


def _profit(matter: Matter, settings: Settings) -> Inquiry:
    [measured] = yield (matter.query("cost", "requests", *CERTAINTY),)
    revenue = yield from earned(matter, settings)
    found = by_name(measured, matter.by)
    rows = []
    for name in dict.fromkeys([*found, *(name for name, one in revenue.items() if one.total is not None)]):
        row = _row(found.get(name, _NONE), revenue.get(name, Earned()))
        rows.append(({matter.by: name} if matter.by else {}) | row)
    return sorted(rows, key=lambda row: row["day"]) if matter.by == "day" else rows


def _row(measured: Mapping[str, Any], revenue: Earned) -> Row:
    total, cost = revenue.total, measured["cost"]
    profit = None if total is None or cost is None else total - cost
    return {
        "profit": profit,
        "revenue": total,
        "cost": cost,
        "margin": None if profit is None or not total else float(profit / total),
        "recorded": revenue.recorded,
        "rated": revenue.rated,
        "billed": revenue.billed,
        "left_out": revenue.left_out,
        "requests": measured["requests"],
        **certainty_of(measured),
        "basis": revenue.basis,
    }


def _standing(row: Row, settings: Settings) -> Standing:
    if row["profit"] is None:
        return "none"
    if row["profit"] < 0:
        return "critical"
    margin = row["margin"]
    return "warning" if margin is not None and margin < settings.thresholds.margin_warning else "good"


PROFIT: Final = Judgement(
    name="profit",
    title="Profit",
    unit=USD,
    type="money",
    better="higher",
    description=(
        "What is left of the revenue after the cost of the calls. Where nothing says that there is revenue, it is "
        "unknown, and `basis` says `no revenue configured`."
    ),
    formula=f"revenue − cost; {_HOW_REVENUE}",
    by=("", "day", "model", "provider", "team"),
    facts=(
        Fact("revenue", USD, "money", meaning="what callers paid"),
        Fact("cost", USD, "money", meaning="what the calls cost, of those with a price"),
        Fact("margin", PERCENT, meaning="profit / revenue"),
        Fact("recorded", USD, "money", meaning="revenue that calls state"),
        Fact("rated", USD, "money", meaning="revenue by rate cards, of calls that state none"),
        Fact("billed", USD, "money", meaning="revenue by bills"),
        Fact("left_out", USD, "money", meaning="lines of bills for calls that have revenue already"),
        Fact("requests", REQUESTS, "integer", meaning="calls"),
        *certainty_facts("calls"),
        text("basis", "where the revenue is from: `records`, `rate cards`, `bills`, or `no revenue configured`"),
    ),
    thresholds="critical below zero, warning below a margin of 20 % (`thresholds.margin_warning` in the settings)",
    inquire=_profit,
    standing=_standing,
)

# -- unit economics ----------------------------------------------------------------------------------------------------


def _economics(matter: Matter, settings: Settings) -> Inquiry:
    [measured] = yield (
        matter.query("requests", "total_tokens", "sessions", "cost", "cost_per_request", "cost_per_mtok", *CERTAINTY),
    )
    revenue = yield from earned(matter, settings)
    rows = []
    for name, found in by_name(measured, matter.by).items():
        if found["requests"]:
            rows.append(({matter.by: name} if matter.by else {}) | _per_unit(found, revenue.get(name, Earned())))
    return rows


def _per_unit(measured: Mapping[str, Any], revenue: Earned) -> Row:
    total = revenue.total
    costs = {
        "request": measured["cost_per_request"],
        "mtok": measured["cost_per_mtok"],
        "session": _each(measured["cost"], measured["sessions"]),
    }
    revenues = {
        "request": _each(total, measured["requests"]),
        "mtok": _each(total, measured["total_tokens"], _MILLION),
        "session": _each(total, measured["sessions"]),
    }
    row: Row = {"unit_economics": _minus(revenues["request"], costs["request"])}
    for unit, cost in costs.items():
        row |= {f"cost_per_{unit}": cost, f"revenue_per_{unit}": revenues[unit]}
        row[f"profit_per_{unit}"] = _minus(revenues[unit], cost)
    return row | {"requests": measured["requests"], **certainty_of(measured), "basis": revenue.basis}


def _each(amount: Decimal | None, number: int, times: int = 1) -> Decimal | None:
    return None if amount is None or not number else (amount * times / number).quantize(_NANO)


def _minus(revenue: Decimal | None, cost: Decimal | None) -> Decimal | None:
    return None if revenue is None or cost is None else revenue - cost


def _economics_standing(row: Row, _: Settings) -> Standing:
    profit = row["unit_economics"]
    if profit is None:
        return "none"
    return "good" if profit > 0 else "warning" if profit == 0 else "critical"


UNIT_ECONOMICS: Final = Judgement(
    name="unit_economics",
    title="Profit per request",
    unit=USD_PER_REQUEST,
    type="money",
    better="higher",
    description=(
        "What one request, a million tokens and a session cost, bring in and leave. Cost per request and per million "
        "tokens are over the calls that have a price."
    ),
    formula=f"revenue / requests − cost / priced requests, and likewise for the others; {_HOW_REVENUE}",
    by=("", "model", "provider", "team"),
    facts=(
        *(
            Fact(f"{what}_per_{unit}", measure, "money", meaning=f"{what} of {words}")
            for unit, measure, words in (
                ("request", USD_PER_REQUEST, "one request"),
                ("mtok", USD_PER_MTOK, "a million tokens"),
                ("session", USD, "a session"),
            )
            for what in ("cost", "revenue", "profit")
        ),
        Fact("requests", REQUESTS, "integer", meaning="calls"),
        *certainty_facts("calls"),
        text("basis", "where the revenue is from, or `no revenue configured`"),
    ),
    thresholds="critical where a request costs more than it brings in, warning where it leaves nothing",
    inquire=_economics,
    standing=_economics_standing,
)
