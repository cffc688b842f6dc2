"""Quantiles from histograms of whole days are those of the calls, whatever the window, the zone and the filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators import measured
from generators.brute_force import Brute
from generators.examples import examples
from servers.ledgers import clickhouse
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.clickhouse import ClickHouseLedger
from tokometer.ledger.clickhouse import settle as clickhouse_settle
from tokometer.ledger.closed import closed_until
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.duckdb import settle as duckdb_settle
from tokometer.measures import Query, run
from tokometer.measures.tables import CALL_ROWS, STORED
from tokometer.records import ModelCall, to_us

NOW = datetime(2026, 2, 20, 12, 7, tzinfo=UTC)
CALLS = measured.calls(seed=21, count=900)
QUANTILES = tuple(f"calls.{share}_{what}" for what in ("latency", "ttft") for share in ("p50", "p95", "p99", "p999"))
ZONES = ("UTC", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York")
NUMBERS = iter(range(100))


def opened(engine: str, folder: Path) -> Ledger:
    """An empty ledger."""
    if engine == "duckdb":
        return DuckDBLedger(folder / f"{next(NUMBERS)}.duckdb")
    return clickhouse()


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger of each engine with the calls."""
    made = opened(request.param, tmp_path_factory.mktemp("histograms"))
    made.commit(Batch(records=list(CALLS)))
    yield made
    made.close()


