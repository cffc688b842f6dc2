"""Service-level objectives: what was promised, what is kept, and how much of the error budget is left.

An objective allows a share of failures: 0.1 % of the minutes, 1 % of the calls, and, as a p95 is one, 5 % of the calls
that are slower than the target. That is the error budget (https://sre.google/workbook/implementing-slos/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name, text
from tokometer.measures import Query, Spread, quantile
from tokometer.records.units import COUNT, PERCENT, RATIO
from tokometer.settings import Settings, Slo

#: Each period of the settings as a window of queries.
PERIODS: Final = {"day": "today", "week": "week", "month": "month", "7d": "7d", "30d": "30d"}
#: The share of calls that may be slower than a p95.
SLOW: Final = 0.05
#: Less of the budget left than this is a warning.
LOW_BUDGET: Final = 0.25
_MEASURES: Final = ("requests", "errors", "error_rate", "active_minutes", "bad_minutes", "availability")


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    periods = _periods(matter, settings)
    answers = yield tuple(question for period in periods for question in _questions(matter, period))
    measured = {period: by_name(answers[2 * i], matter.by) for i, period in enumerate(periods)}
    spreads = {period: _buckets(answers[2 * i + 1].rows, matter.by) for i, period in enumerate(periods)}
    rows = []
    for name in dict.fromkeys(name for found in measured.values() for name in found):
        target = target_of(settings, matter, name)
        period = "" if matter.insists else target.period
        found = measured[period].get(name)
        if found is not None:
            rows += _rows(matter, name, found, spreads[period].get(name, []), target, period)
    return rows


def target_of(settings: Settings, matter: Matter, name: str) -> Slo:
    """The objectives of the calls of one row: of its provider, its model, or both, by its name or by the filters."""
    provider = name if matter.by == "provider" else matter.only("provider")
    return settings.slo_for(provider=provider, model=name if matter.by == "model" else matter.only("model"))


def _periods(matter: Matter, settings: Settings) -> list[str]:
    """The periods that are needed: those of all objectives that may apply; '' is the asker's own window."""
    if matter.insists:
        return [""]
    overrides = [one.period for one in settings.objectives if one.period] if matter.by or matter.where else []
    return list(dict.fromkeys([settings.slo.period, *overrides]))


def _questions(matter: Matter, period: str) -> tuple[Query, Spread]:
    over = matter.over(PERIODS[period]) if period else matter
    by = (f"calls.{matter.by}",) if matter.by else ()
    spread = Spread(of="latency", by=by, where=over.where, since=over.since, until=over.until, tz=over.tz)
    return over.query(*_MEASURES), spread


def _buckets(rows: Any, by: str) -> dict[str, list[Mapping[str, Any]]]:  # noqa: ANN401 - rows of a spread
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[by] if by else "", []).append(row)
    return found


def _rows(
    matter: Matter, name: str, found: Mapping[str, Any], buckets: list[Mapping[str, Any]], target: Slo, period: str
) -> list[Row]:
    objectives = list(_objectives(found, buckets, target))
    known = [row["compliant"] for row in objectives if row["compliant"] is not None]
    beside = {
        **({matter.by: name} if matter.by else {}),
        "overall_compliant": all(known) if known else None,
        "period": period or f"{matter.since} to {matter.until or 'now'}",
    }
    return [beside | row for row in objectives]


def _objectives(found: Mapping[str, Any], buckets: list[Mapping[str, Any]], target: Slo) -> Iterator[Row]:
    yield _objective(
        "availability",
        PERCENT.key,
        target.availability,
        found["availability"],
        (found["bad_minutes"], found["active_minutes"], 1 - target.availability),
        at_least=True,
    )
    slow = sum(row["count"] for row in buckets if row["value_ms"] > target.p95_latency_ms)
    calls = sum(row["count"] for row in buckets)
    yield _objective("p95_latency", "ms", target.p95_latency_ms, quantile(buckets, 0.95), (slow, calls, SLOW))
    yield _objective(
        "error_rate",
        PERCENT.key,
        target.error_rate,
        found["error_rate"],
        (found["errors"], found["requests"], target.error_rate),
    )


def _objective(
    name: str,
    unit: str,
    target: float,
    current: float | None,
    budget: tuple[int, int, float],
    *,
    at_least: bool = False,
) -> Row:
    """One row; the budget is how much failed, of how many, and the share that may."""
    failed, of, allowed_share = budget
    allowed = allowed_share * of
    compliant = None if current is None else (current >= target if at_least else current <= target)
    return {
        "slo": 1 - failed / allowed if allowed and current is not None else None,
        "objective": name,
        "target": target,
        "current": current,
        "unit": unit,
        "compliant": compliant,
        "allowed": allowed if current is not None else None,
        "spent": failed if current is not None else None,
    }


def _standing(row: Row, _: Settings) -> Standing:
    if row["compliant"] is None:
        return "none"
    if not row["compliant"]:
        return "critical"
    return "good" if row["slo"] is None or row["slo"] >= LOW_BUDGET else "warning"


SLO: Final = Judgement(
    name="slo",
    title="Error budget left",
    unit=PERCENT,
    better="higher",
    description=(
        "Whether the objectives are met, one row each: availability, p95 latency and error rate. The value is the "
        "share of the error budget that is left in the period; below zero it is overspent."
    ),
    formula=(
        "1 − what failed / what may fail: bad minutes of (1 − target) × minutes with calls; calls slower than the "
        "target of 5 % of the calls (of those with a known latency, from the histogram); failed calls of target × "
        "calls. The period is that of the objective, by default the month to date"
    ),
    by=("", "provider", "model"),
    facts=(
        text("objective", "`availability`, `p95_latency` or `error_rate`"),
        Fact("target", RATIO, meaning="what it has to be, at least (availability) or at most"),
        Fact("current", RATIO, meaning="what it is in the period, in the same unit"),
        text("unit", "`percent` (a ratio from 0 to 1) or `ms`"),
        Fact("compliant", type="flag", meaning="the objective is met"),
        Fact("overall_compliant", type="flag", meaning="all objectives that could be measured are met"),
        Fact("allowed", COUNT, meaning="the error budget: minutes or calls that may fail"),
        Fact("spent", COUNT, "integer", meaning="minutes or calls that did"),
        text("period", "`day`, `week`, `month`, `7d` or `30d`, or the window that was insisted on"),
    ),
    window="month",
    movable=True,
    thresholds="critical where the objective is missed, warning where less than a quarter of the budget is left",
    inquire=_inquire,
    standing=_standing,
)
