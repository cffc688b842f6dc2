"""What the calls say, for Prometheus: requests, tokens, cost and latency as counters, judgements as gauges.

Counters are of calls that began since the server did (since its quarter hour), so that an import of last year's
transcripts is no peak of today. They are read from the rollups, not from the ledger's answers that pages share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

from tokometer.dashboards.context import Context
from tokometer.dashboards.scope import parse_scope
from tokometer.ledger import LedgerError
from tokometer.measures import Query, QueryError, Question, Result, answer
from tokometer.measures.narrowing import MOST_LOOKED_AT
from tokometer.measures.questions import Spread
from tokometer.server.exposition import labelled, metric, samples
from tokometer.server.meter import MOST_PAIRS, MOST_PROVIDERS, OTHER, Meter
from tokometer.server.runtime import WORKSPACES, Runtime

_QUARTER: Final = 900
#: Seconds for which an answer holds while nothing comes in; judgements hold for as long whatever comes.
_KEPT: Final = 60.0
_JUDGED: Final = 60.0
#: Upper ends of the histogram's buckets (seconds).
BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
#: Kinds of tokens, which add up to all of a call's.
_TOKENS: Final = {
    "input": "input_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "output": "output_tokens",
}
_STATES: Final = ("CLOSED", "HALF_OPEN", "OPEN")
_MEASURES: Final = ("requests", "cost", "unpriced", *_TOKENS.values())


def metered(runtime: Runtime) -> Iterator[str]:
    """The lines; none where the ledger cannot be asked."""
    try:
        found = [*_counted(runtime), *_timed(runtime), *_judged(runtime)]
    except (LedgerError, QueryError):
        # What is wrong with the ledger has a metric of its own.
        return
    yield from found


def since(runtime: Runtime) -> str:
    """From when on calls are counted: the quarter hour in which the server started."""
    return datetime.fromtimestamp(runtime.started_at // _QUARTER * _QUARTER, UTC).isoformat()


def _asked(runtime: Runtime, question: Question, lasts: float, hold: float = 0.0) -> Result:
    """Answers for scrapes are kept apart: how often pages ask is a metric itself."""
    key = (question, runtime.settings.dimensions)
    return runtime.scraped.get(
        key, lambda: answer(runtime.ledger, question, WORKSPACES, most=MOST_LOOKED_AT), lasts, hold
    )


def _counted(runtime: Runtime) -> Iterator[str]:
    names = tuple(f"calls.{name}" for name in _MEASURES)
    by = ("calls.provider", "calls.model", "calls.status")
    rows = _asked(runtime, Query(measures=names, by=by, since=since(runtime), tz="UTC"), _KEPT).rows
    requests: dict[str, int] = defaultdict(int)
    tokens: dict[str, int] = defaultdict(int)
    cost: dict[str, Decimal] = defaultdict(Decimal)
    unpriced: dict[str, int] = defaultdict(int)
    for row in sorted(rows, key=lambda row: (-row["requests"], row["provider"] or "", row["model"] or "")):
        key = (str(row["provider"] or ""), str(row["model"] or ""))
        provider, model = runtime.meter.place("pair", key, MOST_PAIRS)
        pair = labelled(provider=provider, model=model)
        requests[f"{pair},{labelled(status=row['status'])}"] += row["requests"]
        cost[pair] += row["cost"] or 0
        unpriced[pair] += row["unpriced"] or 0
        for kind, name in _TOKENS.items():
            tokens[f"{pair},{labelled(kind=kind)}"] += row[name] or 0
    for name, words, values in (
        ("requests_total", "Model calls since the start, by how they ended.", requests),
        ("tokens_total", "Tokens of calls since the start; the kinds add up.", tokens),
        ("cost_usd_total", "What calls since the start cost, as far as their price is known.", cost),
        ("unpriced_requests_total", "Calls since the start whose price is not known.", unpriced),
    ):
        raised = {labels: runtime.meter.raised(name, labels, value) for labels, value in values.items()}
        yield from metric(name, "counter", words, raised)


def _timed(runtime: Runtime) -> Iterator[str]:
    """How long calls took; a call whose log bucket reaches over a limit counts above it."""
    begun = since(runtime)
    spread = _asked(runtime, Spread(by=("calls.provider",), since=begun, tz="UTC"), _KEPT).rows
    means = _asked(
        runtime, Query(measures=("calls.mean_latency",), by=("calls.provider",), since=begun, tz="UTC"), _KEPT
    ).rows
    counts: dict[str, list[int]] = {}
    whole: dict[str, float] = defaultdict(float)
    called: dict[str, str] = {}
    for row in spread:
        name = str(row["provider"] or "")
        (called[name],) = runtime.meter.place("provider", (name,), MOST_PROVIDERS)
        line = counts.setdefault(called[name], [0] * (len(BUCKETS) + 1))
        line[_bucket(row["high_ms"] / 1000)] += row["count"]
    totals: Mapping[str, int] = _totals(spread)
    for row in means:
        name = str(row["provider"] or "")
        if name in called:
            whole[called[name]] += (row["mean_latency"] or 0) * totals[name] / 1000
    yield from samples(
        "request_duration_seconds",
        "histogram",
        "How long calls since the start took.",
        _histogram(runtime.meter, counts, whole),
    )


def _bucket(seconds: float) -> int:
    return next((at for at, limit in enumerate(BUCKETS) if seconds <= limit), len(BUCKETS))


def _totals(rows: Any) -> dict[str, int]:  # noqa: ANN401 - rows of a spread
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        found[str(row["provider"] or "")] += row["count"]
    return found


def _histogram(
    meter: Meter, counts: Mapping[str, list[int]], whole: Mapping[str, float]
) -> Iterator[tuple[str, str, object]]:
    name = "request_duration_seconds"
    for provider, line in counts.items():
        labels = labelled(provider=provider)
        limits = [*(f"{limit:g}" for limit in BUCKETS), "+Inf"]
        raised: Any = 0
        for limit, count in zip(limits, accumulate(line), strict=True):
            place = f'{labels},le="{limit}"'
            raised = meter.raised(name, place, count)
            yield f"{name}_bucket", place, raised
        yield f"{name}_sum", labels, meter.raised(f"{name}_sum", labels, round(whole[provider], 6))
        yield f"{name}_count", labels, raised


def _judged(runtime: Runtime) -> Iterator[str]:
    """Health, availability and breakers by provider; budgets."""
    scope = parse_scope({}, (), runtime.now())

    def ask(question: Question) -> Result:
        return _asked(runtime, question, _JUDGED, _JUDGED)

    context = Context(scope, ask, runtime.colours, runtime.settings, runtime.book)
    health = context.judge("health_score", context.window("15m"), "provider").rows
    breakers = context.judge("breaker", context.window("24h"), "provider").rows
    up = context.query(context.window("24h"), "availability", by=("provider",)).rows
    yield from metric(
        "health_score",
        "gauge",
        "Health of a provider over the last 15 minutes, from 0 to 100.",
        _by_provider(runtime, health, "health_score"),
    )
    yield from metric(
        "availability_ratio",
        "gauge",
        "Share of the minutes with calls of the last 24 hours in which at least half of them succeeded.",
        _by_provider(runtime, up, "availability"),
    )
    states = {
        f"{labels},{labelled(state=state.lower())}": int(found == state)
        for labels, found in _by_provider(runtime, breakers, "breaker").items()
        for state in _STATES
    }
    yield from metric("breaker_state", "gauge", "Whether a provider's circuit breaker is in this state.", states)
    yield from _budgets(context)


def _by_provider(runtime: Runtime, rows: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - rows of an answer
    """Values that are known; of providers beyond those with series of their own none, as no sum would mean anything."""
    found = {}
    for row in rows:
        given = str(row["provider"] or "")
        (provider,) = runtime.meter.place("provider", (given,), MOST_PROVIDERS)
        if row.get(name) is not None and provider != OTHER:
            found[labelled(provider=provider)] = row[name]
    return found


def _budgets(context: Context) -> Iterator[str]:
    values: dict[str, dict[str, Any]] = {"monthly_budget": {}, "spent": {}, "projected": {}}
    for by in ("", "provider", "model", "team"):
        for row in context.judge("budget", context.window("month"), by).rows:
            if not row["monthly_budget"]:
                continue
            labels = labelled(by=by or "everything", name=str(row[by] or "") if by else "")
            for fact, told in values.items():
                if row[fact] is not None:
                    told[labels] = row[fact]
    yield from metric("budget_usd", "gauge", "What may be spent in this calendar month.", values["monthly_budget"])
    yield from metric("budget_spent_usd", "gauge", "What has been spent of a month's budget.", values["spent"])
    words = "What will have been spent of a month's budget at its end."
    yield from metric("budget_projected_usd", "gauge", words, values["projected"])
