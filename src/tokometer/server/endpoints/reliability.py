"""`/api/slo/status`, `/api/health/availability`, `/api/availability/timeline`: what was promised, and what is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.server.endpoints.asking import MOST_ROWS, Asked, window_parts
from tokometer.server.endpoints.courses import INTERVAL, interval_of
from tokometer.server.endpoints.declared import Block, Field, Rows, block
from tokometer.server.endpoints.gathering import Values, gather
from tokometer.server.endpoints.naming import provider_name, seen
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import (
    FLAG,
    MS,
    NUMBER,
    PERCENT,
    SECONDS,
    STATUS,
    TEXT,
    TIME,
    WHOLE,
)

_NOW: Final = Field("timestamp", "", TIME, "2026-11-27T10:30:00Z", "When the answer was made.")
_SLUG: Final = Field("slug", "", TEXT, "openrouter", "The provider, as addresses and filters have it.")
_NAME: Final = Field("name", "", TEXT, "OpenRouter", "What people call it.")

# -- objectives --------------------------------------------------------------------------------------------------------

#: The period of an objective, in the words of answers.
_PERIODS: Final = {"day": "current_day", "week": "current_week", "month": "current_month"}
_KEPT: Final = (
    Field("availability_target_percent", "", PERCENT, 99.9, "What the availability has to be at least."),
    Field("current_availability_percent", "", PERCENT, 99.87, "What it is in the period."),
    Field("compliant", "", FLAG, example=False, meaning="Whether availability meets its target; null without calls."),
    Field("latency_p95_target_ms", "", MS, 500, "What the p95 latency may be at most."),
    Field("current_latency_p95_ms", "", MS, 523, "What it is in the period."),
    Field("latency_compliant", "", FLAG, example=False, meaning="Whether it meets its target."),
    Field("error_rate_target_percent", "", PERCENT, 1.0, "What the error rate may be at most."),
    Field("current_error_rate_percent", "", PERCENT, 0.92, "What it is in the period."),
    Field("error_compliant", "", FLAG, example=True, meaning="Whether it meets its target."),
    Field("overall_compliant", "", FLAG, example=False, meaning="Whether all that can be told meet their targets."),
    Field("period", "", TEXT, "current_month", "Over which time: that of the objectives, or the one asked for."),
    Field("status", "", TEXT, "fail", "`pass`, `warning` (little of an error budget is left), `fail` or `no_data`."),
    block(
        "error_budget_left_percent",
        Field("availability", "", PERCENT, -30, "Of what may fail of the availability."),
        Field("latency", "", PERCENT, 12.5, "Of the calls that may be slower than the target of the p95."),
        Field("error_rate", "", PERCENT, 8, "Of the calls that may fail."),
        meaning="How much of each error budget is left (`judgement.slo`); below 0 it is overspent.",
    ),
)
#: Each objective with the names of its target, value and verdict, and of its budget.
_OBJECTIVES: Final = {
    "availability": (*(_KEPT[place].name for place in (0, 1, 2)), "availability"),
    "p95_latency": (*(_KEPT[place].name for place in (3, 4, 5)), "latency"),
    "error_rate": (*(_KEPT[place].name for place in (6, 7, 8)), "error_rate"),
}
_OF_PROVIDERS: Final = Rows(
    "providers", block("", _SLUG, _NAME, *_KEPT), meaning="Each provider with calls in its period."
)
_BURNING: Final = Rows(
    "burn_rates",
    block(
        "",
        Field("objective", "", TEXT, "availability", "`availability` or `error_rate`."),
        Field("alert", "", TEXT, "ok", "`critical`, `warning`, `notice`, `ok` or `no_data`."),
        Field("burn_rate_5m", "", NUMBER, 0.0, "Over the last 5 minutes."),
        Field("burn_rate_30m", "", NUMBER, 0.4, "Over the last 30 minutes."),
        Field("burn_rate_1h", "", NUMBER, 0.9, "Over the last hour."),
        Field("burn_rate_6h", "", NUMBER, 1.3, "Over the last 6 hours."),
        Field("burn_rate_3d", "", NUMBER, 1.1, "Over the last 3 days."),
    ),
    meaning="How many times as fast as allowed error budgets are used up (`judgement.burn_rate`).",
)
_TREND: Final = block(
    "trend",
    *(
        Field(f"{name}_{window}", measure, shape, example, window=window)
        for name, measure, shape, example in (
            ("availability_percent", "calls.availability", PERCENT, 99.9),
            ("p95_latency_ms", "calls.p95_latency", MS, 480),
            ("error_rate_percent", "calls.error_rate", PERCENT, 0.8),
        )
        for window in ("24h", "7d", "30d")
    ),
    meaning="The same over the last day, week and month.",
)
SLO: Final = block("", *_KEPT, _TREND, _BURNING, _OF_PROVIDERS, _NOW, window_parts()[1])


def _slo(asked: Asked) -> dict[str, Any]:
    settings = asked.runtime.settings
    insists = asked.chosen
    about = asked if insists else asked.over(_window_of(settings.slo.period))
    whole = _objectives(about, "", insists=insists)
    targets = {
        "availability_target_percent": settings.slo.availability,
        "latency_p95_target_ms": settings.slo.p95_latency_ms,
        "error_rate_target_percent": settings.slo.error_rate,
    }
    told = about.told() | _verdicts(whole.get("", ()), about.period) | {"window": about.told()["window"]}
    told |= {name: value for name, value in targets.items() if told[name] is None}
    rows = [
        _OF_PROVIDERS.row.write(
            {}, {"slug": slug or None, "name": provider_name(slug), **_verdicts(found, about.period)}
        )
        for slug, found in _objectives(about, "provider", insists=insists).items()
    ]
    told |= {"providers": asked.arranged(rows, _OF_PROVIDERS), "burn_rates": _burn_rates(about)}
    return SLO.write(gather(asked.context, SLO).of(""), told)


def _window_of(period: str) -> str:
    return "today" if period == "day" else period


def _objectives(asked: Asked, by: str, *, insists: bool) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of the judgement by name, three each."""
    since, until = asked.window.asked
    context = asked.context
    matter = Matter(
        by=by,
        where=context.where(),
        since=since,
        until=until,
        tz=context.scope.zone.key,
        now=asked.now,
        insists=insists,
    )
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in judge(JUDGEMENTS["slo"], matter, context.settings, context.ask).rows:
        found.setdefault(row[by] if by else "", []).append(row)
    return found


