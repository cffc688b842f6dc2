"""Tokens that inference servers counted themselves, whoever asked them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tokometer.judgement.declared import Matter
from tokometer.measures import Filter, Query

#: Counters of tokens that a server worked on, and those that it had in its cache, to be taken off.
_STANDARD: Final = {
    "server.tokens.prompt": 1,
    "server.tokens.processed": 1,
    "server.tokens.generated": 1,
    "server.tokens.cached": -1,
}
#: The same by the servers' own names, where they came by another way than a scrape (OTLP).
COUNTERS: Final = {
    **_STANDARD,
    "vllm:prompt_tokens_total": 1,
    "vllm:generation_tokens_total": 1,
    "vllm:prefix_cache_hits_total": -1,
    "sglang:prompt_tokens_total": 1,
    "sglang:generation_tokens_total": 1,
    "llamacpp:prompt_tokens_total": 1,
    "llamacpp:tokens_predicted_total": 1,
}
#: What tells one counter from another of the same name.
_SERIES: Final = ("host", "model", "metric", "label.engine", "label.instance")
#: Up to so long a window is looked at in stretches of such a length: the finer, the less is missed where a server began
#: anew; and an answer about two hundred servers has to stay small.
_STRETCHES: Final = ((timedelta(hours=26), "hour"), (timedelta(days=26), "day"), (timedelta(days=180), "week"))


def served_question(matter: Matter, length: timedelta) -> tuple[Query, ...]:
    """The question for what the counters stood at, unless they cannot be told by what the calls are chosen by."""
    where = matter.where_in("samples")
    if where is None:
        return ()
    return (
        Query(
            measures=("samples.min", "samples.max", "samples.last"),
            by=tuple(f"samples.{name}" for name in _SERIES),
            where=(*where, Filter("samples.metric", "in", tuple(COUNTERS))),
            since=matter.since,
            until=matter.until,
            tz=matter.tz,
            grain=stretches_of(length),
        ),
    )


def readings(
    matter: Matter,
    where: Iterable[Filter],
    metrics: tuple[str, ...],
    measures: tuple[str, ...],
    by: tuple[str, ...],
    grain: str = "",
) -> Query:
    """The question for readings of some metrics over the matter's window."""
    return Query(
        measures=tuple(f"samples.{name}" for name in measures),
        by=tuple(f"samples.{name}" for name in by),
        where=(*where, Filter("samples.metric", "in", metrics)),
        since=matter.since,
        until=matter.until,
        tz=matter.tz,
        grain=grain,
    )


def stretches_of(length: timedelta) -> str:
    """The grain by which counters are looked at in a window of this length."""
    return next((grain for most, grain in _STRETCHES if length <= most), "month")


def served_tokens(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """By how many tokens the counters of each model have grown."""
    series: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["last"] is not None:
            series.setdefault(tuple(row[name] for name in _SERIES), []).append(row)
    found: dict[str, list[float]] = {}
    for (_, model, metric, *_), its in series.items():
        # Whoever tells the same both ways tells it once.
        found.setdefault(model, [0.0, 0.0])[metric not in _STANDARD] += COUNTERS[metric] * increase(its)
    return {model: max(0, *(round(tokens) for tokens in both)) for model, both in found.items()}


def served_on(rows: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The models that servers on each host tell of."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row["last"] is not None and row["model"]:
            found.setdefault(row["host"], set()).add(row["model"])
    return found


def grown(stretches: Sequence[Mapping[str, Any]]) -> float:
    """By how much a series has grown that tells of deltas, which add up, or is a counter."""
    added: float = sum(row["added"] or 0.0 for row in stretches)
    if added:
        return added
    only = stretches[0]
    return float(only["last"] - only["min"]) if len(stretches) == 1 else increase(stretches)


def increase(stretches: Sequence[Mapping[str, Any]]) -> float:
    """By how much a counter has grown over stretches of time with a smallest, largest and last reading each.

    A counter that falls began anew at 0 with its server, as Prometheus' `increase` takes it. What it had gained within
    the same stretch before that is counted where it shows, so that the result is never too large.
    """
    total = 0.0
    for _, gained in growth(stretches):
        total += gained
    return total


def growth(stretches: Sequence[Mapping[str, Any]]) -> Iterator[tuple[datetime, float]]:
    """The same stretch by stretch, with when each begins."""
    before = None
    for row in sorted(stretches, key=_time):
        low, high, last = row["min"], row["max"], row["last"]
        if before is None:
            gained = last - low
        elif low >= before:
            gained = last - before
        else:
            # It began anew: before that it had reached the largest reading, unless that is the last one.
            gained = last + (high - before if high > before and high != last else 0.0)
        yield row["time"], gained
        before = last


def _time(row: Mapping[str, Any]) -> datetime:
    moment: datetime = row["time"]
    return moment
