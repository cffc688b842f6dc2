"""What is wrong now, as far as judgements can tell: a line each, with severity, whom it is about, and since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

from tokometer.dashboards.calendar import Window
from tokometer.dashboards.context import Context
from tokometer.records.units import MS, PERCENT, SCORE, SECONDS, TIMES, USD, show

#: `over` is an incident that has ended.
Severity = Literal["critical", "warning", "over"]
Row = Mapping[str, Any]
#: The severities, the worst first.
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "warning", "over")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong."""

    severity: Severity
    #: The judgement that says so.
    judgement: str
    #: Whom it is about: a dimension and its value; both empty for everything together.
    by: str
    name: str
    headline: str
    detail: str
    value: Any
    since: datetime | None = None
    #: When it ended; None while it goes on, and for what has no end.
    until: datetime | None = None


def alarms(context: Context, window: Window, judgements: Sequence[str]) -> list[Alarm]:
    """All alarms of these judgements: the worst first, then in their order, of each the newest first."""
    found = [(place, alarm) for place, name in enumerate(judgements) for alarm in _TOLD[name](context, window)]
    return [alarm for _, alarm in sorted(found, key=_place)]


def _place(found: tuple[int, Alarm]) -> tuple[Any, ...]:
    place, alarm = found
    since = -alarm.since.timestamp() if alarm.since else 0.0
    return (SEVERITIES.index(alarm.severity), place, since, alarm.name, alarm.headline)


def _incidents(context: Context, window: Window) -> Iterable[Alarm]:
    for row in context.judge("incidents", window, "provider").rows:
        words = f"{show(row['incidents'], PERCENT)} of the calls failed for {show(row['duration'], SECONDS)}"
        severity: Severity = row["standing"] if row["ongoing"] else "over"
        headline = "Down" if row["ongoing"] else "Was down"
        name, begin, end = row["provider"] or "", row["start"], row["end"]
        yield Alarm(severity, "incidents", "provider", name, headline, words, row["incidents"], begin, end)


def _burn_rate(context: Context, window: Window) -> Iterable[Alarm]:
    for row in _bad(context, window, "burn_rate", "provider"):
        long, short = _BURNING[row["alert"]]
        words = f"{show(row[long[0]], TIMES)} too fast over {long[1]}, {show(row[short[0]], TIMES)} over {short[1]}"
        of = str(row["objective"]).replace("_", " ")
        yield _alarm(row, "burn_rate", "provider", f"Error budget burning ({of})", words)


_HOUR, _SIX = ("burn_1h", "1 hour"), ("burn_6h", "6 hours")
#: The windows that an alert is raised by, as in judgement.burn.
_BURNING: Final = {
    "critical": (_HOUR, ("burn_5m", "5 min")),
    "warning": (_SIX, ("burn_30m", "30 min")),
    "notice": (("burn_3d", "3 days"), _SIX),
}


def _breaker(context: Context, window: Window) -> Iterable[Alarm]:
    for row in _bad(context, window, "breaker", "provider"):
        state = str(row["breaker"]).replace("_", "-").lower()
        words = f"{row['failure_count']:,} failures, {row['origin']}"
        yield _alarm(row, "breaker", "provider", f"Circuit breaker {state}", words, row["since"])


def _health(context: Context, window: Window) -> Iterable[Alarm]:
    for row in _bad(context, window, "health_score", "provider"):
        words = f"{show(row['health_score'], SCORE)} of 100 over the last {context.settings.health.window_minutes} min"
        yield _alarm(row, "health_score", "provider", "Health score low", words)


def _slo(context: Context, window: Window) -> Iterable[Alarm]:
    for row in _bad(context, window, "slo", ""):
        of, unit = str(row["objective"]).replace("_", " "), _UNITS.get(row["unit"])
        state = "Objective missed" if row["standing"] == "critical" else "Error budget nearly used up"
        words = f"{unit(row['current'])} of {unit(row['target'])} this {row['period']}" if unit else ""
        yield _alarm(row, "slo", "", f"{state} ({of})", words)


_UNITS: Final[dict[str, Callable[[Any], str]]] = {
    "percent": lambda value: show(value, PERCENT),
    "ms": lambda value: show(value / 1000, SECONDS),
}


def _budget(context: Context, window: Window) -> Iterable[Alarm]:
    for by in ("", "provider", "model", "team"):
        for row in _bad(context, window, "budget", by):
            spent: Decimal = row["spent"]
            words = f"{show(spent, USD)} of {show(row['monthly_budget'], USD)} spent"
            if row["projected"] is not None:
                words += f", {show(row['projected'], USD)} expected"
            used = row["budget"] is not None and row["budget"] >= 1
            yield _alarm(row, "budget", by, "Budget used up" if used else "Budget running out", words)


def _spikes(context: Context, window: Window) -> Iterable[Alarm]:
    for row in _bad(context, window, "spikes", "provider"):
        headline, unit = _SPIKES[row["of"]]
        of_cost = row["of"] == "cost"
        over = "in the last whole hour" if of_cost else f"over {context.settings.health.window_minutes} min"
        usual = f", {show(row['spikes'], TIMES)} the usual {show(row['usual'], unit)}" if row["usual"] else ""
        yield _alarm(row, "spikes", "provider", headline, f"{show(row['current'], unit)} {over}{usual}")


_SPIKES: Final = {
    "error_rate": ("Error spike", PERCENT),
    "p95_latency": ("Latency spike (p95)", MS),
    "cost": ("Cost spike", USD),
}


def _bad(context: Context, window: Window, name: str, by: str) -> list[Row]:
    rows: list[Row] = [*context.judge(name, window, by).rows]
    return [row for row in rows if row["standing"] in ("critical", "warning")]


def _alarm(row: Row, judgement: str, by: str, headline: str, words: str, since: datetime | None = None) -> Alarm:
    name = (row[by] or "") if by else ""
    return Alarm(row["standing"], judgement, by, name, headline, words, row[judgement], since)


_TOLD: Final[Mapping[str, Callable[[Context, Window], Iterable[Alarm]]]] = {
    "incidents": _incidents,
    "burn_rate": _burn_rate,
    "breaker": _breaker,
    "health_score": _health,
    "spikes": _spikes,
    "slo": _slo,
    "budget": _budget,
}
#: The judgements that alarms can be told of.
TOLD: Final = tuple(_TOLD)
