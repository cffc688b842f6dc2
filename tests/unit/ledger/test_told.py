"""One call told by several spans counts once, in whatever pieces and order they come."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.otlp_spans import protobuf
from generators.told_calls import World, world
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.packed import pack
from tokometer.records import ModelCall, Record
from tokometer.sources.otlp import decode_traces

COUNTED = (
    "SELECT coalesce(input_tokens, 0), coalesce(cache_read_tokens, 0), coalesce(output_tokens, 0), session_id, "
    "request_id, status = 'ok', coalesce(cost_usd, 0) FROM calls WHERE workspace = $workspace"
)
_EXAMPLES = itertools.count()


def price(calls: Iterable[ModelCall]) -> None:
    """A price of three, a half and fifteen dollars."""
    for call in calls:
        tokens = (call.input_tokens or 0) * 3000 + (call.cache_read_tokens or 0) * 500
        call.cost_priced = tokens + (call.output_tokens or 0) * 15000
        call.price_version = "test"


def priced(row: tuple[int, int, int, str, str, bool]) -> tuple[object, ...]:
    """What a call should be in the ledger, its price in nano-USD."""
    return *row, row[0] * 3000 + row[1] * 500 + row[2] * 15000


def counted(ledger: Ledger, workspace: str = "default") -> list[tuple[object, ...]]:
    """All calls that count, in an order of their own."""
    rows = ledger.fetch(Statement(COUNTED, {"workspace": workspace}))
    return sorted((*row[:6], int(row[6] * 10**9)) for row in rows)


def truth(given_world: World) -> list[tuple[object, ...]]:
    """What is true, in the same order."""
    return sorted(priced(call.row()) for call in given_world.calls)


def batch_of(records: list[Record], rng: random.Random) -> Batch:
    """A batch of records, some as objects and some as columns."""
    batch = Batch(price=price)
    kinds: dict[str, list[Record]] = {}
    for record in records:
        if rng.random() < 0.3:
            batch.records.append(record)
        else:
            kinds.setdefault(record.kind, []).append(record)
    price(record for record in records if isinstance(record, ModelCall))
    batch.packed = [pack(of_kind, "test") for of_kind in kinds.values()]
    return batch


@pytest.fixture(params=["duckdb", "clickhouse"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Ledger]:
    """Opens one and the same ledger, each time it is called."""

    def open_() -> Ledger:
        if request.param == "duckdb":
            from tokometer.ledger.duckdb import DuckDBLedger

            return DuckDBLedger(tmp_path / "told.duckdb")
        from tokometer.ledger.clickhouse import ClickHouseLedger

        return ClickHouseLedger("chdb://memory/told")

    return open_


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_calls_count_once_however_they_are_told(opened: Callable[[], Ledger], seed: int, rng: random.Random) -> None:
    """Stacks of spans, sums of agents, siblings and second traces, split, shuffled, repeated, with restarts between."""
    # A workspace each is a ledger each, and cheaper to make.
    number = next(_EXAMPLES)
    given_world, workspace = world(seed, number), f"told-{number}"
    sent = given_world.spans + rng.choices(given_world.spans, k=rng.randint(0, 4))
    rng.shuffle(sent)
    ledger = opened()
    try:
        while sent:
            size = rng.randint(1, len(sent))
            request, sent = sent[:size], sent[size:]
            traces = decode_traces(protobuf(*request), "protobuf")
            assert traces.refusals == []
            for record in traces.records:
                record.workspace = workspace
            ledger.commit(batch_of(traces.records, rng))
            if rng.random() < 0.3:
                ledger.settle()
            if rng.random() < 0.2:
                ledger.close()
                ledger = opened()
        assert counted(ledger, workspace) == truth(given_world)
        assert ledger.audit() == []
    finally:
        ledger.close()
