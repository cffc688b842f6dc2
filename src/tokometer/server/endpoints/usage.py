"""`/api/analytics/usage`: everything of the Usage page in one answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokometer.dashboards.kinds.outlook import predictions
from tokometer.judgement import Forecast
from tokometer.server.endpoints.asking import Asked, window_parts
from tokometer.server.endpoints.declared import Block, Field, Rows, block, over
from tokometer.server.endpoints.gathering import gather
from tokometer.server.endpoints.serving import Endpoint
from tokometer.server.endpoints.shapes import DATE, FLAG, PERCENT, TEXT, TIME, TOKENS, USD, WHOLE

_USED: Final = (
    Field("requests", "calls.requests", WHOLE, 4321),
    Field("messages", "calls.messages", WHOLE, 5120),
    Field("tokens", "calls.total_tokens", TOKENS, 12345678),
    Field("cost", "calls.cost", USD, 47.5),
    Field("unpriced_requests", "calls.unpriced", WHOLE, 0),
    Field("assumed_requests", "calls.assumed", WHOLE, 12),
    Field("assumed_cost", "calls.cost_assumed", USD, 0.31),
)
_SUMMARY: Final = block(
    "summary",
    *(
        block(name, *over(window, *_USED))
        for name, window in (("today", "today"), ("week", "week"), ("month", "month"), ("all_time", "all"))
    ),
    meaning="Today, this week, this month and all there is.",
)
#: Each trend with its window and grain.
_TRENDS: Final = {"daily": ("30d", "day"), "weekly": ("12w", "week"), "monthly": ("12mo", "month")}
_STEP: Final = block("", Field("date", "", DATE, "2026-11-27", "Its first day."), *_USED)
_SPLITS: Final = tuple(
    Rows(
        f"by_{dimension}",
        block(
            "",
            Field(dimension, "", TEXT, example, "Its name; empty where it is not known."),
            *_USED,
            Field("percent_of_total", "", PERCENT, 58, "Its share of the cost."),
        ),
        by=dimension,
        meaning="The dearest first.",
    )
    for dimension, example in (("model", "claude-opus-4-5"), ("provider", "anthropic"))
)


def _expected(name: str, so_far: Any, low: Any, estimate: Any, high: Any) -> Block:  # noqa: ANN401 - examples
    shape = USD if name == "cost" else WHOLE
    return block(
        name,
        Field("so_far", "", shape, so_far, "Since the month began."),
        Field("estimate", "", shape, estimate, "At the month's end."),
        Field("low", "", shape, low, "The lower end of the 80 % interval."),
        Field("high", "", shape, high, "Its upper end."),
        Field("typical_error_percent", "", PERCENT, 6.1, "How far off such forecasts of past days were."),
        Field("naive_error_percent", "", PERCENT, 9.3, "How far off the last week, repeated, was in the same tests."),
        Field("days_of_history", "", WHOLE, 61, "Days that it rests on."),
        Field("weekly_season", "", FLAG, example=True, meaning="Whether weekdays were told apart."),
        meaning="Null throughout while there are fewer than three whole days of use.",
    )


_PREDICTED: Final = (
    _expected("requests", 100000, 118000, 122000, 126000),
    _expected("tokens", 300000000, 350000000, 365000000, 380000000),
    _expected("cost", 1100.5, 1290.25, 1346.5, 1402.75),
)
_PREDICTIONS: Final = block(
    "predictions",
    Field("period", "", TEXT, "2026-11", "The calendar month."),
    Field("ends", "", TIME, "2026-12-01T00:00:00Z", "Its end."),
    Field("interval_percent", "", PERCENT, 80, "How often the true value is inside of the interval."),
    *_PREDICTED,
)
USAGE: Final = block(
    "",
    Field("generated_at", "", TIME, "2026-11-27T10:30:00Z", "When the answer was made."),
    Field("timezone", "", TEXT, "UTC", "The zone of days."),
    Field("currency", "", TEXT, "USD", "Of all amounts."),
    _SUMMARY,
    block(
        "trends",
        *(Rows(name, _STEP, meaning=f"The last {window}, oldest first.") for name, (window, _) in _TRENDS.items()),
    ),
    block("cost_breakdown", *window_parts(), *_SPLITS, meaning="Of the period."),
    _PREDICTIONS,
)


def _usage(asked: Asked) -> dict[str, Any]:
    context = asked.context
    given = {
        "generated_at": asked.now,
        "timezone": context.scope.zone.key,
        "currency": "USD",
        "trends": {name: _trend(asked, *about) for name, about in _TRENDS.items()},
        "cost_breakdown": asked.told() | {part.name: _split(asked, part) for part in _SPLITS},
        "predictions": _predictions(asked),
    }
    return USAGE.write(gather(context, USAGE).of(""), given)


def _trend(asked: Asked, window: str, grain: str) -> list[dict[str, Any]]:
    found = gather(asked.over(window).context, _STEP, grain=grain)
    return [_STEP.write(found.of(moment), {"date": moment}) for moment in found]


def _split(asked: Asked, part: Rows) -> list[dict[str, Any]]:
    found = gather(asked.context, part.row, by=part.by)
    costs = [found.of(name)["calls.cost", "", False] for name in found]
    whole = sum(cost for cost in costs if cost)
    rows = []
    for name, cost in zip(found, costs, strict=True):
        share = float(cost / whole) if cost is not None and whole else None
        rows.append(part.row.write(found.of(name), {part.by: name, "percent_of_total": share}))
    rows.sort(key=lambda row: -(row["cost"] or 0))
    return asked.arranged(rows, part)


def _predictions(asked: Asked) -> dict[str, Any]:
    found, _, _ = predictions(asked.context)
    calendar = asked.context.scope.calendar
    return {
        "period": f"{calendar.month(0):%Y-%m}",
        "ends": calendar.month(1),
        "interval_percent": 0.8,
        "requests": _forecast(found["requests"].forecast),
        "tokens": _forecast(found["total_tokens"].forecast),
        "cost": _forecast(found["cost"].forecast),
    }


def _forecast(found: Forecast | None) -> Mapping[str, Any]:
    if found is None:
        return {part.name: None for part in _PREDICTED[0].parts}
    return {
        "so_far": found.so_far,
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
        "typical_error_percent": found.error,
        "naive_error_percent": found.naive_error,
        "days_of_history": found.days,
        "weekly_season": found.seasonal,
    }


ENDPOINT: Final = Endpoint(
    path="/api/analytics/usage",
    summary="Summary, trends, cost breakdown and predictions",
    about="Today, this week, this month and all there is; the last 30 days, 12 weeks and 12 months; the cost of the "
    "period by model and provider; and where the month will end, with the 80 % interval.",
    answer=USAGE,
    make=_usage,
    period="month",
)
