"""Answers of more groups than anyone looks at, on both engines: fewer groups, and the same sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from servers.ledgers import clickhouse
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Query, QueryError, Slices, Spread, answer
from tokometer.measures.definite import definite
from tokometer.measures.errors import suggest
from tokometer.measures.result import Result
from tokometer.measures.run import largest
from tokometer.records import ModelCall, to_us

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 6, 20, tzinfo=UTC)
COUNT = 3_000
MOST = 2_000
WINDOW = {"since": "2026-06-01", "until": "2026-06-03"}


def _call(number: int) -> ModelCall:
    at = AT + timedelta(seconds=number * 20)
    return ModelCall(
        source="test",
        native_id=str(number),
        started_at=to_us(at),
        model=f"model-{number % 2_500}",
        provider=f"provider-{number % 2_000}",
        user=f"user-{number}",
        session_id=f"session-{number}",
        status="server_error" if number % 2 else "ok",
        input_tokens=number,
        latency_us=1_000 * (1 + number % 7),
    )


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger of each engine in which nearly every call has names of its own."""
    opened: Ledger = (
        DuckDBLedger(tmp_path_factory.mktemp("narrowing") / "ledger.duckdb")
        if request.param == "duckdb"
        else clickhouse()
    )
    opened.commit(Batch([_call(number) for number in range(COUNT)]))
    yield opened
    opened.close()


def _sums(result: Result, *names: str) -> dict[str, Any]:
    return {name: sum(row[name] or 0 for row in result.rows) for name in names}


@pytest.mark.parametrize(
    "asked",
    [
        {"by": ("calls.model",)},
        {"by": ("calls.provider", "calls.model")},
        {"by": ("calls.user", "calls.status")},
        {"by": ("calls.user",), "grain": "hour"},
        {"by": ("calls.user", "calls.hour")},
        {"by": ("calls.model",), "compare": "previous"},
        {"by": ("calls.provider", "calls.user"), "top": 5},
    ],
)
def test_fewer_groups_and_the_same_sums(ledger: Ledger, asked: dict[str, Any]) -> None:
    """The largest stand apart, the others are together, and nothing is missing."""
    query = Query(measures=("calls.requests", "calls.input_tokens"), **WINDOW, **asked)
    found = answer(ledger, query, now=NOW, most=MOST)
    assert 10 < len(found.rows) <= MOST
    assert any("Other" in row.values() for row in found.rows)
    assert any("together as Other" in words for words in found.meta.missing)
    assert _sums(found, "requests", "input_tokens") == {"requests": COUNT, "input_tokens": sum(range(COUNT))}


def test_few_groups_are_left_alone(ledger: Ledger) -> None:
    """What has no more rows than are looked at is the same as without a limit."""
    query = Query(measures=("calls.requests",), by=("calls.status",), **WINDOW)
    assert answer(ledger, query, now=NOW, most=MOST).rows == answer(ledger, query, now=NOW).rows
    most = Query(measures=("calls.requests",), by=("calls.user",), **WINDOW)
    assert len(answer(ledger, most, now=NOW, most=COUNT).rows) == COUNT


def test_those_with_most_calls_stand_apart(ledger: Ledger) -> None:
    """Of models the five hundred that are called twice are named."""
    query = Query(measures=("calls.input_tokens",), by=("calls.model",), **WINDOW)
    named = {row["model"] for row in answer(ledger, query, now=NOW, most=MOST).rows}
    assert named == {"Other", *(f"model-{number}" for number in range(500))}


def test_quantiles_sessions_and_spreads(ledger: Ledger) -> None:
    """What does not add up is worked out of all that is together."""
    query = Query(measures=("calls.p50_latency", "calls.sessions"), by=("calls.user",), **WINDOW)
    found = answer(ledger, query, now=NOW, most=MOST)
    assert len(found.rows) == 501
    assert _sums(found, "sessions") == {"sessions": COUNT}
    [other] = [row for row in found.rows if row["user"] == "Other"]
    assert 3 < other["p50_latency"] < 5
    spread = answer(ledger, Spread(by=("calls.user",), **WINDOW), now=NOW, most=MOST)
    assert sum(row["count"] for row in spread.rows) == COUNT


def test_the_largest_by_what_sql_cannot_order(ledger: Ledger) -> None:
    """Where there are more values than an answer may have rows, the largest are found among those with most records."""
    query = Query(measures=("calls.p50_latency",), by=("calls.model",), top=3, **WINDOW)
    ask = replace(definite(ledger, query, ("default",), NOW), most=1_000)
    found = largest(ledger, ask)
    assert len(found) == 3
    assert all(int(name.removeprefix("model-")) < 500 for name in found)


def test_slices_are_of_the_largest(ledger: Ledger) -> None:
    """Bad minutes are told of as many providers as are looked at."""
    whole = answer(ledger, Slices(by="provider", **WINDOW), now=NOW)
    found = answer(ledger, Slices(by="provider", **WINDOW), now=NOW, most=100)
    assert len({row["provider"] for row in whole.rows}) > 500
    assert len({row["provider"] for row in found.rows}) <= 500


def test_where_nothing_helps(ledger: Ledger) -> None:
    """An answer that is too long because of time alone says so."""
    with pytest.raises(QueryError, match="more than 10 rows"):
        answer(ledger, Query(measures=("calls.requests",), grain="hour", **WINDOW), now=NOW, most=10)


def test_suggestions_take_no_time() -> None:
    """Among a million names, each as long as a page, nothing is compared for long."""
    # One text, a million times: as many texts would not fit into any machine.
    assert suggest("calls.cots", ["calls.cost", *["x" * 1_000_000] * 1_000_000]) != ""
