"""How inference servers do: latency from their histograms, prefill and decode told apart, queue, batch, KV cache.

Their readings are of everybody who asked them, whether or not those calls are recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share
from tokometer.judgement.served import grown, readings, stretches_of
from tokometer.measures import Filter
from tokometer.records.units import COUNT, PERCENT, SECONDS, TOKENS_PER_SECOND
from tokometer.settings import Settings
from tokometer.sources.series import BUCKET, BUCKET_LABEL, SUM, quantile

#: Histograms of which quantiles are told: the names of the facts begin so.
_LATENCIES: Final = {"ttft": "server.ttft", "inter_token": "server.inter_token", "latency": "server.latency"}
_SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_PROMPT, _PROCESSED, _GENERATED = "server.tokens.prompt", "server.tokens.processed", "server.tokens.generated"
_CACHED: Final = "server.tokens.cached"
_PREFILL, _DECODE = f"server.prefill.time{SUM}", f"server.decode.time{SUM}"
_PREEMPTED, _DRAFTED, _ACCEPTED = "server.preemptions", "server.spec.draft_tokens", "server.spec.accepted_tokens"
#: Asked for in parts, so that no answer has too many rows.
_COUNTERS: Final = (
    (_PROMPT, _PROCESSED, _GENERATED, _CACHED),
    (_PREFILL, _DECODE, _PREEMPTED, _DRAFTED, _ACCEPTED),
)
#: Servers that are looked at.
MOST_SERVERS: Final = 200
_RUNNING, _WAITING, _CACHE = "server.requests.running", "server.queue.waiting", "server.kv_cache.used"
_GAUGES: Final = (_RUNNING, _WAITING, _CACHE)
#: What tells one series from another of the same metric; a bucket has its own count, or (`le`) that of all below it.
_BOUND, _BELOW = f"label.{BUCKET_LABEL}", "label.le"
_SERVER: Final = ("host", "label.instance", "label.engine", "provider")
_SERIES: Final = ("model", "metric", *_SERVER)


@dataclass(slots=True)
class _Served:
    """What the servers of a model, or all of them, have done."""

    grown: dict[str, float] = field(default_factory=dict)
    #: Histogram → upper bound → how many of the window were in that bucket.
    buckets: dict[str, dict[float, float]] = field(default_factory=dict)
    #: The same, of those that say how many were at most the bound.
    below: dict[str, dict[float, float]] = field(default_factory=dict)
    #: Gauge → the means of each server, and the largest reading of any.
    means: dict[str, list[float]] = field(default_factory=dict)
    largest: dict[str, float] = field(default_factory=dict)
    servers: set[tuple[str, ...]] = field(default_factory=set)


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    where = matter.where_in("samples")
    if where is None:
        return [] if matter.by else [_row(_Served(), 0.0)]
    window = yield (readings(matter, where, _GAUGES, ("mean", "max"), ("model", "metric", *_SERVER)),)
    meta = window[0].meta
    length = min(meta.until.astimezone(UTC), matter.now.astimezone(UTC)) - meta.since.astimezone(UTC)
    grain = stretches_of(length)
    if len({row["label.instance"] for row in window[0].rows}) > MOST_SERVERS:
        asked = sorted({row["label.instance"] or "" for row in window[0].rows})[:MOST_SERVERS]
        where = (*where, Filter("samples.label.instance", "in", tuple(asked)))
    course = ("min", "max", "last", "added")
    told = yield (
        *(readings(matter, where, names, course, _SERIES, grain) for names in _COUNTERS),
        # Over all of the window: where a server began anew, what its buckets had counted before is not there, which
        # hardly changes a quantile.
        *(
            readings(matter, where, (name + BUCKET,), course, (*_SERIES, _BOUND, _BELOW))
            for name in _LATENCIES.values()
        ),
    )
    found: dict[str, _Served] = {}
    for row in window[0].rows:
        _gauge(found.setdefault(row["model"] if matter.by else "", _Served()), row)
    series: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in (row for answer in told for row in answer.rows):
        if row["last"] is not None:
            key = tuple(row.get(name) or "" for name in (*_SERIES, _BOUND, _BELOW))
            series.setdefault(key, []).append(row)
    for key, rows in series.items():
        named = dict(zip((*_SERIES, _BOUND, _BELOW), key, strict=True))
        _count(found.setdefault(named["model"] if matter.by else "", _Served()), named, rows)
    if not matter.by:
        return [_row(found.get("", _Served()), length.total_seconds())]
    return [{matter.by: model, **_row(one, length.total_seconds())} for model, one in found.items() if model]


def _gauge(served: _Served, row: Mapping[str, Any]) -> None:
    metric = row["metric"]
    served.servers.add(tuple(row[name] or "" for name in _SERVER))
    if row["mean"] is not None:
        served.means.setdefault(metric, []).append(row["mean"])
        served.largest[metric] = max(served.largest.get(metric, 0.0), row["max"])


def _count(served: _Served, named: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    """A counter's series over the window: deltas add up, of others the growth counts."""
    more, metric = grown(rows), named["metric"]
    served.servers.add(tuple(named[name] for name in _SERVER))
    if metric.endswith(BUCKET):
        into, bound = (served.buckets, named[_BOUND]) if named[_BOUND] else (served.below, named[_BELOW])
        try:
            upper = float(bound)
        except ValueError:
            return
        counts = into.setdefault(metric.removesuffix(BUCKET), {})
        counts[upper] = counts.get(upper, 0.0) + more
    else:
        served.grown[metric] = served.grown.get(metric, 0.0) + more


