"""Both engines say the same of everything that can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from generators import measured
from generators.examples import in_turn
from servers.ledgers import at_rest, clickhouse
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import CUBES, Query, Result, run
from tokometer.measures.axis import GRAINS

NOW = datetime(2026, 2, 20, 12, 7, tzinfo=UTC)
ZONE = "Australia/Lord_Howe"
DIMENSIONS = [dimension.name for cube in CUBES.values() for dimension in cube.dimensions.values()]
WINDOWS = (("2025-03-01", "2025-05-01"), ("2025-03-01T00:07:30Z", "2025-05-01T10:00:00.5Z"))


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """A ledger of each engine, with the same records of every kind."""
    opened: list[Ledger] = [
        DuckDBLedger(tmp_path_factory.mktemp("engines") / "ledger.duckdb"),
        clickhouse(),
    ]
    for ledger in opened:
        ledger.commit(Batch(records=[*measured.calls(seed=3, count=500), *measured.others(seed=4, count=120)]))
        at_rest(ledger)
    yield opened
    for ledger in opened:
        ledger.close()


def _answers(ledgers: list[Ledger], query: Query) -> Result:
    results = [run(ledger, query, workspaces=("default", "other"), now=NOW) for ledger in ledgers]
    for one, other in pairwise(results):
        assert one.columns == other.columns
        assert one.meta.tables == other.meta.tables
        assert list(one.rows) == list(other.rows)
    return results[0]


def _all(cube: str) -> tuple[str, ...]:
    return tuple(measure.name for measure in CUBES[cube].measures.values())


@pytest.mark.parametrize(
    ("dimension", "window"),
    [pytest.param(name, WINDOWS[at], id=f"{name}-{at}") for name, at in in_turn(DIMENSIONS, range(len(WINDOWS)))],
)
def test_every_measure_by_every_dimension(ledgers: list[Ledger], dimension: str, window: tuple[str, str]) -> None:
    """The same rows, in the same order, from rollups (whole quarter hours) and from the records (odd edges)."""
    cube = dimension.partition(".")[0]
    result = _answers(ledgers, Query(measures=_all(cube), by=(dimension,), since=window[0], until=window[1], tz=ZONE))
    assert result.rows


@pytest.mark.parametrize("cube", CUBES)
@pytest.mark.parametrize("grain", GRAINS)
def test_every_measure_over_time(ledgers: list[Ledger], cube: str, grain: str) -> None:
    """The same series at every grain, through a change of the clock."""
    since, until = ("2025-04-05T12:00:00Z", "2025-04-06T00:00:00Z") if "minute" in grain else WINDOWS[0]
    _answers(ledgers, Query(measures=_all(cube), since=since, until=until, grain=grain, tz=ZONE))


@pytest.mark.parametrize("op", ["=", "!=", "in", "not in", "contains", "prefix"])
@pytest.mark.parametrize(
    ("dimension", "value"),
    [("project", "/WORK/ÜBER"), ("project", "/work"), ("family", "gpt"), ("api_key", "…ab12"), ("team", "")],
)
def test_every_kind_of_filter(ledgers: list[Ledger], op: str, dimension: str, value: str) -> None:
    """Filters mean the same, beyond ASCII and with empty text, too."""
    where: Any = ({"dimension": f"calls.{dimension}", "op": op, "values": [value]},)
    query = Query(measures=("calls.requests", "calls.sessions"), by=("calls.model",), where=where, since="all")
    _answers(ledgers, query)


@pytest.mark.parametrize("by", ["session", "model", "family", "error_type"])
@pytest.mark.parametrize("order", ["-calls.cost", "calls.cost", "-calls.requests", "calls.error_rate"])
def test_every_order_and_limit(ledgers: list[Ledger], by: str, order: str) -> None:
    """A limit cuts the same rows as sorting all of them does, whether the engine does it or we do."""
    whole = Query(
        measures=("calls.requests", "calls.cost", "calls.error_rate"), by=(f"calls.{by}",), since="all", order=(order,)
    )
    rows = _answers(ledgers, whole).rows
    limited = Query(measures=whole.measures, by=whole.by, since="all", order=(order,), limit=3)
    assert list(_answers(ledgers, limited).rows) == list(rows[:3])


@pytest.mark.parametrize("other", [True, False])
def test_the_largest_and_the_others(ledgers: list[Ledger], other: bool) -> None:
    """With `top`, the others become one row whose sums, quantiles and sessions are those of their calls together."""
    query = Query(
        measures=("calls.requests", "calls.p95_latency", "calls.sessions", "calls.cost"),
        by=("calls.model",),
        since="2025-03-01",
        until="2025-05-01",
        grain="month",
        top=2,
        other=other,
    )
    _answers(ledgers, query)


def test_comparison_with_the_period_before(ledgers: list[Ledger]) -> None:
    """The same of the period before."""
    query = Query(
        measures=("calls.requests", "calls.p50_latency", "calls.tokens_per_second"),
        by=("calls.family",),
        since="2025-04-01",
        until="2025-04-30",
        grain="week",
        compare="previous",
        tz=ZONE,
    )
    _answers(ledgers, query)