def _verdicts(rows: Sequence[Mapping[str, Any]], period: str) -> dict[str, Any]:
    """The judgement's rows of one name, as one object."""
    told: dict[str, Any] = {name: None for names in _OBJECTIVES.values() for name in names[:3]}
    budgets: dict[str, float | None] = {names[3]: None for names in _OBJECTIVES.values()}
    for row in rows:
        target, current, verdict, budget = _OBJECTIVES[row["objective"]]
        told |= {target: row["target"], current: row["current"], verdict: row["compliant"]}
        budgets[budget] = row["slo"]
    first = rows[0] if rows else {"overall_compliant": None, "period": period}
    named = first["period"] if first["period"] in ("day", "week", "month", "7d", "30d") else period
    return told | {
        "overall_compliant": first["overall_compliant"],
        "period": _PERIODS.get(named, named),
        "status": _status([row["standing"] for row in rows]),
        "error_budget_left_percent": budgets,
    }


def _status(standings: Sequence[str]) -> str:
    for standing, word in (("critical", "fail"), ("warning", "warning"), ("good", "pass")):
        if standing in standings:
            return word
    return "no_data"


def _burn_rates(asked: Asked) -> list[dict[str, Any]]:
    rows = asked.context.judge("burn_rate", asked.window).rows
    return [
        _BURNING.row.write(
            {},
            {
                "objective": row["objective"],
                "alert": str(row["alert"]).replace(" ", "_"),
                **{f"burn_rate_{span}": row[f"burn_{span}"] for span in ("5m", "30m", "1h", "6h", "3d")},
            },
        )
        for row in rows
    ]


# -- availability ------------------------------------------------------------------------------------------------------

_UPTIME: Final = (
    Field("uptime_percent", "calls.availability", PERCENT, 99.95),
    Field("target_percent", "judgement.uptime.target", PERCENT, 99.9),
    Field("active_minutes", "calls.active_minutes", WHOLE, 1402),
    Field("bad_minutes", "calls.bad_minutes", WHOLE, 1),
    Field("incident_count", "judgement.uptime.incidents", WHOLE, 0),
    Field("downtime_seconds", "judgement.uptime.downtime", SECONDS, 0),
    Field("ongoing_incident", "judgement.uptime.ongoing", FLAG, example=False),
    Field("last_incident", "judgement.uptime.last_incident", TIME, "2026-11-20T21:04:00Z"),
    Field("quiet_days", "judgement.uptime.quiet_days", NUMBER, 6.5),
)
_STATUS: Final = Field(
    "status", "judgement.health_score.status", STATUS, "healthy", "`healthy`, `warning`, `critical` or `no_data`."
)
_AVAILABLE: Final = Rows(
    "providers",
    block(
        "",
        _SLUG,
        _NAME,
        _STATUS,
        *_UPTIME,
    ),
    by="provider",
    named="slug",
    meaning="The most used first.",
)
_INCIDENTS: Final = Rows(
    "incidents",
    block(
        "",
        Field("provider", "", TEXT, "together", "The provider's slug."),
        Field("severity", "", TEXT, "major", "`critical`, `major` or `minor`."),
        Field("start", "", TIME, "2026-11-26T21:04:00Z", "The beginning of its first bad minute."),
        Field("end", "", TIME, "2026-11-26T21:19:00Z", "The end of its last one; null while it goes on."),
        Field("ongoing", "", FLAG, example=False, meaning="Whether it goes on."),
        Field("duration_seconds", "", SECONDS, 900, "How long it took, or has taken so far."),
        Field("failed_percent", "", PERCENT, 84.5, "Share of the calls of its bad minutes that failed."),
        Field("requests", "", WHOLE, 412, "Calls in its bad minutes."),
        Field("errors", "", WHOLE, 348, "Failed calls in its bad minutes."),
    ),
    meaning="Incidents of each provider in the window (`judgement.incidents`), the newest first.",
)
AVAILABILITY: Final = block("", _NOW, *window_parts(), *_UPTIME, _AVAILABLE, _INCIDENTS)


