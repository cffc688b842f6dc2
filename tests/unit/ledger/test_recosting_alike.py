"""Both engines price as the book does, whatever the calls and the prices: to the nano-dollar, and word for word."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from generators.priced_calls import own_prices, priced_calls
from servers.ledgers import empty
from tokometer.collect.recosting import prices_of, told
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.recosting import Scope
from tokometer.prices import PriceBook

MOST: Final = 60
#: Each example has calls in a workspace of its own: making a ledger costs more than all else.
_NUMBERS: Final = itertools.count()
_STORED: Final = (
    "SELECT native_id, cost_usd, cost_priced, price_version, price_basis FROM calls "
    "WHERE workspace = $workspace ORDER BY native_id"
)


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, ...]]:
    """A ledger of each engine."""
    folder = tmp_path_factory.mktemp("alike")
    opened = tuple(empty(engine, folder) for engine in ("duckdb", "clickhouse"))
    yield opened
    for ledger in opened:
        ledger.close()


def costs_of(ledger: Ledger, workspace: str) -> list[tuple[Any, ...]]:
    """What the calls of a workspace cost, by their names."""
    return ledger.fetch(Statement(_STORED, {"workspace": workspace}))


@settings(max_examples=examples(16), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_both_engines_price_as_the_book_does(data: st.DataObject, ledgers: tuple[Ledger, ...], tmp_path: Path) -> None:
    """They agree with the book and each other on costs, bases and differences; undone, all is as it was."""
    workspace = f"w{next(_NUMBERS)}"
    calls = data.draw(priced_calls(workspace, MOST))
    (tmp_path / "prices.toml").write_text(data.draw(own_prices()))
    catalogue, own = PriceBook.open(None, tmp_path), PriceBook.open(tmp_path / "prices.toml", tmp_path)
    catalogue.apply(calls)
    before, after, said = [], [], []
    for ledger in ledgers:
        ledger.commit(Batch(list(calls)))
        ledger.settle()
        before.append(costs_of(ledger, workspace))
        found = ledger.recosting.apply(workspace, Scope(workspace=workspace), prices_of(own), lambda _, __: None)
        said.append(told(found, applied=True))
        after.append(costs_of(ledger, workspace))
        assert ledger.audit() == []
        ledger.recosting.undo(workspace, lambda _, __: None)
        assert costs_of(ledger, workspace) == before[-1]
    assert before[0] == before[1]
    assert after[0] == after[1]
    assert said[0] == said[1]
    own.apply(calls)
    by_name = {call.native_id: call for call in calls}
    for name, usd, priced, _, basis in after[0]:
        call = by_name[name]
        cost = usd if call.cost_reported is None else priced
        assert (None if cost is None else int(cost * 10**9)) == call.cost_priced, call
        assert basis == ("" if call.cost_reported is not None else call.price_basis)
