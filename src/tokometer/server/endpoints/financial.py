"""`/api/financial/…`: cost, revenue, and the month's budget."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.server.endpoints.asking import Asked, Parameter, window_parts
from tokometer.server.endpoints.courses import INTERVAL, course, course_parts
from tokometer.server.endpoints.declared import Field, Rows, block
from tokometer.server.endpoints.gathering import Gathered, gather
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import (
    CHANGE,
    DATE,
    FLAG,
    PERCENT,
    TEXT,
    TIME,
    TOKENS,
    USD,
    USD_PER_MTOK,
    USD_PER_TOKEN,
    WHOLE,
)

#: What costs can be told by beside models, providers and teams.
GROUPS: Final = (
    "model",
    "provider",
    "team",
    "user",
    "project",
    "agent",
    "api_key",
    "environment",
    "family",
    "source",
    "service_tier",
    "price_certainty",
)
_GROUP_BY: Final = Parameter("group_by", "What `groups` are told by: a dimension of calls.", GROUPS)
_NOW: Final = Field("timestamp", "", TIME, "2026-11-27T10:30:00Z", "When the answer was made.")
_COST: Final = Field("cost", "calls.cost", USD, 2431.50)
_UNPRICED: Final = Field("unpriced_requests", "calls.unpriced", WHOLE, 0)
_PER_TOKEN: Final = Field(
    "cost_per_token",
    "calls.cost_per_mtok",
    USD_PER_TOKEN,
    0.00000285,
    "Cost of a token, of the calls that have a price.",
)
_REVENUE: Final = (
    Field("revenue", "judgement.profit.revenue", USD, 12456.78),
    Field("profit", "judgement.profit", USD, 9211.11),
    Field("margin_percent", "judgement.profit.margin", PERCENT, 73.96),
)
_BASIS: Final = Field(
    "revenue_basis",
    "judgement.profit.basis",
    TEXT,
    "records",
    "Where revenue is from: `records`, `rate cards`, `bills`, or `no revenue configured`.",
)

# -- a day -------------------------------------------------------------------------------------------------------------

DAILY: Final = block(
    "",
    Field("date", "", DATE, "2026-11-27", "The day; of a longer window, its last."),
    Field("revenue", "judgement.profit.revenue", USD, 12456.78),
    Field("cost", "calls.cost", USD, 3245.67),
    Field("margin_percent", "judgement.profit.margin", PERCENT, 73.96),
    Field("requests_total", "calls.requests", WHOLE, 3500000),
    Field("tokens_total", "calls.total_tokens", TOKENS, 12345678),
    Field("profit", "judgement.profit", USD, 9211.11),
    _BASIS,
    Field("cost_change_percent", "calls.cost", CHANGE, 4.2, change=True),
    Field("cost_per_request", "calls.cost_per_request", USD, 0.00093),
    _UNPRICED,
    _NOW,
    *window_parts(),
)


def _daily(asked: Asked) -> dict[str, Any]:
    last = min(asked.window.until - timedelta(microseconds=1), asked.now)
    return DAILY.write(gather(asked.context, DAILY).of(""), asked.told() | {"date": last})


# -- where the cost comes from -----------------------------------------------------------------------------------------


def _breakdown_rows(name: str, dimension: str, example: str, meaning: str = "") -> Rows:
    return Rows(
        name,
        block(
            "",
            Field(dimension, "", TEXT, example, "Its name; empty where it is not known."),
            _COST,
            Field("percent_of_total", "", PERCENT, 74.9, "Its share of the total cost."),
            Field("requests", "calls.requests", WHOLE, 2345000),
            Field("tokens", "calls.total_tokens", TOKENS, 8934567),
            Field("cost_per_request", "calls.cost_per_request", USD, 0.00104),
            Field("cost_change_percent", "calls.cost", CHANGE, -2.3, change=True),
            _UNPRICED,
        ),
        by=dimension if dimension != "name" else "",
        meaning=meaning or "The dearest first.",
    )


_BY_MODEL: Final = _breakdown_rows("by_model", "model", "gpt-4o")
_BY_PROVIDER: Final = _breakdown_rows("by_provider", "provider", "openai")
_BY_TEAM: Final = _breakdown_rows("by_team", "team", "search")
_SPLITS: Final = (_BY_MODEL, _BY_PROVIDER, _BY_TEAM)
_GROUPED: Final = _breakdown_rows("groups", "name", "gpt-4o", "By the dimension that was asked for, the dearest first.")
BREAKDOWN: Final = block(
    "",
    Field("period", "", TEXT, "24h", "The window, as it was asked for."),
    Field("total_cost", "calls.cost", USD, 3245.67),
    *_SPLITS,
    Field("group_by", "", TEXT, "model", "What `groups` are told by."),
    _GROUPED,
    Field("requests", "calls.requests", WHOLE, 3500000),
    _UNPRICED,
    _NOW,
    window_parts()[1],
)


def breakdown(asked: Asked) -> dict[str, Any]:
    """The cost of a window by model, provider, team and one more dimension."""
    values = gather(asked.context, BREAKDOWN).of("")
    total = values[_COST.key]
    given = asked.told() | {part.name: _split(asked, part, part.by, total) for part in _SPLITS}
    dimension = asked.own["group_by"]
    same = next((given[part.name] for part in _SPLITS if part.by == dimension), None)
    rows = _split(asked, _GROUPED, dimension, total) if same is None else [_renamed(row, dimension) for row in same]
    return BREAKDOWN.write(values, given | {"group_by": dimension, "groups": rows})


def _split(asked: Asked, part: Rows, dimension: str, total: Decimal | None) -> list[dict[str, Any]]:
    found: Gathered = gather(asked.context, part.row, by=dimension)
    rows = []
    for name in found:
        cost = found.of(name)[_COST.key]
        share = float(cost / total) if cost is not None and total else None
        named = next(iter(part.row.parts)).name
        rows.append(part.row.write(found.of(name), {named: name, "percent_of_total": share}))
    rows.sort(key=lambda row: (-(row["cost"] or 0), -row["requests"]))
    return asked.arranged(rows, part)


def _renamed(row: Mapping[str, Any], dimension: str) -> dict[str, Any]:
    return {("name" if name == dimension else name): value for name, value in row.items()}


# -- costs and revenue over time ---------------------------------------------------------------------------------------

COSTS: Final = block(
    "",
    Field("total_cost", "calls.cost", USD, 3245.67),
    Field("cost_today", "calls.cost", USD, 1822.4, window="today"),
    Field("cost_24h", "calls.cost", USD, 3245.67, window="24h"),
    Field("cost_7d", "calls.cost", USD, 22719.69, window="7d"),
    Field("cost_30d", "calls.cost", USD, 97370.1, window="30d"),
    Field("cost_change_percent", "calls.cost", CHANGE, 4.2, change=True),
    Field("cost_per_request", "calls.cost_per_request", USD, 0.00093),
    _PER_TOKEN,
    Field("cost_per_million_tokens", "calls.cost_per_mtok", USD_PER_MTOK, 2.85),
    Field("cost_assumed", "calls.cost_assumed", USD, 12.4),
    _UNPRICED,
    *_SPLITS,
    _NOW,
    *window_parts(),
    *course_parts(
        _COST,
        Field("cost_per_request", "calls.cost_per_request", USD, 0.00093),
        _PER_TOKEN,
        Field("requests", "calls.requests", WHOLE, 145833),
    ),
)


def _costs(asked: Asked) -> dict[str, Any]:
    values = gather(asked.context, COSTS).of("")
    splits = {part.name: _split(asked, part, part.by, values[_COST.key]) for part in _SPLITS}
    return COSTS.write(values, asked.told() | splits | course(asked, COSTS))


def _revenue_rows(name: str, dimension: str, example: str, *more: Field) -> Rows:
    return Rows(
        name,
        block(
            "",
            Field(dimension, "", TEXT, example, "Its name; empty where it is not known."),
            *_REVENUE,
            _COST,
            *more,
        ),
        by=dimension,
        meaning="The one with most revenue first.",
    )


_UNIT: Final = Field("profit_per_request", "judgement.unit_economics", USD, 0.0026)
_EARNERS: Final = (
    _revenue_rows(
        "by_model", "model", "gpt-4o", _UNIT, Field("cost_per_request", "calls.cost_per_request", USD, 0.0009)
    ),
    _revenue_rows("by_provider", "provider", "openai"),
    _revenue_rows("by_team", "team", "search"),
)
_DAYS: Final = Rows(
    "trend",
    block("", Field("date", "", DATE, "2026-11-27", "The day."), *_REVENUE, _COST),
    by="day",
    named="date",
    meaning="Each day of the window with calls or revenue.",
)
REVENUE: Final = block(
    "",
    Field("configured", "", FLAG, example=True, meaning="Whether anything says that there is revenue in the window."),
    *_REVENUE,
    Field("cost", "calls.cost", USD, 3245.67),
    _BASIS,
    *(
        Field(f"revenue_{name}", "judgement.profit.revenue", USD, example, window=name)
        for name, example in (("today", 5120.5), ("7d", 87197.46), ("30d", 373703.4))
    ),
    Field("from_records", "judgement.profit.recorded", USD, 12456.78),
    Field("from_rate_cards", "judgement.profit.rated", USD, 210.4),
    Field("from_bills", "judgement.profit.billed", USD, 1200),
    Field("left_out", "judgement.profit.left_out", USD, 0.5),
    _UNIT,
    Field("revenue_per_request", "judgement.unit_economics.revenue_per_request", USD, 0.0035),
    *_EARNERS,
    _DAYS,
    _NOW,
    *window_parts(),
)


def _revenue(asked: Asked) -> dict[str, Any]:
    values = gather(asked.context, REVENUE).of("")
    given = asked.told() | {"configured": values["judgement.profit.revenue", "", False] is not None}
    for part in _EARNERS:
        found = gather(asked.context, part.row, by=part.by)
        rows = [part.row.write(found.of(name), {part.by: name}) for name in found]
        rows.sort(key=lambda row: (-(row["revenue"] or 0), -(row["cost"] or 0)))
        given[part.name] = asked.arranged(rows, part)
    found = gather(asked.context, _DAYS.row, by="day")
    days = sorted(found)
    given["trend"] = [_DAYS.row.write(found.of(day), {"date": day}) for day in days]
    return REVENUE.write(values, given)


# -- the month's budget ------------------------------------------------------------------------------------------------


_BUDGET_FIELDS: Final = (
    Field("monthly_budget", "judgement.budget.monthly_budget", USD, 100000),
    Field("spent_so_far", "judgement.budget.spent", USD, 75234.56),
    Field("percent_used", "judgement.budget", PERCENT, 75.23, "Share of the month's budget that is used."),
    Field("days_remaining", "judgement.budget.days_remaining", WHOLE, 3),
    Field("daily_average_spend", "judgement.budget.daily_average", USD, 8359.40),
    Field("projected_total", "judgement.budget.projected", USD, 102831.99),
    Field("over_budget", "judgement.budget.over_budget", FLAG, example=True),
    Field("alert_level", "judgement.budget.alert_level", TEXT, "critical"),
)


def _allocated(dimension: str, example: str) -> Rows:
    return Rows(
        f"by_{dimension}",
        block("", Field(dimension, "", TEXT, example, "Whose budget it is."), *_BUDGET_FIELDS),
        by=dimension,
        meaning="Those with a budget of their own, the most used first.",
    )


_ALLOCATED: Final = tuple(
    _allocated(dimension, example)
    for dimension, example in (("model", "gpt-4o"), ("provider", "openai"), ("team", "search"))
)
BUDGET: Final = block(
    "",
    *_BUDGET_FIELDS,
    Field("remaining", "judgement.budget.remaining", USD, 24765.44),
    Field("projected_low", "judgement.budget.projected_low", USD, 99210.5),
    Field("projected_high", "judgement.budget.projected_high", USD, 106404.1),
    Field("projected_percent", "judgement.budget.projected_share", PERCENT, 102.83),
    Field("note", "judgement.budget.note", TEXT, ""),
    Field("unpriced_requests", "judgement.budget.unpriced", WHOLE, 0),
    Field("no_price_requests", "judgement.budget.no_price", WHOLE, 0),
    Field("usage_unknown_requests", "judgement.budget.usage_unknown", WHOLE, 0),
    Field("warning_percent", "", PERCENT, 80, "From which use on a budget is a warning, as settled."),
    Field("critical_percent", "", PERCENT, 100, "From which use on it is critical, as settled."),
    *_ALLOCATED,
    _NOW,
    *window_parts(),
    Field("spent_in_period", "calls.cost", USD, 75234.56),
    Field("unpriced_in_period", "calls.unpriced", WHOLE, 0),
    Field("no_price_in_period", "calls.no_price", WHOLE, 0),
    Field("usage_unknown_in_period", "calls.usage_unknown", WHOLE, 0),
)


def _budget(asked: Asked) -> dict[str, Any]:
    settled = asked.runtime.settings.budget
    given = asked.told() | {"warning_percent": settled.warning, "critical_percent": settled.critical}
    for part in _ALLOCATED:
        found = gather(asked.context, part.row, by=part.by)
        rows = [part.row.write(found.of(name), {part.by: name}) for name in found]
        limited = [row for row in rows if row["monthly_budget"] is not None]
        limited.sort(key=lambda row: -(row["percent_used"] or 0))
        given[part.name] = asked.arranged(limited, part)
    return BUDGET.write(gather(asked.context, BUDGET).of(""), given)


_MONEY: Final = "Amounts are in US dollars. Calls that nobody knows the price of are in no amount, but counted."
BREAKDOWN_ENDPOINT: Final = Endpoint(
    path="/api/financial/cost-breakdown",
    summary="Where the cost comes from",
    about=_MONEY,
    answer=BREAKDOWN,
    make=breakdown,
    takes=(_GROUP_BY,),
)
ENDPOINTS: Final = (
    Endpoint(
        path="/api/financial/daily-summary",
        summary="Revenue, cost, margin, requests and tokens of a day",
        about=f"Today so far, unless another window is asked for. {_MONEY}",
        answer=DAILY,
        make=_daily,
        period="today",
    ),
    BREAKDOWN_ENDPOINT,
    Endpoint(
        path="/api/financial/budget",
        summary="The month's budget: what is used, and where the month will end",
        about="Of the running calendar month whatever the period; `spent_in_period` is what the period cost. Without a "
        "budget in the settings its fields are null, and `note` says so. The projection is a forecast with its 80 % "
        "interval.",
        answer=BUDGET,
        make=_budget,
        period="month",
    ),
    Endpoint(
        path="/api/financial/revenue",
        summary="Revenue and profit",
        about=f"Without revenue in records, rate cards or bills it is null, never 0. {_MONEY}",
        answer=REVENUE,
        make=_revenue,
        period="30d",
        every=300.0,
    ),
    Endpoint(
        path="/api/financial/costs",
        summary="Cost: totals, by whom, and over time",
        about=_MONEY,
        answer=COSTS,
        make=_costs,
        takes=(INTERVAL,),
    ),
)
router: Final = routed("financial", ENDPOINTS)
