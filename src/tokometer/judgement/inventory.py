"""What is known of each model beside its calls: who offers it, its size, tool support, when it was last used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name, share, text
from tokometer.judgement.health import parts_of, score_of
from tokometer.measures import Query, Result
from tokometer.records.units import BYTES, COUNT, MS, SCORE, SECONDS, TOKENS
from tokometer.settings import Settings

#: How far back it is looked for when somebody was last used, and in which steps: the further back, the coarser.
LAST_USED: Final = (("90d", "week"), ("8d", "day"), ("24h", "hour"))
STARS: Final = 5
#: Fewer calls than this say nothing about how well a model does.
LEAST_CALLS: Final = 20
_STEPS: Final = {"week": timedelta(days=7), "day": timedelta(days=1), "hour": timedelta(hours=1)}


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    asked = matter.over(matter.since, matter.until)
    measured, providers, offered, *used_in = yield (
        asked.query("requests", "error_rate", "p95_latency", by=("model",)),
        asked.query("requests", by=("model", "provider")),
        Query(
            measures=("models.models", "models.size", "models.largest_context"),
            by=("models.model", "models.provider", "models.tools", "models.installed", "models.family"),
            since="all",
        ),
        *last_used_questions(asked, "model"),
    )
    used = by_name(measured, "model")
    known = _known(offered.rows)
    serving = _serving(providers.rows)
    ages = last_used(used_in, "model", matter.now)
    # A filter narrows what is used; what is only offered has no calls that it could be found by.
    names = dict.fromkeys([*used, *([] if matter.where else known)])
    return [_row(name, used.get(name), known.get(name, {}), serving.get(name, ""), ages, settings) for name in names]


def _row(
    name: str,
    measured: Mapping[str, Any] | None,
    known: Mapping[str, Any],
    provider: str,
    ages: Mapping[str, float],
    settings: Settings,
) -> Row:
    score = None
    if measured and measured["requests"] >= LEAST_CALLS:
        # Minutes are counted by provider: over weeks, those of each model would have to be read from the calls.
        score = score_of(parts_of({**measured, "availability": None}, settings.slo_for(model=name)))
    return {
        "model": name,
        "inventory": score,
        "provider": provider or known.get("provider", ""),
        "size": known.get("size") or None,
        "context_window": known.get("largest_context") or None,
        "tools": known.get("tools", ""),
        "installed": known.get("installed", ""),
        "family": known.get("family", ""),
        "age": ages.get(name),
        "stars": "" if score is None else _stars(score),
        "requests": measured["requests"] if measured else 0,
        "success_rate": None if measured is None or measured["error_rate"] is None else 1 - measured["error_rate"],
        "p95_latency": measured["p95_latency"] if measured else None,
    }


def _stars(score: float) -> str:
    full = max(1, min(STARS, round(score * STARS / 100)))
    return "★" * full + "☆" * (STARS - full)


def _known(rows: Sequence[Mapping[str, Any]]) -> dict[str, Row]:
    """What is told of each model; where several providers offer it, of whoever has it installed, or says most."""
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["installed"] == "yes", bool(row["size"]), bool(row["tools"]))):
        found[row["model"]] = found.get(row["model"], {}) | {key: value for key, value in row.items() if value}
    return found


def _serving(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Who served most of each model's calls, and that there are others."""
    calls: dict[str, dict[str, int]] = {}
    for row in rows:
        if row["requests"]:
            calls.setdefault(row["model"], {})[row["provider"]] = row["requests"]
    named = {}
    for model, by in calls.items():
        first = max(by, key=lambda provider: (by[provider], provider))
        named[model] = f"{first or 'unknown'} +{len(by) - 1}" if len(by) > 1 else first or "unknown"
    return named


def last_used_questions(matter: Matter, by: str) -> tuple[Query, ...]:
    """What has to be known for :func:`last_used`."""
    return tuple(matter.query("requests", by=(by,), since=since, grain=grain) for since, grain in LAST_USED)


def last_used(answers: Sequence[Result], by: str, now: datetime) -> dict[str, float]:
    """Seconds since the end of the last hour, day or week in which each name was used; 0 where that is under way."""
    ages: dict[str, float] = {}
    for (_, grain), answer in zip(LAST_USED, answers, strict=True):
        ages |= ages_of(answer.rows, by, _STEPS[grain], now)
    return ages


def ages_of(rows: Sequence[Mapping[str, Any]], by: str, length: timedelta, now: datetime) -> dict[str, float]:
    """Seconds since the end of the last period in which each name was used; 0 where that is the running one."""
    last: dict[str, datetime] = {}
    for row in rows:
        if row["requests"]:
            last[row[by]] = max(last.get(row[by], row["time"]), row["time"])
    moment = now.astimezone(UTC)
    return {name: max(0.0, (moment - begun.astimezone(UTC) - length).total_seconds()) for name, begun in last.items()}


def _standing(row: Row, settings: Settings) -> Standing:
    score = row["inventory"]
    if score is None:
        return "none"
    return "good" if score >= settings.health.healthy else "warning" if score >= settings.health.warning else "critical"


INVENTORY: Final = Judgement(
    name="inventory",
    title="Performance",
    unit=SCORE,
    better="higher",
    description=(
        "How well each model did in the window, as the health score counts it, with what is known of the model: who "
        "serves it, its size, whether it calls tools, and when it was last used."
    ),
    formula=(
        "the health score's formula over the whole window, without availability, for models with at least "
        f"{LEAST_CALLS} calls; a star for every 20 points. Last use is told to the hour for "
        "the last day, to the day for the last week, else to the week"
    ),
    by=("model",),
    facts=(
        text("stars", "the same, as one to five stars", "Performance"),
        text("provider", "who served most of the calls, or who offers it"),
        Fact("size", BYTES, "integer", "Size", "what it takes on disk"),
        Fact("context_window", TOKENS, "integer", "Context window", "the most tokens that fit into it"),
        text("tools", "whether it can call tools", "Tools"),
        text("installed", "whether it is on a machine"),
        text("family", "the family that it belongs to"),
        Fact("age", SECONDS, title="Last used (ago)", meaning="how long ago it was last used, at least"),
        Fact("requests", COUNT, "integer", "Requests", "its calls in the window"),
        share("success_rate", "share of them that did not fail"),
        Fact("p95_latency", MS, title="p95 latency", meaning="95 % of them took at most this long"),
    ),
    thresholds="as of the health score",
    inquire=_inquire,
    standing=_standing,
)