def _row(served: _Served, seconds: float) -> Row:
    told = served.grown
    worked = told.get(_PROCESSED)
    if _PROMPT in told:
        worked = (worked or 0.0) + max(0.0, told[_PROMPT] - told.get(_CACHED, 0.0))
    row: Row = {
        "prefill_rate": _over(worked, seconds),
        "decode_rate": _over(told.get(_GENERATED), seconds),
        "prefill_speed": _over(worked, told.get(_PREFILL)),
        "decode_speed": _over(told.get(_GENERATED), told.get(_DECODE)),
        "cache_share": _over(told.get(_CACHED), told.get(_PROMPT)),
        "accepted_share": _over(told.get(_ACCEPTED), told.get(_DRAFTED)),
        "preemptions": None if _PREEMPTED not in told else round(told[_PREEMPTED]),
        "running": _sum(served.means.get(_RUNNING)),
        "waiting": _sum(served.means.get(_WAITING)),
        "kv_cache": _mean(served.means.get(_CACHE)),
        "kv_cache_peak": served.largest.get(_CACHE),
        "servers": len(served.servers),
    }
    for name, metric in _LATENCIES.items():
        buckets = _buckets(served, metric)
        row |= {f"{name}_{word}": quantile(buckets, part) for word, part in _SHARES.items()}
    row["serving"] = row.pop("ttft_p95")
    return row


def _buckets(served: _Served, metric: str) -> list[tuple[float, float]]:
    """How many of the window were in each bucket, of all servers together."""
    found = dict(served.buckets.get(metric, {}))
    before = 0.0
    for bound, count in sorted(served.below.get(metric, {}).items()):
        found[bound] = found.get(bound, 0.0) + max(0.0, count - before)
        before = max(before, count)
    return sorted(found.items())


def _over(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _sum(values: Sequence[float] | None) -> float | None:
    return sum(values) if values else None


def _mean(values: Sequence[float] | None) -> float | None:
    return sum(values) / len(values) if values else None


def _standing(_row: Row, _: Settings) -> Standing:
    return "none"


def _latency(name: str, meaning: str, title: str) -> tuple[Fact, ...]:
    return tuple(
        Fact(f"{name}_{word}", SECONDS, title=f"{title} {word}", meaning=f"what {part:.0%} of {meaning} stayed below")
        for word, part in _SHARES.items()
        if (name, word) != ("ttft", "p95")
    )


SERVING: Final = Judgement(
    name="serving",
    title="Time to first token (p95)",
    unit=SECONDS,
    better="lower",
    description=(
        "How the inference servers do that are scraped or report metrics: what 95 of 100 first tokens stayed below "
        "over the window, how fast prefill and decode are, the queue, the batch and the KV cache. Servers count "
        "everybody's requests, also those that are no recorded calls."
    ),
    formula=(
        "by how much the counts of a histogram's buckets have grown over the window (a counter that fell began anew), "
        "of all servers together; within a bucket values are taken to be spread evenly. Prefill counts prompt tokens "
        f"that no cache served. At most {MOST_SERVERS} servers are looked at"
    ),
    by=("", "model"),
    facts=(
        *_latency("ttft", "first tokens", "First token"),
        *_latency("inter_token", "times between two tokens", "Between tokens"),
        *_latency("latency", "whole requests", "Request"),
        Fact(
            "prefill_rate", TOKENS_PER_SECOND, title="Prefill", meaning="prompt tokens worked on a second of wall time"
        ),
        Fact("decode_rate", TOKENS_PER_SECOND, title="Decode", meaning="tokens generated, a second of wall time"),
        Fact("prefill_speed", TOKENS_PER_SECOND, meaning="prompt tokens a second of the requests' prefill time"),
        Fact("decode_speed", TOKENS_PER_SECOND, meaning="tokens a second of the requests' decode time"),
        share("cache_share", "share of the prompt tokens that were found in the prefix cache", "Prefix cache"),
        share("accepted_share", "share of the drafted tokens that were right", "Drafts accepted"),
        Fact("running", COUNT, meaning="requests in the batch, on average, of all servers together"),
        Fact("waiting", COUNT, meaning="requests in the queue, on average, of all servers together"),
        Fact("kv_cache", PERCENT, title="KV cache", meaning="mean use of the KV cache"),
        Fact("kv_cache_peak", PERCENT, title="KV cache, peak", meaning="the largest use of it by any server"),
        Fact("preemptions", COUNT, "integer", meaning="requests put back into the queue for want of KV cache"),
        Fact("servers", COUNT, "integer", meaning="servers (engines) that report readings"),
    ),
    thresholds="none: how long is too long depends on the use",
    cube="samples",
    inquire=_inquire,
    standing=_standing,
)
