"""Rows of Vercel's AI Gateway: a generation is a call; a row of a spend report adds up a day, and is no call.

Names are those of its API (`total_cost`) or of the AI SDK that passes it on (`totalCost`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tokometer.records import Bill, Record
from tokometer.sources.generations import call_of
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

SOURCE: Final = "vercel_ai_gateway"
#: The provider under which Vercel's gateway is known.
PROVIDER: Final = "vercel"
_HOUR_US: Final = 3_600_000_000
_PREFIX: Final = "gen_"
REPORT: Final = frozenset(
    {
        *("day", "hour", "user", "model", "tag", "provider", "credential_type", "credentialType", "total_cost"),
        *("totalCost", "market_cost", "marketCost", "input_tokens", "inputTokens", "output_tokens", "outputTokens"),
        *("cached_input_tokens", "cachedInputTokens", "cache_creation_input_tokens", "cacheCreationInputTokens"),
        *("reasoning_tokens", "reasoningTokens", "request_count", "requestCount"),
    }
)


def is_generation(row: Mapping[str, Any]) -> bool:
    """Whether a row is a generation."""
    name = row.get("id")
    return isinstance(name, str) and name.startswith(_PREFIX) and not row.keys().isdisjoint({"total_cost", "totalCost"})


def is_report(row: Mapping[str, Any]) -> bool:
    """Whether a row is of a spend report by day or hour."""
    costs = {"total_cost", "totalCost"}
    counts = {"market_cost", "marketCost", "request_count", "requestCount"}
    return not row.keys().isdisjoint({"day", "hour"}) and not (
        row.keys().isdisjoint(costs) or row.keys().isdisjoint(counts)
    )


def records_of(row: Mapping[str, Any], noticed: Noticed, position: int | None = None) -> Iterable[Record]:
    """The record of a row.

    Raises:
        RecordError: It is of neither kind, or something in it cannot be believed.
    """
    told = Told(row)
    if is_report(row):
        return [report(told, noticed, position)]
    return [call_of(told, SOURCE, PROVIDER, noticed, position)]


def report(told: Told, noticed: Noticed, position: int | None = None) -> Bill:
    """A row of a spend report, by whatever it is grouped."""
    for name in told.beside(REPORT):
        noticed.add("field", name, position)
    hour = told.word("hour")
    start = told.needed(_start(told), "hour" if hour else "day")
    requests = told.whole("request_count", "requestCount") or 0
    market = told.raw("market_cost", "marketCost")
    labels = {
        "upstream": told.text("provider"),
        "credentials": told.text("credential_type", "credentialType"),
        "user": told.text("user"),
        "tag": told.text("tag"),
        "market_cost_usd": str(market) if market else "",
    }
    parts = (hour or told.text("day"), told.text("model"), *list(labels.values())[:4])
    return Bill(
        source=SOURCE,
        native_id=":".join(("report", *parts)),
        started_at=start,
        ended_at=start + (_HOUR_US if hour else 24 * _HOUR_US),
        # A day that goes on counts more requests the next time.
        revision=requests,
        provider=PROVIDER,
        amount=told.needed(told.money("total_cost", "totalCost"), "total_cost"),
        line_item="usage",
        model=told.text("model"),
        quantity=float(requests),
        quantity_unit="requests",
        labels={key: value for key, value in labels.items() if value} or None,
    )


def _start(told: Told) -> int | None:
    word = told.word("hour", "day")
    whole = f"{word[:10]}T00:00:00Z" if len(word) == len("2026-03-02") else word
    return Told({"day": whole}).moment_utc("day")
