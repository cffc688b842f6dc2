"""One call told by several spans counts once, in whatever pieces and order they come."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from generators.otlp_spans import protobuf
from generators.told_calls import World, world
from servers.ledgers import place
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.packed import pack
from tokometer.records import ModelCall, Record, Step, to_us
from tokometer.sources.otlp import decode_traces

COUNTED = (
    "SELECT coalesce(input_tokens, 0), coalesce(cache_read_tokens, 0), coalesce(output_tokens, 0), session_id, "
    "request_id, status = 'ok', coalesce(cost_usd, 0) FROM calls WHERE workspace = $workspace"
)
_EXAMPLES = itertools.count()
START = to_us(datetime(2026, 3, 8, tzinfo=UTC))


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

        return ClickHouseLedger(place("told"))

    return open_


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_calls_count_once_however_they_are_told(opened: Callable[[], Ledger], seed: int, rng: random.Random) -> None:
    """Stacks of spans, sums of agents, siblings and second traces, split, shuffled, repeated, with restarts between."""
    # A workspace each is a ledger each, and cheaper to make.
    number = next(_EXAMPLES)
    # What began lately is remembered, what began long ago is looked for.
    given_world, workspace = world(seed, number, rng.choice([100, 40_000])), f"told-{number}"
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
                ledger = _restarted(ledger, opened)
        assert counted(ledger, workspace) == truth(given_world)
        assert ledger.audit() == []
    finally:
        ledger.close()


def _restarted(ledger: Ledger, opened: Callable[[], Ledger]) -> Ledger:
    """The same ledger as who starts anew finds it."""
    if ledger.engine == "duckdb":
        ledger.close()  # what the engine inside this process keeps in memory would be gone
    return opened()


def test_labels_of_both_tellings_are_kept(opened: Callable[[], Ledger]) -> None:
    """A set of labels that only the two together have is stored, and found by either."""
    ledger = opened()
    values: dict[str, Any] = {"source": "otlp", "started_at": START, "trace_id": "t", "group": "t", "workspace": "both"}
    outer = ModelCall(native_id="a", span_id="a", labels={"tier": "gold", "app": "shop"}, input_tokens=1, **values)
    inner = ModelCall(native_id="b", span_id="b", parent_id="a", labels={"tier": "silver"}, input_tokens=1, **values)
    ledger.commit(Batch([inner]))
    ledger.commit(Batch([outer]))
    found = ledger.fetch(
        Statement(
            "SELECT s.label_keys, s.label_values FROM calls c JOIN label_sets s ON c.label_set = s.id "
            "WHERE c.workspace = 'both'"
        )
    )
    assert [dict(zip(*row, strict=True)) for row in found] == [{"app": "shop", "tier": "silver"}]
    assert ledger.audit() == []
    ledger.close()


def test_a_bridge_that_comes_last_joins_what_it_is_between(opened: Callable[[], Ledger]) -> None:
    """Two calls count apart until the step between them is known; a batch of steps alone settles them."""
    ledger = opened()
    values: dict[str, Any] = {"source": "otlp", "started_at": START, "trace_id": "late", "workspace": "late"}
    outer = ModelCall(native_id="la", span_id="la", group="late", input_tokens=5, **values)
    inner = ModelCall(native_id="lb", span_id="lb", parent_id="lx", group="late", input_tokens=5, **values)
    requests = Statement("SELECT count(*) FROM calls WHERE workspace = 'late'")
    ledger.commit(Batch([outer]))
    ledger.commit(Batch([inner]))
    assert ledger.fetch(requests) == [(2,)]
    receipt = ledger.commit(Batch([Step(native_id="lx", span_id="lx", parent_id="la", name="task", **values)]))
    assert ledger.fetch(requests) == [(1,)]
    assert receipt.touched == {"calls", "steps"}
    assert ledger.commit(Batch([outer, inner])).outcomes == ["duplicate", "duplicate"]
    assert ledger.audit() == []
    ledger.close()
