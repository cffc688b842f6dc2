"""Any ways in of one call, in any order, make one call: each with what the real program writes."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path

import pytest

from generators import one_call
from generators.examples import LONG
from generators.one_call import COST, COSTING, EMPTY, OUTPUT, PROMPT
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.records import Record

Told = tuple[int, int | None, int | None, float | None, int]
_ASKED = (
    "SELECT workspace, count(*), sum(coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0)), sum(output_tokens), "
    "CAST(sum(cost_reported) AS DOUBLE), max(latency_us) FROM calls GROUP BY workspace"
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    made = DuckDBLedger(tmp_path / "one.duckdb")
    yield made
    made.close()


def told(ledger: Ledger, orders: Sequence[Sequence[str]], ways: dict[str, list[Record]], *, once: bool) -> None:
    """Commit each order to a workspace of its own: way by way, each twice, or all of it at once."""
    for order in orders:
        batches = [[copy.copy(record) for record in ways[way]] for way in order]
        for record in (record for batch in batches for record in batch):
            record.workspace = " ".join([*order, "once" if once else ""])
        if once:
            batches = [[record for batch in batches for record in batch]]
        for batch in batches:
            ledger.commit(Batch(list(batch)))
        if not once:
            ledger.commit(Batch(batches[0]))


def expected(order: Sequence[str]) -> tuple[int, int, int | None, float | None]:
    """Calls, prompt, output and cost that are right."""
    empty = EMPTY.issuperset(order)
    cost = None if COSTING.isdisjoint(order) else COST / 10**9
    return 1, 0 if empty else PROMPT, None if empty else OUTPUT, cost


def test_one_call_by_any_two_ways(ledger: Ledger, tmp_path: Path) -> None:
    """Tokens once, the cost that one of them states, and a measured latency; also where deliveries are repeated."""
    ways = one_call.ways(tmp_path)
    assert all(sum(record.kind == "calls" for record in records) == 1 for records in ways.values())
    # In `make test` a ring: each way with the next one.
    orders = [*permutations(ways, 2)] if LONG else [*zip(ways, [*ways][1:] + [*ways][:1], strict=True)]
    for once in (False, True):
        told(ledger, orders, ways, once=once)
    ledger.settle()
    found = {workspace: row for workspace, *row in ledger.fetch(Statement(_ASKED))}
    for order in orders:
        for once in ("", "once"):
            row = found[" ".join([*order, once])]
            assert tuple(row[:4]) == expected(order), order
    assert not ledger.audit()


def test_one_call_by_all_ways(ledger: Ledger, tmp_path: Path) -> None:
    """However many there are, and wherever one begins."""
    ways = one_call.ways(tmp_path)
    names = list(ways)
    orders = [names[at:] + names[:at] for at in range(0, len(names), 1 if LONG else 6)]
    told(ledger, orders, ways, once=False)
    ledger.settle()
    rows = ledger.fetch(Statement(_ASKED))
    assert {tuple(row[1:]) for row in rows} == {(1, PROMPT, OUTPUT, COST / 10**9, 2_500_000)}
    assert not ledger.audit()
