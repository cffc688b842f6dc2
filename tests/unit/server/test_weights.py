"""Tests of tokometer.server.weights."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal

from tokometer.measures import Query
from tokometer.measures.result import Column, Meta, Result
from tokometer.server.runtime import Rendered
from tokometer.server.weights import weight
from tokometer.settings import Settings

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def _result(rows: int) -> Result:
    columns = [Column("user", "", "text"), Column("cost", "usd", "money"), Column("requests", "count", "integer")]
    made = [
        {"user": f"somebody.{number}@example.com", "cost": Decimal(number) / 7, "requests": number * 1_000}
        for number in range(rows)
    ]
    return Result(columns, made, Meta(NOW, NOW, "UTC"))


def test_a_result_weighs_what_it_takes() -> None:
    """The estimate of an answer of many rows is within a third of what Python allocates for it."""
    _result(10)
    tracemalloc.start()
    result = _result(20_000)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken / 1.34 < weight(result) < taken * 1.34


def test_what_is_long_counts_whole() -> None:
    """A reply's bytes, and the values of a query's filters, count as they are."""
    assert 3_000_000 < weight(Rendered(bytes(2_000_000), "", bytes(1_000_000))) < 3_001_000
    values = tuple(f"{number:0100}" for number in range(1_000))
    query = Query(measures=("calls.cost",), where=({"dimension": "calls.user", "values": values},))  # type: ignore[arg-type]
    assert 100_000 < weight(query) < 200_000


def test_settings_are_shared() -> None:
    """What every key has in it weighs nothing."""
    assert weight((Settings(), "a")) < 200


def test_nested_without_end() -> None:
    """A value that holds itself has a weight."""
    ring: list[object] = []
    ring.append(ring)
    assert weight(ring) < 10_000
