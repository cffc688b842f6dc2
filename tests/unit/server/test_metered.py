"""`/metrics` has what the calls say, and goes on from scrape to scrape."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from servers.whole import Running, running

OLD = {"id": "old", "provider": "openai", "model": "gpt-4o", "input_tokens": 7, "output_tokens": 7, "status": "ok"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a budget and without calls."""
    data = tmp_path_factory.mktemp("data")
    data.joinpath("tokometer.toml").write_text("[budget]\nmonthly = 100\n")
    with running(data, tmp_path_factory.mktemp("home")) as found:
        yield found


def _scraped(server: Running) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Values by metric and labels."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = defaultdict(dict)
    for family in text_string_to_metric_families(server.get("/metrics").text):
        for sample in family.samples:
            found[sample.name][tuple(sorted(sample.labels.items()))] = sample.value
    return found


def _call(name: str, **more: Any) -> dict[str, Any]:
    told = {"at": datetime.now(UTC).isoformat(), "provider": "openai", "model": "gpt-4o", "status": "ok"}
    return {"id": name, "input_tokens": 100, "output_tokens": 10, "cost_usd": "0.25", **told, **more}


def test_counters_are_those_of_the_ledger(empty: Running) -> None:
    """Requests, tokens and cost by provider, model and outcome are what a query says of the calls since the start."""
    assert not _scraped(empty)["tokometer_requests_total"]
    long_ago = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    calls = [
        _call("a", latency_ms=90),
        _call("b", latency_ms=700, status="timeout"),
        _call("c", provider="anthropic", model="claude-opus-4-5", latency_ms=400_000, cache_read_tokens=1_000),
        _call("d", model="gpt-4o-mini"),
        OLD | {"at": long_ago},
    ]
    assert empty.post("/api/calls", calls).json()["accepted"] == 5
    scraped = _scraped(empty)
    by = ["calls.provider", "calls.model", "calls.status"]
    rows = empty.post("/api/query", {"measures": ["calls.requests"], "by": by, "since": "1h"}).json()["rows"]
    told = {tuple((name, row[name]) for name in ("model", "provider", "status")): row["requests"] for row in rows}
    assert scraped["tokometer_requests_total"] == told
    assert sum(scraped["tokometer_cost_usd_total"].values()) == 1
    assert sum(scraped["tokometer_tokens_total"].values()) == 4 * 110 + 1_000
    assert scraped["tokometer_budget_usd"] == {(("by", "everything"), ("name", "")): 100}
    assert set(scraped["tokometer_budget_spent_usd"]) == set(scraped["tokometer_budget_usd"])


def test_latencies_are_a_histogram(empty: Running) -> None:
    """Buckets add up from the left to the count, and their sum is that of the calls."""
    scraped = _scraped(empty)
    buckets = {
        float(dict(labels)["le"]): value
        for labels, value in scraped["tokometer_request_duration_seconds_bucket"].items()
        if dict(labels)["provider"] == "openai"
    }
    assert buckets[0.1] == 1
    assert buckets[0.5] == 1
    assert buckets[1.0] == 2
    assert list(buckets.values()) == sorted(buckets.values())
    key = (("provider", "openai"),)
    assert buckets[float("inf")] == scraped["tokometer_request_duration_seconds_count"][key] == 2
    assert scraped["tokometer_request_duration_seconds_sum"][key] == pytest.approx(0.79)
    slow = scraped["tokometer_request_duration_seconds_bucket"][("le", "300"), ("provider", "anthropic")]
    assert slow == 0


def test_a_corrected_call_takes_nothing_back(empty: Running) -> None:
    """A counter stays where it is when a record becomes less, and goes on when there is more again."""
    before = _scraped(empty)["tokometer_tokens_total"]
    assert empty.post("/api/calls", [_call("more", input_tokens=5_000)]).status == 200
    more = _scraped(empty)["tokometer_tokens_total"]
    assert empty.post("/api/calls", [_call("more", input_tokens=4_000)]).status == 200
    less = _scraped(empty)["tokometer_tokens_total"]
    key = (("kind", "input"), ("model", "gpt-4o"), ("provider", "openai"))
    assert more[key] == before.get(key, 0) + 5_000
    assert less[key] >= more[key]
    assert all(less[labels] >= value for labels, value in more.items())
