"""Spreads: how many calls are in each bucket of a duration, and the quantiles that follow from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import Any

import pytest

from generators import measured
from servers.ledgers import clickhouse
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Filter, Query, Spread, answer, quantile
from tokometer.records.histogram import bucket_of

NOW = datetime(2026, 2, 20, 12, 7, tzinfo=UTC)
CALLS = measured.calls(seed=5, count=600)
WORKSPACES = ("default", "other")
#: Whole days come from histograms, odd edges and hours from the calls.
WINDOWS = (("2025-01-01", "2025-12-01"), ("2025-03-01T00:07:30Z", "2025-05-01T10:00:00.5Z"))


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """A ledger of each engine with the same calls."""
    opened: list[Ledger] = [
        DuckDBLedger(tmp_path_factory.mktemp("spreads") / "ledger.duckdb"),
        clickhouse(),
    ]
    for ledger in opened:
        ledger.commit(Batch(records=list(CALLS)))
    yield opened
    for ledger in opened:
        ledger.close()


def _rows(ledgers: list[Ledger], spread: Spread) -> list[dict[str, Any]]:
    results = [answer(ledger, spread, WORKSPACES, NOW) for ledger in ledgers]
    assert results[0].columns == results[1].columns
    assert list(results[0].rows) == list(results[1].rows)
    assert results[0].meta.tables == results[1].meta.tables
    results[0].to_csv()
    return [dict(row) for row in results[0].rows]


@pytest.mark.parametrize("of", ["latency", "ttft"])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("by", [(), ("provider",), ("model", "status"), ("hour",), ("label.team",), ("family",)])
def test_the_quantiles_of_a_spread_are_those_of_the_measures(
    ledgers: list[Ledger], of: Any, window: tuple[str, str], by: tuple[str, ...]
) -> None:
    """Of every group, p50 to p99.9 that follow from its buckets are what `calls.p50_latency` and the like say."""
    since, until = window
    names = {f"p50_{of}": 0.5, f"p95_{of}": 0.95, f"p99_{of}": 0.99, f"p999_{of}": 0.999}
    query = Query(measures=tuple(f"calls.{name}" for name in names), by=by, since=since, until=until)
    rows = _rows(ledgers, Spread(of=of, by=by, since=since, until=until))
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in by), []).append(row)
    expected = answer(ledgers[0], query, WORKSPACES, NOW).rows
    assert len(groups) == len(expected) > 0
    for row in expected:
        buckets = groups[tuple(row[name] for name in by)]
        assert {name: quantile(buckets, share) for name, share in names.items()} == {name: row[name] for name in names}


def test_each_call_is_between_the_edges_of_its_bucket(ledgers: list[Ledger]) -> None:
    """The counts are those of the calls, each above `low_ms` and at most `high_ms`, `value_ms` within 1 % of it."""
    rows = _rows(ledgers, Spread(since="2024-01-01", where=(Filter("calls.model", "=", ("gpt-5",)),)))
    known = [call.latency_us for call in CALLS if call.model == "gpt-5" and call.latency_us is not None]
    assert sorted(row["count"] for row in rows) == sorted(Counter(map(bucket_of, known)).values())
    for latency in known:
        [row] = [row for row in rows if row["low_ms"] * 1000 < latency * (1 - 1e-12) <= row["high_ms"] * 1000]
        assert abs(row["value_ms"] * 1000 - latency) <= 0.0101 * latency
    assert all(one["high_ms"] <= other["low_ms"] * (1 + 1e-12) for one, other in pairwise(rows))


def test_the_largest_and_the_others(ledgers: list[Ledger]) -> None:
    """With `top`, the values with most calls stay apart, in that order, and the others are one group at the end."""
    rows = _rows(ledgers, Spread(by=("model",), since="2024-01-01", top=2))
    models = [model for model, _ in groupby(rows, key=lambda row: row["model"])]
    most = [model for model, _ in Counter(call.model for call in CALLS).most_common(2)]
    assert models[-1] == "Other"
    assert set(models[:-1]) == set(most)
    total = sum(call.latency_us is not None for call in CALLS)
    assert sum(row["count"] for row in rows) == total
    kept = _rows(ledgers, Spread(by=("model",), since="2024-01-01", top=2, other=False))
    assert kept == [row for row in rows if row["model"] != "Other"]


def test_nothing_is_spread_where_nothing_was_measured(ledgers: list[Ledger]) -> None:
    """A window without calls has no rows, and no quantile."""
    assert _rows(ledgers, Spread(since="2020-01-01", until="2020-02-01")) == []
    assert quantile([], 0.95) is None