def incident_rows(asked: Asked, row: Block) -> list[dict[str, Any]]:
    """The incidents of each provider, as a row of an answer has them."""
    found = asked.context.judge("incidents", asked.window, "provider").rows[:MOST_ROWS]
    return [
        row.write({}, {**one, "duration_seconds": one["duration"], "failed_percent": one["incidents"]}) for one in found
    ]


def _available(asked: Asked) -> dict[str, Any]:
    found = gather(asked.context, _AVAILABLE.row, by="provider")
    rows = []
    for slug in providers_in(asked, found):
        values = Values(found.of(slug))
        values.setdefault(_STATUS.key, "no_data")
        rows.append(_AVAILABLE.row.write(values, {"slug": slug, "name": provider_name(slug)}))
    given = {
        "providers": asked.arranged(rows, _AVAILABLE),
        "incidents": incident_rows(asked, _INCIDENTS.row),
    }
    return AVAILABILITY.write(gather(asked.context, AVAILABILITY).of(""), asked.told() | given)


def providers_in(asked: Asked, found: Any) -> list[str]:  # noqa: ANN401 - names that were gathered
    """The providers that an answer lists: all that there are, of filtered calls those that had some."""
    names = list(found)
    known = [name for name in seen(asked.runtime, "provider") if not asked.context.scope.filtered or name in names]
    return list(dict.fromkeys([*known, *names]))


# -- timeline ----------------------------------------------------------------------------------------------------------

_POINTS: Final = Rows(
    "timeline",
    block(
        "",
        Field("timestamp", "", TIME, "2026-11-27T10:00:00Z", "The beginning of the step."),
        Field("uptime_percent", "calls.availability", PERCENT, 99.8),
    ),
    by="time",
    named="timestamp",
    meaning="Every step of the window that has begun; null where there were no calls.",
)
_LINES: Final = Rows(
    "providers", block("", _SLUG, _NAME, _POINTS), by="provider", named="slug", meaning="The most used first."
)
TIMELINE: Final = block(
    "",
    Field("interval_seconds", "", WHOLE, 3600, "The length of a step; null for months, which differ."),
    _LINES,
    _NOW,
    *window_parts(),
)


def _timeline(asked: Asked) -> dict[str, Any]:
    grain, seconds = interval_of(asked)
    found = gather(asked.context, _POINTS.row, by="provider", grain=grain)
    points: dict[str, list[dict[str, Any]]] = {}
    times: dict[Any, None] = {}
    for moment, slug in found:
        times[moment] = None
        points.setdefault(slug, []).append(_POINTS.row.write(found.of((moment, slug)), {"timestamp": moment}))
    nothing = [_POINTS.row.write({_POINTS_KEY: None}, {"timestamp": moment}) for moment in times]
    rows = [
        _LINES.row.write({}, {"slug": slug, "name": provider_name(slug), "timeline": points.get(slug, nothing)})
        for slug in providers_in(asked, points)[: max(_FEWEST_LINES, _MOST_POINTS // max(len(times), 1))]
    ]
    given = {"interval_seconds": seconds, "providers": asked.arranged(rows, _LINES)}
    return TIMELINE.write({}, asked.told() | given)


#: Points of all lines together, unless that is less than so many lines; the most used go first.
_MOST_POINTS: Final = 20_000
_FEWEST_LINES: Final = 20
_POINTS_KEY: Final = ("calls.availability", "", False)
_WHAT: Final = (
    "Uptime is the share of the minutes with calls in which at least half of them succeeded; minutes without calls "
    "tell nothing."
)
ENDPOINTS: Final = (
    Endpoint(
        path="/api/slo/status",
        summary="Whether the service-level objectives are met",
        about="Over the period of the objectives (`[slo]` in the settings), unless another is asked for; of each "
        "provider against its own objectives.",
        answer=SLO,
        make=_slo,
        period="month",
        every=30.0,
    ),
    Endpoint(
        path="/api/health/availability",
        summary="Uptime and incidents, in all and of each provider",
        about=f"{_WHAT} The figures at the top are of all calls together; `incidents` are those of each provider.",
        answer=AVAILABILITY,
        make=_available,
        every=15.0,
    ),
    Endpoint(
        path="/api/availability/timeline",
        summary="Uptime over time, of each provider",
        about=_WHAT,
        answer=TIMELINE,
        make=_timeline,
        every=60.0,
        takes=(replace(INTERVAL, default="1h"),),
    ),
)
router: Final = routed("reliability", ENDPOINTS)
