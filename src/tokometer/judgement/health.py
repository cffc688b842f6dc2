"""The health score: how well a provider or a model does right now, as one number from 0 to 100."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name, share, text
from tokometer.judgement.slo import target_of
from tokometer.records.units import MS, PERCENT, REQUESTS, SCORE
from tokometer.settings import Settings, Slo

#: What the parts weigh. Where one cannot be measured, the others share its weight.
WEIGHTS: Final = {"success": 0.5, "latency": 0.3, "availability": 0.2}
#: An error rate of so many times its target is worth nothing, and so is a p95 latency of so many times its.
WORST_ERRORS: Final = 10.0
WORST_LATENCY: Final = 4.0
#: Whoever had traffic since then and has none now is listed without a score.
KNOWN_SINCE: Final = "30d"
NO_DATA: Final = "no data"
_GRADES: Final[dict[str, Standing]] = {"healthy": "good", "warning": "warning", "critical": "critical"}


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    """By provider where no dimension is asked for: the whole is the mean of its providers."""
    asked = matter if matter.by else replace(matter, by="provider")
    if not matter.insists:
        asked = asked.over(settings.health.window)
    now, known = yield (
        asked.query("requests", "error_rate", "p95_latency", "availability"),
        asked.query("requests", since=KNOWN_SINCE),
    )
    seen = by_name(now, asked.by)
    names = [*seen, *(name for name in by_name(known, asked.by) if name not in seen)]
    rows = [_row(asked, name, seen.get(name), settings) for name in names]
    return rows if matter.by else [_whole(rows, settings)]


def _row(asked: Matter, name: str, measured: Mapping[str, Any] | None, settings: Settings) -> Row:
    if measured is None or not measured["requests"]:
        return {asked.by: name, "health_score": None, "status": NO_DATA, "requests": 0}
    parts = parts_of(measured, target_of(settings, asked, name))
    score = score_of(parts)
    return {
        asked.by: name,
        "health_score": score,
        "status": _status(score, settings),
        "requests": measured["requests"],
        **parts,
        "error_rate": measured["error_rate"],
        "p95_latency": measured["p95_latency"],
        "without": _without(parts),
    }


def parts_of(measured: Mapping[str, Any], target: Slo) -> dict[str, float | None]:
    """The parts of the score, each from 0 to 1; None where nothing was measured that tells."""
    errors, latency = measured["error_rate"], measured["p95_latency"]
    worst = WORST_LATENCY * target.p95_latency_ms
    return {
        "success": None if errors is None else _clamp(1 - errors / (WORST_ERRORS * target.error_rate)),
        "latency": None if latency is None else _clamp((worst - latency) / (worst - target.p95_latency_ms)),
        "availability": measured["availability"],
    }


def score_of(parts: Mapping[str, float | None]) -> float | None:
    """100 × the weighted mean of the parts that are known; None without any."""
    known = {name: value for name, value in parts.items() if value is not None}
    if not known:
        return None
    weight = math.fsum(WEIGHTS[name] for name in known)
    return 100 * math.fsum(WEIGHTS[name] * value for name, value in known.items()) / weight


def _whole(rows: Sequence[Row], settings: Settings) -> Row:
    """All providers with traffic, each with the same weight."""
    scored = [row for row in rows if row["health_score"] is not None]
    if not scored:
        return {"health_score": None, "status": NO_DATA, "requests": 0}
    score = _mean([row["health_score"] for row in scored])
    parts = {name: _mean([row[name] for row in scored if row[name] is not None]) for name in WEIGHTS}
    return {
        "health_score": score,
        "status": _status(score, settings),
        "requests": sum(row["requests"] for row in scored),
        **parts,
        "without": _without(parts),
    }


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _clamp(value: float) -> float:
    return min(1.0, max(0.0, value))


def _without(parts: Mapping[str, float | None]) -> str:
    return ", ".join(name for name, value in parts.items() if value is None)


def _status(score: float | None, settings: Settings) -> str:
    if score is None:
        return NO_DATA
    # Sums of floats end a hair beside the bound that they should meet.
    rounded = round(score, 9)
    if rounded >= settings.health.healthy:
        return "healthy"
    return "warning" if rounded >= settings.health.warning else "critical"


def _standing(row: Row, _: Settings) -> Standing:
    return _GRADES.get(row["status"], "none")


HEALTH_SCORE: Final = Judgement(
    name="health_score",
    title="Health score",
    unit=SCORE,
    better="higher",
    description=(
        "How well a provider or model does right now, from 0 to 100. All calls together have the mean of the providers "
        "that have traffic, each with the same weight. Whoever had traffic in the last 30 days and has none now is "
        "listed as `no data`."
    ),
    formula=(
        "100 × (0.5 × success + 0.3 × latency + 0.2 × availability), each from 0 to 1: success = 1 − error rate / "
        "(10 × target); latency = 1 where the p95 latency is within its target, 0 at 4 × target, linear between; "
        "availability = share of the minutes with traffic in which at least half of the calls succeeded. The targets "
        "are the objectives of the provider or model. Where a part was not measured (a source that states no "
        "latency), the others share its weight, and `without` names it"
    ),
    by=("", "provider", "model"),
    facts=(
        text("status", "`healthy`, `warning`, `critical` or `no data`"),
        Fact("requests", REQUESTS, "integer", meaning="calls that it rests on"),
        share("success", "1 − error rate / (10 × target), from 0 to 1"),
        share("latency", "1 within the target of the p95 latency, 0 at 4 × target"),
        share("availability", "share of the minutes with traffic that were good"),
        Fact("error_rate", PERCENT, meaning="share of the calls that failed"),
        Fact("p95_latency", MS, title="p95 latency", meaning="95 % of the calls took at most this long"),
        text("without", "parts that were not measured"),
    ),
    window="15m",
    movable=True,
    thresholds="healthy from 90, warning from 70, critical below (`[health]` in the settings)",
    inquire=_inquire,
    standing=_standing,
)
