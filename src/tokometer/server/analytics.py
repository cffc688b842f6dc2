"""`GET /api/analytics/usage`: everything of the Usage page in one reply, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request

from tokometer.dashboards.calendar import Calendar, Window
from tokometer.dashboards.context import Context
from tokometer.dashboards.kinds.outlook import predictions
from tokometer.dashboards.rows import Row, only
from tokometer.dashboards.scope import Scope, ScopeError, parse_scope
from tokometer.judgement import Forecast
from tokometer.server.runtime import Runtime

router: Final = APIRouter(prefix="/api/analytics", tags=["analytics"])
_MEASURES: Final = ("requests", "total_tokens", "cost", "unpriced", "assumed", "cost_assumed")


@router.get("/usage", summary="Summary, trends, cost breakdown and predictions")
def usage(request: Request, tz: str = "UTC") -> dict[str, Any]:
    """Periods and days are those of `tz`. Money is in USD, as decimal strings; null where no call has a known price."""
    runtime: Runtime = request.app.state.runtime
    try:
        scope = parse_scope({"tz": [tz], "range": ["month"]}, (), runtime.now())
    except ScopeError as error:
        raise HTTPException(422, str(error)) from None
    context = Context(scope, runtime.ask, runtime.colours, runtime.settings, runtime.book)
    return {
        "generated_at": scope.now.isoformat(),
        "timezone": scope.zone.key,
        "currency": "USD",
        "summary": _summary(context),
        "trends": _trends(context),
        "cost_breakdown": {
            "window": {"since": scope.window.since.isoformat(), "until": scope.window.until.isoformat()},
            "by_model": _breakdown(context, "model"),
            "by_provider": _breakdown(context, "provider"),
        },
        "predictions": _predictions(context, scope),
    }


def _summary(context: Context) -> dict[str, Any]:
    calendar = context.scope.calendar
    whole = {"week": calendar.weeks(1), "month": calendar.months(1)}
    windows: dict[str, Window | None] = {"today": calendar.days(1)}
    windows |= {name: Window(window.since, window.until, (name, "")) for name, window in whole.items()}
    windows["all_time"] = None
    return {name: _usage(only(context.query(window, *_MEASURES))) for name, window in windows.items()}


def _trends(context: Context) -> dict[str, Any]:
    calendar: Calendar = context.scope.calendar
    series = {
        "daily": (calendar.days(30), "day"),
        "weekly": (calendar.weeks(12), "week"),
        "monthly": (calendar.months(12), "month"),
    }
    return {
        name: [
            {"date": row["time"].date().isoformat(), **_usage(row)}
            for row in context.query(window, *_MEASURES, grain=grain).rows
        ]
        for name, (window, grain) in series.items()
    }


def _breakdown(context: Context, dimension: str) -> list[dict[str, Any]]:
    rows = context.query(context.scope.window, *_MEASURES, by=(dimension,), rank="cost").rows
    whole = sum((row["cost"] or Decimal(0) for row in rows), Decimal(0))
    return [
        {
            dimension: row[dimension],
            **_usage(row),
            "share_of_cost": float(row["cost"] / whole) if row["cost"] and whole else 0.0,
        }
        for row in rows
    ]


def _predictions(context: Context, scope: Scope) -> dict[str, Any]:
    found, _, _ = predictions(context)
    return {
        "period": f"{scope.window.since:%Y-%m}",
        "ends": scope.window.until.isoformat(),
        "interval": 0.8,
        "requests": _expected(found["requests"].forecast, money=False),
        "tokens": _expected(found["total_tokens"].forecast, money=False),
        "cost": _expected(found["cost"].forecast, money=True),
    }


def _expected(found: Forecast | None, *, money: bool) -> dict[str, Any] | None:
    """A forecast; null while there are fewer than three whole days of use."""
    if found is None:
        return None

    def write(value: float | None) -> str | int | None:
        if value is None:
            return None
        return f"{value:.2f}" if money else round(value)

    return {
        "so_far": write(found.so_far),
        "estimate": write(found.estimate),
        "low": write(found.low),
        "high": write(found.high),
        "typical_error": None if found.error is None else round(found.error, 4),
        "days_of_history": found.days,
        "weekly_season": found.seasonal,
    }


def _usage(row: Row | Mapping[str, Any]) -> dict[str, Any]:
    cost = row.get("cost")
    return {
        "requests": row.get("requests") or 0,
        "tokens": row.get("total_tokens") or 0,
        "cost": None if cost is None else f"{cost:.9f}",
        "unpriced_requests": row.get("unpriced") or 0,
        "assumed_requests": row.get("assumed") or 0,
        "assumed_cost": f"{row.get('cost_assumed') or 0:.9f}",
    }