@pytest.fixture(params=["duckdb", "clickhouse"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger of each engine."""
    made = opened(request.param, tmp_path)
    yield made
    made.close()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """A way to set the clock that says which days are over."""

    def set_to(moment: datetime) -> None:
        for module in (clickhouse_settle, duckdb_settle):
            monkeypatch.setattr(module, "now_us", lambda: to_us(moment))

    return set_to


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Queries about weeks, with whole and odd edges."""
    since = draw(st.sampled_from(measured.CROWDED)) - timedelta(minutes=15 * draw(st.integers(0, 96 * 30)))
    until = since + timedelta(days=draw(st.integers(4, 60)), minutes=15 * draw(st.integers(0, 95)))
    if draw(st.booleans()):
        since += timedelta(microseconds=draw(st.integers(-(10**9), 10**9)))
    where: list[Any] = [
        {"dimension": f"calls.{name}", "op": draw(st.sampled_from(("=", "!="))), "values": [value]}
        for name, value in draw(
            st.lists(
                st.sampled_from(
                    [("model", "gpt-5"), ("provider", "groq"), ("status", "ok"), ("source", "otlp"), ("team", "ads")]
                ),
                max_size=2,
            )
        )
    ]
    return Query(
        measures=tuple(draw(st.lists(st.sampled_from(QUANTILES), min_size=1, max_size=3, unique=True))),
        by=tuple(draw(st.lists(st.sampled_from(BY), max_size=2, unique=True))),
        where=tuple(where),
        since=since.isoformat(),
        until=until.isoformat(),
        grain=draw(st.sampled_from(("", "", "day", "week", "month", "year"))),
        tz=draw(st.sampled_from(ZONES)),
    )


BY = tuple(
    f"calls.{name}" for name in ("provider", "model", "family", "operation", "status", "error_type", "source", "week")
)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries())
def test_histograms_say_what_the_calls_say(ledger: Ledger, query: Query) -> None:
    """Any quantile over any window in any zone is the one that counting the calls gives, and that counting by hand."""
    found = run(ledger, query, now=NOW)
    whole = STORED["calls"]
    try:
        STORED["calls"] = (CALL_ROWS,)  # type: ignore[index]
        counted = run(ledger, query, now=NOW)
    finally:
        STORED["calls"] = whole  # type: ignore[index]
    assert counted.meta.tables == ("calls",)
    assert list(found.rows) == list(counted.rows)
    by_hand = Brute(CALLS, query, ("default",), NOW).rows()

    def text(rows: Any) -> list[str]:
        shown = [{k: v.astimezone(UTC) if isinstance(v, datetime) else v for k, v in row.items()} for row in rows]
        return sorted(str(sorted(row.items())) for row in shown)

    assert text(found.rows) == text(by_hand)


@pytest.mark.parametrize(
    ("change", "tables"),
    [
        ({}, ("histograms",)),
        ({"by": ("calls.model", "calls.provider")}, ("histograms",)),
        ({"by": ("calls.family",), "top": 1}, ("histograms",)),
        ({"where": ({"dimension": "calls.status", "op": "!=", "values": ["ok"]},)}, ("histograms",)),
        ({"since": "2025-03-02T00:07:00Z", "until": "2025-04-19T10:00:00.5Z"}, ("histograms",)),
        ({"grain": "day"}, ("histograms",)),
        ({"grain": "day", "tz": "Asia/Kolkata"}, ("calls",)),
        ({"grain": "week", "tz": "Asia/Kolkata"}, ("histograms",)),
        ({"grain": "month", "tz": "America/New_York"}, ("histograms",)),
        ({"by": ("calls.hour",)}, ("calls",)),
        ({"where": ({"dimension": "calls.weekday", "op": "=", "values": ["1"]},)}, ("calls",)),
        ({"where": ({"dimension": "calls.team", "op": "=", "values": ["ads"]},)}, ("calls",)),
        ({"by": ("calls.agent",)}, ("calls",)),
        ({"until": "2025-03-03"}, ("calls",)),
    ],
)
def test_which_questions_histograms_answer(ledger: Ledger, change: dict[str, Any], tables: tuple[str, ...]) -> None:
    """Those by what their rows are keyed by, over whole days of UTC; the calls answer the others."""
    asked = {"measures": ("calls.p95_latency",), "since": "2025-03-02", "until": "2025-04-30", "tz": "UTC", **change}
    assert run(ledger, Query(**asked), now=NOW).meta.tables == tables


def call(when: datetime, number: int, **fields: Any) -> ModelCall:
    """A call that takes so many seconds as its number says."""
    known = {"latency_us": 1_000_000 * number, "model": "m", **fields}
    return ModelCall(source="t", native_id=str(number), started_at=to_us(when), **known)


def counted(ledger: Ledger) -> list[tuple[Any, ...]]:
    """The first quarter hour of each day that has a histogram, with the number of calls in it."""
    rows = ledger.fetch(Statement("SELECT quarter, numbers FROM histograms ORDER BY quarter"))
    return [(quarter // 96, sum(numbers)) for quarter, numbers in rows]


def test_a_day_is_counted_once_it_is_over(empty: Ledger, at: Callable[[datetime], None]) -> None:
    """Today is read from the calls; when it is over it is counted, and again when something comes late."""
    noon = datetime(2026, 6, 10, 12, tzinfo=UTC)
    day = to_us(noon) // (86_400 * 10**6)
    query = Query(measures=("calls.p95_latency", "calls.p50_latency"), since="30d", tz="UTC")

    def answer(moment: datetime) -> Any:
        [row] = run(empty, query, now=moment + timedelta(minutes=1)).rows
        return round(row["p95_latency"] / 1000)

    at(noon)
    empty.commit(Batch([call(noon - timedelta(days=number), number) for number in range(1, 11)]))
    empty.commit(Batch([call(noon, 20)]))
    assert answer(noon) == 20
    assert counted(empty) == [(day - number, 1) for number in range(10, 0, -1)]
    # A quarter of an hour after midnight, yesterday is not taken to be complete.
    midnight = noon + timedelta(hours=12)
    at(midnight + timedelta(minutes=15))
    empty.commit(Batch([call(midnight + timedelta(minutes=10), 30)]))
    assert answer(midnight + timedelta(minutes=15)) == 30
    assert counted(empty)[-1] == (day - 1, 1)
    at(midnight + timedelta(hours=2))
    empty.commit(Batch([call(midnight + timedelta(hours=2), 40)]))
    assert answer(midnight + timedelta(hours=2)) == 40
    assert counted(empty)[-1] == (day, 1)
    late = [call(noon + timedelta(hours=1), 50), call(noon - timedelta(days=3), 60)]
    empty.commit(Batch(list(late)))
    assert answer(midnight + timedelta(hours=2)) == 60
    assert counted(empty)[-1] == (day, 2)
    assert (day - 3, 2) in counted(empty)
    assert empty.audit() == []
    # A clock that went back takes nothing away.
    at(noon)
    empty.commit(Batch([call(noon + timedelta(hours=2), 70)]))
    assert answer(midnight + timedelta(hours=2)) == 70
    assert counted(empty)[-1] == (day, 3)
    assert empty.audit() == []


def test_days_that_end_while_nothing_is_settled_are_counted(empty: Ledger, at: Callable[[datetime], None]) -> None:
    """Days that were settled while they ran are counted when they are over, however long ago that is."""
    noon = datetime(2026, 6, 10, 12, tzinfo=UTC)
    at(noon)
    empty.commit(Batch([call(noon + timedelta(days=number), number + 1) for number in range(4)]))
    empty.settle()
    assert counted(empty) == []
    at(noon + timedelta(days=30))
    empty.commit(Batch([call(noon + timedelta(days=30), 9)]))
    empty.settle()
    assert [number for _, number in counted(empty)] == [1, 1, 1, 1]
    assert empty.audit() == []


def test_a_call_that_moves_leaves_its_day(empty: Ledger) -> None:
    """A corrected call is taken out of the histogram that it was in, to the last one, and the row goes."""
    noon = datetime(2026, 6, 10, 12, tzinfo=UTC)
    empty.commit(Batch([call(noon, 5)]))
    empty.settle()
    empty.commit(Batch([call(noon - timedelta(days=4), 5)], corrections=True))
    empty.settle()
    day = to_us(noon) // (86_400 * 10**6)
    assert counted(empty) == [(day - 4, 1)]
    assert empty.audit() == []


def test_audit_finds_a_histogram_that_lies(empty: Ledger) -> None:
    """A row with another number in it, and one that is missing, are both said."""
    noon = datetime(2026, 6, 10, 12, tzinfo=UTC)
    empty.commit(Batch([call(noon, 5), call(noon - timedelta(days=1), 6)]))
    empty.settle()
    if isinstance(empty, DuckDBLedger):
        empty._instance.connection.execute("UPDATE histograms SET numbers = [2] WHERE quarter % 192 = 0")
        empty._instance.connection.execute("DELETE FROM histograms WHERE quarter % 192 <> 0")
    else:
        assert isinstance(empty, ClickHouseLedger)
        empty.command("ALTER TABLE histograms UPDATE numbers = [2] WHERE quarter % 192 = 0 SETTINGS mutations_sync = 2")
        empty.command("ALTER TABLE histograms DELETE WHERE quarter % 192 <> 0 SETTINGS mutations_sync = 2")
    found = empty.audit()
    assert {discrepancy.table for discrepancy in found} == {"histograms"}
    assert {discrepancy.column for discrepancy in found} == {"buckets", "numbers"}
    assert len({discrepancy.key["quarter"] for discrepancy in found}) == 2


def test_a_day_is_over_an_hour_after_midnight() -> None:
    """In UTC, for everybody."""
    day = closed_until(to_us(datetime(2026, 6, 10, 12, tzinfo=UTC)))
    assert day == to_us(datetime(2026, 6, 10, tzinfo=UTC)) // 900_000_000
    assert closed_until(to_us(datetime(2026, 6, 11, 0, 59, tzinfo=UTC))) == day
    assert closed_until(to_us(datetime(2026, 6, 11, 1, tzinfo=UTC))) == day + 96
