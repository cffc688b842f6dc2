"""Both engines, any query: the same rows as working it out call by call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators import measured
from generators.brute_force import MEASURES, Brute
from generators.examples import examples
from tokometer.ledger import Batch, Ledger
from tokometer.measures import Calls, Query, run

NOW = datetime(2026, 2, 20, 12, 7, tzinfo=UTC)
ZONES = ("UTC", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Pacific/Chatham")
CALLS = measured.calls(seed=7, count=700)
#: What calls were made for is worked out of other records; see tests/unit/measures/test_outcomes.py.
OUTCOMES = ("change", "change_state", "ticket", "repository")
DIMENSIONS = tuple(name for name in Calls.dimensions if name not in ("workspace", *OUTCOMES))


def _ledger(engine: str, folder: Path) -> Ledger:
    if engine == "duckdb":
        from tokometer.ledger.duckdb import DuckDBLedger

        return DuckDBLedger(folder / "ledger.duckdb")
    from servers.ledgers import clickhouse

    return clickhouse()


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger of each engine with the calls."""
    opened = _ledger(request.param, tmp_path_factory.mktemp("measures"))
    opened.commit(Batch(records=list(CALLS)))
    opened.settle()
    yield opened
    opened.close()


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Queries about a window of at most ten weeks, with whole and odd edges."""
    grain = draw(st.sampled_from(("", "", "minute", "quarter", "hour", "day", "week", "month", "year")))
    longest = {"minute": 6, "quarter": 48, "hour": 72}.get(grain, 24 * 70)
    quarters = 4 * draw(st.sampled_from((longest, longest, longest // 2, longest // 6)))
    since = draw(st.sampled_from(measured.CROWDED)) - timedelta(minutes=15 * draw(st.integers(0, quarters)))
    until = since + timedelta(minutes=15 * quarters)
    if draw(st.booleans()):
        since += timedelta(microseconds=draw(st.integers(-(10**9), 10**9)))
        until = max(until, since + timedelta(seconds=1))
    by = draw(st.lists(st.sampled_from(DIMENSIONS), max_size=2, unique=True))
    where: list[Any] = [_filter(draw) for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2))))]
    measures = draw(st.lists(st.sampled_from(sorted(MEASURES)), min_size=1, max_size=5, unique=True))
    return Query(
        measures=tuple(f"calls.{name}" for name in measures),
        by=tuple(f"calls.{name}" for name in by),
        where=tuple(where),
        since=since.isoformat(),
        until=until.isoformat(),
        grain=grain,
        tz=draw(st.sampled_from(ZONES)),
    )


def _filter(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(("text", "text", "number", "date")))
    if kind == "number":
        name = draw(st.sampled_from(("hour", "weekday")))
        values = draw(st.lists(st.integers(1, 7).map(str), min_size=1, max_size=3))
        return {"dimension": f"calls.{name}", "op": draw(st.sampled_from(("in", "not in"))), "values": values}
    if kind == "date":
        return {"dimension": "calls.day", "op": draw(st.sampled_from(("=", "!="))), "values": ["2025-11-02"]}
    name = draw(st.sampled_from(("model", "family", "provider", "status", "error_type", "project", "agent", "session")))
    values = {
        "model": ["gpt-5", "claude-sonnet-4-5", ""],
        "family": ["claude", "gpt", ""],
        "provider": ["groq", "openai"],
        "status": ["ok", "timeout", "cancelled"],
        "error_type": ["timeout", ""],
        "project": ["/work/Über", "BER", "/work"],
        "agent": ["coder", ""],
        "session": ["session-1", "session-2", ""],
    }[name]
    op = draw(st.sampled_from(("=", "!=", "in", "not in", "contains", "prefix")))
    count = 1 if op in ("=", "!=") else draw(st.integers(1, 2))
    chosen = draw(st.lists(st.sampled_from(values), min_size=count, max_size=count))
    return {"dimension": f"calls.{name}", "op": op, "values": chosen}


def _same(rows: list[dict[str, Any]], expected: list[dict[str, Any]], names: list[str]) -> None:
    def text(value: Any) -> str:
        return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)

    def ordered(some: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(some, key=lambda row: [text(row[name]) for name in names])

    assert ordered(rows) == ordered(expected)


@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries())
def test_any_query_gives_the_rows_that_counting_by_hand_gives(ledger: Ledger, query: Query) -> None:
    """Sums, ratios, quantiles and sessions agree with the calls, in every zone, through every change of the clock."""
    result = run(ledger, query, now=NOW)
    names = [column.name for column in result.columns if column.type in ("text", "time", "date") or not column.unit]
    _same(list(result.rows), Brute(CALLS, query, ("default",), NOW).rows(), names)
