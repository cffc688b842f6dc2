"""One call that comes in by several ways counts once, in whatever pieces and order they come."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from generators.ways_in import Row, World, world
from servers.ledgers import place
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.packed import pack
from tokometer.records import Record

_EXAMPLES = itertools.count()
_PROMPT = "input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0)"
_COUNTED = (
    f"SELECT {_PROMPT} + coalesce(cache_write_unknown_tokens, 0), output_tokens, team, cost_reported, "
    "CASE WHEN latency_estimated THEN NULL ELSE latency_us END FROM calls WHERE workspace = $workspace"
)


@pytest.fixture(params=["duckdb", "clickhouse"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Ledger]:
    """Opens one and the same ledger, each time it is called."""

    def open_() -> Ledger:
        if request.param == "duckdb":
            from tokometer.ledger.duckdb import DuckDBLedger

            return DuckDBLedger(tmp_path / "ways.duckdb")
        from tokometer.ledger.clickhouse import ClickHouseLedger

        return ClickHouseLedger(place("two_ways"))

    return open_


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_calls_count_once_by_however_many_ways_they_come(
    opened: Callable[[], Ledger], seed: int, rng: random.Random
) -> None:
    """Transcripts, events, spans, gateways and our own API, split, shuffled, repeated, with restarts between."""
    number = next(_EXAMPLES)
    given_world, workspace = world(seed, number), f"ways-{number}"
    sent = given_world.records + rng.choices(given_world.records, k=rng.randint(0, 4))
    rng.shuffle(sent)
    ledger = opened()
    try:
        while sent:
            size = rng.randint(1, len(sent))
            request, sent = sent[:size], sent[size:]
            ledger.commit(batch_of(request, workspace, rng))
            if rng.random() < 0.3:
                ledger.settle()
            if rng.random() < 0.2:
                ledger = _restarted(ledger, opened)
        assert counted(ledger, workspace) == truth(given_world)
        uses = Statement("SELECT count(*) FROM tools WHERE workspace = $workspace", {"workspace": workspace})
        assert ledger.fetch(uses) == [(given_world.uses,)]
        assert ledger.audit() == []
    finally:
        ledger.close()


def counted(ledger: Ledger, workspace: str) -> list[Row]:
    """All calls that count, in an order of their own."""
    rows = ledger.fetch(Statement(_COUNTED, {"workspace": workspace}))
    return sorted(
        (
            (prompt, output, team, None if cost is None else int(cost * 10**9), latency)
            for prompt, output, team, cost, latency in rows
        ),
        key=str,
    )


def truth(given_world: World) -> list[Row]:
    """What is true, in the same order."""
    return sorted((call.row() for call in given_world.calls), key=str)


def batch_of(records: list[Record], workspace: str, rng: random.Random) -> Batch:
    """A batch of copies of these records, some as objects and some as columns."""
    batch = Batch()
    kinds: dict[str, list[Record]] = {}
    for record in map(copy.copy, records):
        record.workspace = workspace
        if rng.random() < 0.3:
            batch.records.append(record)
        else:
            kinds.setdefault(f"{record.kind} {rng.choice([record.source, ''])}", []).append(record)
    batch.packed = [pack(of_kind) for of_kind in kinds.values()]
    return batch


def _restarted(ledger: Ledger, opened: Callable[[], Ledger]) -> Ledger:
    """The same ledger as who starts anew finds it."""
    if ledger.engine == "duckdb":
        ledger.close()  # what the engine inside this process keeps in memory would be gone
    return opened()
