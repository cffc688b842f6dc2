"""Whatever passes the gate can be kept: every bound fits its column on both engines, and sums of extremes are exact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators import extremes
from generators.examples import examples
from servers.ledgers import clickhouse
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Query, run
from tokometer.records import KINDS, ModelCall, Record
from tokometer.records.bounds import bounds_of, check
from tokometer.records.record import MAX_TOKENS
from tokometer.records.time import EARLIEST_US, LATEST_US, QUARTER_US
from tokometer.records.values import MAX_DURATION_US, MAX_NANO_USD

NOW = datetime(2026, 6, 20, tzinfo=UTC)
SINCE = int(datetime(2026, 6, 10, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger of each engine."""
    made: Ledger = (
        DuckDBLedger(tmp_path_factory.mktemp("fit") / "ledger.duckdb") if request.param == "duckdb" else clickhouse()
    )
    yield made
    made.close()


def on_the_edge(kind: str) -> list[Record]:
    """Two records of a kind: with the least of everything, and with the most."""
    [one, *_] = [record for record in extremes.others(2, SINCE, SINCE + 1) if record.kind == kind] or list(
        extremes.calls(1, SINCE, SINCE + 1)
    )
    made: list[Record] = []
    for most, edge in ((False, EARLIEST_US), (True, LATEST_US)):
        values: dict[str, Any] = {name: getattr(one, name) for name in one.__struct_fields__}
        values |= extremes.largest_of(kind) if most else extremes.least_of(kind)
        values |= {name: edge for name in bounds_of(kind) if name.endswith("_at")}
        for name in ("revision", "origin"):
            bound = bounds_of(kind)[name]
            values[name] = int(bound.most if most else bound.least)
        made.append(KINDS[kind](**{**values, "native_id": f"{kind} {most}"}))
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_the_least_and_the_most_come_back_as_they_were(ledger: Ledger, kind: str) -> None:
    """Sent again as a correction, they are the same: each column holds its bounds."""
    records = on_the_edge(kind)
    assert [check(record) for record in records] == [None, None]
    assert ledger.commit(Batch(records=records)).accepted == 2
    assert ledger.commit(Batch(records=records, corrections=True)).duplicate == 2
    ledger.settle()
    assert ledger.unsettled == ()


_TOKENS = st.sampled_from([None, 0, 1, MAX_TOKENS - 1, MAX_TOKENS])
_NANO = st.sampled_from([None, 0, 1, MAX_NANO_USD])
_TOOK = st.sampled_from([None, 0, 1, MAX_DURATION_US])
_CALL = st.fixed_dictionaries(
    {
        "quarter": st.integers(0, 6),
        "input_tokens": _TOKENS,
        "cache_read_tokens": _TOKENS,
        "output_tokens": _TOKENS,
        "unsplit_tokens": _TOKENS,
        "cost_reported": _NANO,
        "revenue": _NANO,
        "latency_us": _TOOK,
        "times": st.integers(1, 40),
    }
)


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shapes=st.lists(_CALL, min_size=1, max_size=8))
def test_sums_of_random_extremes_are_those_of_python(ledger: Ledger, shapes: list[dict[str, Any]]) -> None:
    """Tokens, money and times of as many calls as you like, in any quarter hours, from rollups and from calls."""
    workspace = f"w{abs(hash(str(shapes)))}"
    records: list[Record] = []
    for shape in shapes:
        fields = {name: value for name, value in shape.items() if name not in ("quarter", "times")}
        for _ in range(shape["times"]):
            number = len(records)
            records.append(
                ModelCall(
                    source="test",
                    native_id=f"{number}",
                    workspace=workspace,
                    started_at=SINCE + shape["quarter"] * QUARTER_US + number,
                    **fields,
                )
            )
    ledger.commit(Batch(records=records))

    def total(*names: str) -> int:
        return sum(getattr(record, name) or 0 for record in records for name in names)

    for since in ("2026-06-10", "2026-06-09T23:59:30Z"):
        query = Query(
            measures=tuple(f"calls.{name}" for name in ("requests", "input_tokens", "total_tokens", "cost", "revenue")),
            since=since,
        )
        found = run(ledger, query, workspaces=(workspace,), now=NOW)
        [row] = found.rows
        assert found.meta.missing == ()
        assert row["requests"] == len(records)
        assert row["input_tokens"] == total("input_tokens")
        assert row["total_tokens"] == total("input_tokens", "cache_read_tokens", "output_tokens", "unsplit_tokens")
        assert int((row["cost"] or 0) * 10**9) == total("cost_reported")
        assert int((row["revenue"] or 0) * 10**9) == total("revenue")
