"""How a gateway does by its own metrics: deployments that fail, models that take over, what providers still allow.

Its readings are of everybody who asked it, whether or not those calls are recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.judgement.served import grown, readings, stretches_of
from tokometer.records.units import COUNT, PERCENT
from tokometer.settings import Settings

_TRIED, _FAILED = "gateway.deployment.requests", "gateway.deployment.failures"
_COOLED: Final = "gateway.deployment.cooldowns"
_TAKEN_OVER, _NOT_TAKEN_OVER = "gateway.fallbacks.successful", "gateway.fallbacks.failed"
_HITS, _MISSES = "gateway.cache.hits", "gateway.cache.misses"
_COUNTERS: Final = (_TRIED, _FAILED, _COOLED, _TAKEN_OVER, _NOT_TAKEN_OVER, _HITS, _MISSES)
_REQUESTS_LEFT, _TOKENS_LEFT = "gateway.limit.requests_left", "gateway.limit.tokens_left"
_GAUGES: Final = (_REQUESTS_LEFT, _TOKENS_LEFT)
#: What tells one series from another of the same metric.
_INSTEAD: Final = "label.fallback"
_SERIES: Final = ("model", "metric", "host", "provider", "label.instance", "label.deployment", _INSTEAD)
#: Models that are named as having taken over.
_MOST_NAMED: Final = 3


@dataclass(slots=True)
class _Passed:
    """What a gateway has done with requests for a model, or for all of them."""

    grown: dict[str, float] = field(default_factory=dict)
    #: Who took over, and how often.
    instead: Counter[str] = field(default_factory=Counter)
    #: Gauge → the least of the last readings.
    left: dict[str, float] = field(default_factory=dict)


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    where = matter.where_in("samples")
    if where is None:
        return [] if matter.by else [_row(_Passed())]
    [left] = yield (readings(matter, where, _GAUGES, ("last",), _SERIES),)
    length = min(left.meta.until.astimezone(UTC), matter.now.astimezone(UTC)) - left.meta.since.astimezone(UTC)
    course = ("min", "max", "last", "added")
    [counted] = yield (readings(matter, where, _COUNTERS, course, _SERIES, stretches_of(length)),)
    found: dict[str, _Passed] = {}
    for row in left.rows:
        if row["last"] is not None:
            least = _of(found, matter, row).left
            least[row["metric"]] = min(least.get(row["metric"], row["last"]), row["last"])
    series: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in counted.rows:
        if row["last"] is not None:
            series.setdefault(tuple(row[name] or "" for name in _SERIES), []).append(row)
    for rows in series.values():
        _count(_of(found, matter, rows[0]), rows)
    if not matter.by:
        return [_row(found.get("", _Passed()))]
    return [{matter.by: model, **_row(one)} for model, one in found.items() if model]


def _of(found: dict[str, _Passed], matter: Matter, row: Mapping[str, Any]) -> _Passed:
    return found.setdefault((row["model"] or "") if matter.by else "", _Passed())


def _count(passed: _Passed, rows: Sequence[Mapping[str, Any]]) -> None:
    metric, more = rows[0]["metric"], grown(rows)
    passed.grown[metric] = passed.grown.get(metric, 0.0) + more
    if metric == _TAKEN_OVER and more and rows[0][_INSTEAD]:
        passed.instead[rows[0][_INSTEAD]] += round(more)


def _row(passed: _Passed) -> Row:
    told = passed.grown
    looked_up = told.get(_HITS, 0.0) + told.get(_MISSES, 0.0)
    return {
        "gateway": told[_FAILED] / told[_TRIED] if told.get(_TRIED) and _FAILED in told else None,
        "tried": _whole(told.get(_TRIED)),
        "failed": _whole(told.get(_FAILED)),
        "cooldowns": _whole(told.get(_COOLED)),
        "taken_over": _whole(told.get(_TAKEN_OVER)),
        "not_taken_over": _whole(told.get(_NOT_TAKEN_OVER)),
        "instead": ", ".join(name for name, _ in passed.instead.most_common(_MOST_NAMED)),
        "cache_share": told.get(_HITS, 0.0) / looked_up if looked_up else None,
        "requests_left": _whole(passed.left.get(_REQUESTS_LEFT)),
        "tokens_left": _whole(passed.left.get(_TOKENS_LEFT)),
    }


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _standing(_row: Row, _: Settings) -> Standing:
    return "none"


GATEWAY: Final = Judgement(
    name="gateway",
    title="Failed at deployments",
    unit=PERCENT,
    better="lower",
    description=(
        "How a gateway does by the metrics that are scraped of it (LiteLLM's): the share of requests to a model's "
        "deployments that failed, how often they were put into cooldown, which models answered in their place, and "
        "what providers still allow. A gateway counts everybody's requests, also those that are no recorded calls."
    ),
    formula=(
        "by how much the counters of deployments, fallbacks and the gateway's cache have grown over the window (a "
        "counter that fell began anew); of limits the least of the last readings"
    ),
    by=("", "model"),
    facts=(
        Fact("tried", COUNT, "integer", title="Requests to deployments", meaning="requests to its deployments"),
        Fact("failed", COUNT, "integer", title="Failed requests", meaning="requests to its deployments that failed"),
        Fact("cooldowns", COUNT, "integer", meaning="times that a deployment of it was put into cooldown"),
        Fact("taken_over", COUNT, "integer", meaning="requests for it that another model answered"),
        Fact("not_taken_over", COUNT, "integer", meaning="requests for it that no other model answered, either"),
        text("instead", "the models that answered in its place, the most frequent first"),
        share("cache_share", "share of the requests that the gateway's own cache answered", "Gateway's cache"),
        Fact("requests_left", COUNT, "integer", meaning="requests that its providers still allow"),
        Fact("tokens_left", COUNT, "integer", meaning="tokens that its providers still allow"),
    ),
    thresholds="none: what is too much is a matter of the objectives",
    cube="samples",
    inquire=_inquire,
    standing=_standing,
)
