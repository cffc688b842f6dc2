"""A ledger of version 4 becomes one of version 5: availability by the minute is filled from the calls."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from generators import measured
from generators.examples import ENGINES, in_turn
from servers.ledgers import place
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.clickhouse import ClickHouseLedger
from tokometer.ledger.duckdb import DuckDBLedger

CALLS = measured.calls(seed=2, count=300)
ROWS = "SELECT workspace, quarter, scope, provider, active, bad, requests, errors FROM availability ORDER BY ALL"
_NUMBERS = itertools.count()

#: Opens a ledger of today; what makes it one of version 4; opens it again.
Fourth = tuple[Ledger, Callable[[], None], Callable[[], Ledger]]


@pytest.fixture(params=["duckdb", "clickhouse"])
def fourth(request: pytest.FixtureRequest, tmp_path: Path) -> Fourth:
    """A ledger of each engine, and how it is set back and opened again."""
    if request.param == "clickhouse":
        url = place(f"availability_{next(_NUMBERS)}")
        held = ClickHouseLedger(url)

        def back() -> None:
            held.command("DROP TABLE availability SYNC")
            held._write_version(4)

        return held, back, lambda: ClickHouseLedger(url)
    path = tmp_path / "ledger.duckdb"
    ledger = DuckDBLedger(path)

    def set_back() -> None:
        ledger.close()
        with duckdb.connect(str(path)) as connection:
            connection.execute("DROP TABLE availability")
            connection.execute("UPDATE meta SET value = '4' WHERE key = 'schema_version'")

    return ledger, set_back, lambda: DuckDBLedger(path)


def shape(ledger: Ledger) -> list[tuple[Any, ...]]:
    """The table's columns with their types."""
    return ledger.fetch(
        Statement("DESCRIBE availability" if ledger.engine == "duckdb" else "DESCRIBE TABLE availability")
    )


@pytest.mark.parametrize(("marked", "fourth"), in_turn([False, True], ENGINES), indirect=["fourth"])
def test_what_was_kept_before_counts_as_what_comes_today(fourth: Fourth, marked: bool) -> None:
    """The rows are those that settling would have made, also where quarter hours were left to be settled."""
    ledger, set_back, open_again = fourth
    ledger.commit(Batch(list(CALLS[:200])))
    ledger.settle()
    ledger.commit(Batch(list(CALLS[200:])))
    if not marked:
        ledger.settle()
    expected = shape(ledger)
    set_back()
    again = open_again()
    [(filled,)] = again.fetch(Statement("SELECT count(*) FROM availability"))
    assert filled
    assert again.audit() == []
    assert shape(again) == expected
    rows = again.fetch(Statement(ROWS))
    assert {row[2] for row in rows} == {"all", "provider"}
    assert any(row[5] for row in rows)
    again.close()


def test_a_step_that_is_taken_twice_counts_nothing_twice(fourth: Fourth) -> None:
    """The second time, as after a crash just before its end, the rows are the same."""
    ledger, set_back, open_again = fourth
    ledger.commit(Batch(list(CALLS)))
    ledger.settle()
    rows = ledger.fetch(Statement(ROWS))
    set_back()
    once = open_again()
    assert once.fetch(Statement(ROWS)) == rows
    if isinstance(once, ClickHouseLedger):
        once._write_version(4)
    else:
        assert isinstance(once, DuckDBLedger)
        once._instance.connection.execute("UPDATE meta SET value = '4' WHERE key = 'schema_version'")
    once.close()
    twice = open_again()
    assert twice.fetch(Statement(ROWS)) == rows
    assert twice.audit() == []
    twice.close()
