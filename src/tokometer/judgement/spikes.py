"""Spikes: an error rate, a latency or a cost that is suddenly far above what is usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name, text
from tokometer.records.units import RATIO, REQUESTS, TIMES
from tokometer.settings import Settings

#: What is usual is what the last days were like.
USUAL: Final = "7d"
#: The days whose same hour says what is a usual cost, and today.
_DAYS: Final = 7
_HOURLY: Final = "8d"
_HOUR: Final = timedelta(hours=1)


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    now, usual, hourly = yield (
        # As the health score asks it: who tells both asks once.
        matter.over(settings.health.window).query("requests", "error_rate", "p95_latency", "availability"),
        matter.over(USUAL).query("requests", "error_rate", "p95_latency"),
        matter.over(_HOURLY).query("cost", "requests", grain="hour"),
    )
    before = by_name(usual, matter.by)
    rows = []
    for name, measured in by_name(now, matter.by).items():
        place = {matter.by: name} if matter.by else {}
        known = before.get(name, {})
        rows += [
            place | row
            for row in (_error_rate(measured, known, settings), _latency(measured, known, settings, matter.by, name))
            if row
        ]
    for name, course in _courses(hourly.rows, matter.by).items():
        row = _cost(course, matter.now.astimezone(ZoneInfo(matter.tz)), settings)
        if row:
            rows.append(({matter.by: name} if matter.by else {}) | row)
    return rows


def _error_rate(measured: Mapping[str, Any], usual: Mapping[str, Any], settings: Settings) -> Row | None:
    current, thresholds = measured["error_rate"], settings.thresholds
    row = _row("error_rate", "percent", current, usual.get("error_rate"), measured, settings)
    if row is None or current <= thresholds.error_rate_warning or not _far(row, thresholds.error_spike):
        return None
    return row | {"grave": current > thresholds.error_rate_critical}


def _latency(
    measured: Mapping[str, Any], usual: Mapping[str, Any], settings: Settings, by: str, name: str
) -> Row | None:
    current, thresholds = measured["p95_latency"], settings.thresholds
    row = _row("p95_latency", "ms", current, usual.get("p95_latency"), measured, settings)
    target = (settings.slo_for(**{by: name}) if by else settings.slo).p95_latency_ms
    if row is None or not _far(row, thresholds.latency_spike) or current <= target * thresholds.latency_warning:
        return None
    return row | {"grave": current > target * thresholds.latency_critical}


def _cost(course: Mapping[datetime, Mapping[str, Any]], now: datetime, settings: Settings) -> Row | None:
    """The last whole hour against the same hour of the days before."""
    hour = now.replace(minute=0, second=0, microsecond=0) - _HOUR
    measured = course.get(hour)
    if measured is None or measured["cost"] is None:
        return None
    same = [course.get(hour - timedelta(days=ago)) for ago in range(1, _DAYS + 1)]
    known = [float(row["cost"] or 0) if row else 0.0 for row in same]
    # A handful of calls in seven days' hours says nothing of what is usual in them.
    if sum(row["requests"] for row in same if row) < settings.thresholds.least_requests:
        return None
    row = _row("cost", "usd", float(measured["cost"]), median(known), measured, settings)
    # Where nothing is usual, anything would be a spike.
    if row is None or row["spikes"] is None or not _far(row, settings.thresholds.cost_spike):
        return None
    return row | {"grave": False}


def _row(
    what: str, unit: str, current: float | None, usual: float | None, measured: Mapping[str, Any], settings: Settings
) -> Row | None:
    """What is to be told if it is a spike; None where too little is known for one."""
    if current is None or usual is None or measured["requests"] < settings.thresholds.least_requests:
        return None
    return {
        "spikes": current / usual if usual else None,
        "of": what,
        "current": current,
        "usual": usual,
        "unit": unit,
        "requests": measured["requests"],
    }


def _far(row: Row, times: float) -> bool:
    """So many times what is usual, or anything where nothing is."""
    return row["spikes"] is None or row["spikes"] >= times


def _courses(rows: Sequence[Mapping[str, Any]], by: str) -> dict[str, dict[datetime, Mapping[str, Any]]]:
    found: dict[str, dict[datetime, Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[by] if by else "", {})[row["time"]] = row
    return found


def _standing(row: Row, _: Settings) -> Standing:
    return "critical" if row["grave"] else "warning"


SPIKES: Final = Judgement(
    name="spikes",
    title="Times the usual",
    unit=TIMES,
    better="lower",
    description=(
        "Error rates, latencies and costs that are far above what is usual, one row each; no rows where all is as "
        "always. The value is how many times as high as usual it is."
    ),
    formula=(
        "the error rate and the p95 latency of the last 15 minutes / those of the last 7 days; the cost of the last "
        "whole hour / the median of the same hour on the 7 days before. A spike is at least `error_spike`, "
        "`latency_spike` or `cost_spike` times as high (`[thresholds]` in the settings), of at least `least_requests` "
        "calls (and so many in the hours before); an error rate has to be above `error_rate_warning`, too, and a "
        "latency above its target"
    ),
    by=("", "provider"),
    facts=(
        text("of", "`error_rate`, `p95_latency` or `cost`"),
        Fact("current", RATIO, meaning="what it is now"),
        Fact("usual", RATIO, meaning="what is usual, in the same unit"),
        text("unit", "`percent` (a ratio from 0 to 1), `ms` or `usd`"),
        Fact("requests", REQUESTS, "integer", meaning="calls that it rests on"),
    ),
    window="15m",
    thresholds="critical where it is beyond the critical threshold of its kind as well, warning otherwise",
    inquire=_inquire,
    standing=_standing,
)
