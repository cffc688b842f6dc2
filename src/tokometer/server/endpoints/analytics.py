"""`/api/analytics/…`: what people and agents do with models, and what could be better."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from tokometer.server.endpoints import usage
from tokometer.server.endpoints.asking import Asked, window_parts
from tokometer.server.endpoints.declared import Field, Rows, block
from tokometer.server.endpoints.financial import BREAKDOWN_ENDPOINT
from tokometer.server.endpoints.gathering import gather
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import (
    BYTES,
    CHANGE,
    DATE,
    MINUTES,
    MS,
    NUMBER,
    PER_SECOND,
    PERCENT,
    SCORE,
    SECONDS,
    TEXT,
    TIME,
    TOKENS,
    USD,
    WHOLE,
)

_NOW: Final = Field("timestamp", "", TIME, "2026-11-27T10:30:00Z", "When the answer was made.")
_HOURS, _DAYS = 24, 7

# -- overview ----------------------------------------------------------------------------------------------------------

OVERVIEW: Final = block(
    "",
    Field("messages", "calls.messages", WHOLE, 1234),
    Field("messagesChange", "calls.messages", CHANGE, 12, change=True),
    Field("cost", "calls.cost", USD, 47.50),
    Field("costChange", "calls.cost", CHANGE, -8, change=True),
    Field("sessions", "calls.sessions", WHOLE, 156),
    Field("sessionsChange", "calls.sessions", CHANGE, 23, change=True),
    Field("successRate", "calls.success_rate", PERCENT, 89),
    Field("requests", "calls.requests", WHOLE, 987),
    Field("requestsChange", "calls.requests", CHANGE, 11, change=True),
    Field("tokens", "calls.total_tokens", TOKENS, 12345678),
    Field("tokensChange", "calls.total_tokens", CHANGE, 9, change=True),
    Field("unpriced_requests", "calls.unpriced", WHOLE, 0),
    _NOW,
    *window_parts(),
)


def _overview(asked: Asked) -> dict[str, Any]:
    return OVERVIEW.write(gather(asked.context, OVERVIEW).of(""), asked.told())


# -- models ------------------------------------------------------------------------------------------------------------

_MODELS: Final = Rows(
    "",
    block(
        "",
        Field("model", "", TEXT, "claude-opus-4-5", "The model; empty where it is not known."),
        Field("tokens", "calls.total_tokens", TOKENS, 450000),
        Field("cost", "calls.cost", USD, 42.30),
        Field("percentage", "", PERCENT, 58, "Its share of all tokens."),
        Field("provider", "judgement.inventory.provider", TEXT, "anthropic"),
        Field("requests", "calls.requests", WHOLE, 1204),
        Field("conversations", "calls.sessions", WHOLE, 89),
        Field("success_rate_percent", "calls.success_rate", PERCENT, 99.1),
        Field("avg_latency_ms", "calls.mean_latency", MS, 4210),
        Field("p95_latency_ms", "calls.p95_latency", MS, 12100),
        Field("performance", "judgement.inventory", SCORE, 96.4),
        Field("stars", "judgement.inventory.stars", TEXT, "★★★★★"),
        Field("supports_tools", "judgement.inventory.tools", TEXT, "yes"),
        Field("installed", "judgement.inventory.installed", TEXT, ""),
        Field("size_bytes", "judgement.inventory.size", BYTES, 4920734272),
        Field("context_window", "judgement.inventory.context_window", TOKENS, 200000),
        Field("model_family", "judgement.inventory.family", TEXT, "claude"),
        Field("last_used_seconds_ago", "judgement.inventory.age", SECONDS, 1800),
    ),
    by="model",
    meaning="Those with most tokens first.",
)


def _models(asked: Asked) -> list[dict[str, Any]]:
    found = gather(asked.context, _MODELS.row, by="model")
    tokens = {name: found.of(name)["calls.total_tokens", "", False] for name in found}
    whole = sum(tokens.values())
    rows = [
        _MODELS.row.write(found.of(name), {"model": name, "percentage": own / whole if whole else None})
        for name, own in tokens.items()
    ]
    rows.sort(key=lambda row: (-row["tokens"], -row["requests"]))
    return asked.arranged(rows, _MODELS)


# -- agents ------------------------------------------------------------------------------------------------------------

_AGENTS: Final = Rows(
    "agents",
    block(
        "",
        Field("agent", "", TEXT, "research", "The agent; empty for calls of none."),
        Field("tasks", "runs.runs", WHOLE, 89),
        Field("avg_time_minutes", "runs.mean_duration", MINUTES, 4.2),
        Field("success_rate_percent", "runs.success_rate", PERCENT, 94),
        Field("cost_per_task", "judgement.cost_per_task", USD, 0.48),
        Field("cost", "calls.cost", USD, 42.72),
        Field("failed_tasks", "runs.failed", WHOLE, 5),
        Field("requests", "calls.requests", WHOLE, 1204),
        Field("tokens", "calls.total_tokens", TOKENS, 4500000),
        Field("sessions", "calls.sessions", WHOLE, 61),
    ),
    by="agent",
    meaning="Those with most tasks first.",
)
AGENTS: Final = block("", _NOW, *window_parts(), _AGENTS)


def _agents(asked: Asked) -> dict[str, Any]:
    found = gather(asked.context, _AGENTS.row, by="agent")
    rows = [_AGENTS.row.write(found.of(name), {"agent": name}) for name in found]
    rows.sort(key=lambda row: (-(row["tasks"] or 0), -(row["requests"] or 0)))
    return AGENTS.write({}, asked.told() | {"agents": asked.arranged(rows, _AGENTS)})


# -- when --------------------------------------------------------------------------------------------------------------

_MESSAGES: Final = Field("messages", "calls.messages", WHOLE, 212)
_CELLS: Final = Rows(
    "cells",
    block(
        "",
        Field("weekday", "", WHOLE, 1, "1 (Monday) to 7 (Sunday), in the asker's zone."),
        Field("hour", "", WHOLE, 9, "0 to 23, in the asker's zone."),
        _MESSAGES,
        Field("requests", "calls.requests", WHOLE, 180),
        Field("level", "", TEXT, "high", "Against the busiest hour: `high` from two thirds, `medium` from one, `low`."),
    ),
    meaning="All 168 hours of a week, Monday 0 o'clock first.",
)
HEATMAP: Final = block(
    "",
    Field("busiest_weekday", "", WHOLE, 2, "The weekday of the hour with most messages; null without any."),
    Field("busiest_hour", "", WHOLE, 14, "That hour."),
    Field("most_messages", "", WHOLE, 212, "Its messages, over all weeks of the period."),
    _CELLS,
    _NOW,
    *window_parts(),
)


def _heatmap(asked: Asked) -> dict[str, Any]:
    found = gather(asked.context, _CELLS.row, by=("weekday", "hour"))
    places = [(day, hour) for day in range(1, _DAYS + 1) for hour in range(_HOURS)]
    counts = {place: found.of(place)[_MESSAGES.key] for place in places}
    most = max(counts.values())
    busiest = next(place for place in places if counts[place] == most) if most else (None, None)
    cells = [
        _CELLS.row.write(found.of(place), {"weekday": place[0], "hour": place[1], "level": _level(counts[place], most)})
        for place in places
    ]
    given = {"busiest_weekday": busiest[0], "busiest_hour": busiest[1], "most_messages": most}
    return HEATMAP.write({}, asked.told() | given | {"cells": asked.arranged(cells, _CELLS)})


def _level(count: int, most: int) -> str:
    if 3 * count >= 2 * most > 0:
        return "high"
    return "medium" if 3 * count >= most > 0 else "low"


# -- insights ----------------------------------------------------------------------------------------------------------

_ADVICE: Final = Rows(
    "insights",
    block(
        "",
        Field("title", "", TEXT, "Use glm-4.5-flash for nightly-report", "What to do."),
        Field("potential_savings", "", USD, 12.4, "What it would have saved in the window; null without any."),
        Field("potential_savings_per_week", "", USD, 12.4, "The same for each week."),
        Field("detail", "", TEXT, "The same tokens would have cost less.", "What it would change."),
        Field("evidence", "", TEXT, "412 calls, of which 99 % succeeded.", "What says so, and what it does not say."),
        Field("rule", "", TEXT, "cheaper_model", "Which rule speaks."),
        Field("agent", "", TEXT, "nightly-report", "The agent concerned."),
        Field("model", "", TEXT, "glm-4.7", "The model concerned."),
        Field("calls", "", WHOLE, 412, "The calls concerned."),
    ),
    meaning="What the same calls would have cost otherwise (`judgement.advice`), the largest saving first.",
)
_HISTORY: Final = Rows(
    "usageHistory",
    block(
        "",
        Field("date", "", DATE, "2026-11-27", "The day."),
        Field("queries", "calls.requests", WHOLE, 423),
        Field("avgTokens", "calls.avg_tokens_per_request", NUMBER, 1200),
    ),
    meaning="Each day of the period.",
)
INSIGHTS: Final = block(
    "",
    _ADVICE,
    block(
        "tokensPerSecond",
        Field("current", "calls.tokens_per_second", PER_SECOND, 1892, window="5m"),
        Field("average", "calls.tokens_per_second", PER_SECOND, 1247),
    ),
    Field("totalQueries", "calls.requests", WHOLE, 3847),
    Field("computeUtilization", "judgement.compute.utilisation", PERCENT, 34),
    block(
        "uptime",
        Field("percentage", "judgement.uptime", PERCENT, 99.9),
        Field("days", "judgement.uptime.quiet_days", NUMBER, 47),
    ),
    _HISTORY,
    block(
        "compute",
        Field("flops", "judgement.compute", NUMBER, 3.1e13),
        Field("mfu_percent", "judgement.compute.mfu", PERCENT, 4.2),
        Field("power_watts", "judgement.compute.power", NUMBER, 412.5),
        Field("devices", "judgement.compute.devices", WHOLE, 4),
        meaning="What the machines computed (`judgement.compute`).",
    ),
    block(
        "responseTimes",
        Field("p50_ms", "calls.p50_latency", MS, 1210),
        Field("p95_ms", "calls.p95_latency", MS, 9800),
        Field("p99_ms", "calls.p99_latency", MS, 21000),
    ),
    _NOW,
    *window_parts(),
)


def _insights(asked: Asked) -> dict[str, Any]:
    found = gather(asked.context, _HISTORY.row, grain="day")
    advice = [_advised(row) for row in asked.context.judge("advice", asked.window).rows]
    given = {
        "insights": asked.arranged(advice, _ADVICE),
        "usageHistory": [_HISTORY.row.write(found.of(moment), {"date": moment}) for moment in found],
    }
    return INSIGHTS.write(gather(asked.context, INSIGHTS).of(""), asked.told() | given)


def _advised(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a judgement's row
    told = {name: row[name] if row[name] != "" else None for name in ("detail", "evidence", "rule", "agent", "model")}
    amounts = {"potential_savings": row["advice"], "potential_savings_per_week": row["per_week"]}
    return _ADVICE.row.write({}, {"title": row["title"], "calls": row["calls"], **told, **amounts})


_CHANGES: Final = "Changes are against the period before, to the same point in it."
ENDPOINTS: Final = (
    Endpoint(
        path="/api/analytics/overview",
        summary="Messages, cost, sessions and success, with their change",
        about=f"`period=today`, `week` or `month`, as on the page. {_CHANGES}",
        answer=OVERVIEW,
        make=_overview,
        period="week",
    ),
    usage.ENDPOINT,
    Endpoint(
        path="/api/analytics/models",
        summary="How use is distributed over models, with what is known of each",
        about="Tokens, cost and their share, conversations and performance of every model that was used.",
        answer=_MODELS,
        make=_models,
        period="week",
    ),
    Endpoint(
        path="/api/analytics/agents",
        summary="Agents side by side: tasks, time, success, cost",
        about="A task is one that an agent was given (a run of it).",
        answer=AGENTS,
        make=_agents,
        period="week",
    ),
    Endpoint(
        path="/api/analytics/heatmap",
        summary="Messages by weekday and hour",
        about="In the asker's time zone (`tz`), added up over the weeks of the period.",
        answer=HEATMAP,
        make=_heatmap,
        period="30d",
    ),
    Endpoint(
        path="/api/analytics/insights",
        summary="What could be better, and what the machines deliver",
        about="Advice is a counterfactual on your own calls: without evidence there is none.",
        answer=INSIGHTS,
        make=_insights,
        period="30d",
        every=300.0,
    ),
    replace(BREAKDOWN_ENDPOINT, path="/api/analytics/cost-breakdown", period="month"),
)
router: Final = routed("analytics", ENDPOINTS)
