"""The tokens that machines of one's own worked on: what their inference servers count, or the calls of their models."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tokometer.judgement.served import growth
from tokometer.measures import Filter, Query
from tokometer.records import PROVIDERS

#: Which tokens a counter counts, by the standard names of readings.
COUNTED: Final = {
    "server.tokens.prompt": "prompt",
    "server.tokens.processed": "prompt",
    "server.tokens.generated": "output",
    "server.tokens.cached": "cached",
}
_SERIES: Final = ("host", "model", "metric", "label.engine", "label.instance")
_LOCAL: Final = tuple(slug for slug, one in PROVIDERS.items() if one.local)
_DAY: Final = timedelta(days=1)
#: Tokens by model, and when the stretch of time began in which they were counted.
Counted = dict[tuple[str, datetime], "Tokens"]


@dataclass(slots=True)
class Tokens:
    """Tokens of one model: prompt with what the cache had, of that from the cache, and output."""

    prompt: float = 0.0
    cached: float = 0.0
    output: float = 0.0

    @property
    def total(self) -> float:
        """All of them."""
        return self.prompt + self.output

    def add(self, other: Tokens, times: float = 1.0) -> None:
        """Count others in."""
        self.prompt += other.prompt * times
        self.cached += other.cached * times
        self.output += other.output * times


def counters_of(hosts: tuple[str, ...], since: datetime, until: datetime, grain: str) -> Query:
    """The question for what the counters of hosts stood at."""
    names = tuple(COUNTED)
    return of_hosts(_SERIES, ("min", "max", "last"), hosts, names, since.isoformat(), until.isoformat(), grain)


def of_hosts(
    by: tuple[str, ...],
    measures: tuple[str, ...],
    hosts: tuple[str, ...],
    metrics: tuple[str, ...],
    since: str,
    until: str,
    grain: str = "",
) -> Query:
    """A question about readings of hosts."""
    return Query(
        measures=tuple(f"samples.{name}" for name in measures),
        by=tuple(f"samples.{name}" for name in by),
        where=(Filter("samples.host", "in", hosts or ("",)), Filter("samples.metric", "in", metrics)),
        since=since,
        until=until,
        tz="UTC",
        grain=grain,
    )


def calls_of(models: tuple[str, ...], since: datetime, until: datetime) -> Query:
    """The question for the tokens of models that run on machines of one's own, by day."""
    return Query(
        measures=("calls.prompt_tokens", "calls.cache_read_tokens", "calls.output_tokens"),
        by=("calls.model", "calls.day"),
        where=(Filter("calls.model", "in", models or ("",)), Filter("calls.provider", "in", (*_LOCAL, ""))),
        since=since.isoformat(),
        until=until.isoformat(),
        tz="UTC",
    )


def tokens_of(
    host: str,
    counters: Iterable[Mapping[str, Any]],
    calls: Iterable[Mapping[str, Any]],
    shares: Mapping[str, float],
    since: datetime,
) -> Counted:
    """A host's tokens since a time: what its servers count or, of a model of which they count fewer, its calls.

    Args:
        host: The host.
        counters: The answer to :func:`counters_of`.
        calls: The answer to :func:`calls_of`.
        shares: Of the models on the host, which share of their calls is taken to be its.
        since: The time; the stretch or day in which it lies counts in whole.
    """
    served: Counted = {}
    series: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in counters:
        if row["host"] == host and row["last"] is not None:
            series.setdefault(tuple(row[name] or "" for name in _SERIES), []).append(row)
    for (_, model, metric, *_), rows in series.items():
        for start, many in growth(rows):
            at = start.astimezone(UTC)
            if at + _DAY > since:
                one = served.setdefault((model, at), Tokens())
                setattr(one, COUNTED[metric], getattr(one, COUNTED[metric]) + many)
    called: Counted = {}
    for row in calls:
        at = datetime.fromisoformat(str(row["day"])).replace(tzinfo=UTC)
        if row["model"] in shares and at + _DAY > since:
            told = Tokens(row["prompt_tokens"] or 0, row["cache_read_tokens"] or 0, row["output_tokens"] or 0)
            called.setdefault((row["model"], at), Tokens()).add(told, shares[row["model"]])
    found: Counted = {}
    for model in {model for model, _ in (*served, *called)}:
        both: list[Counted] = [{key: one for key, one in of.items() if key[0] == model} for of in (served, called)]
        most: Counted = max(both, key=_total)
        found |= most
    return found


def _total(counted: Counted) -> float:
    return math.fsum(one.total for one in counted.values())
