"""What cannot be settled is set aside: found, named, taken out and tried again, and everything else is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from servers.ledgers import place
from tokometer.ledger import Batch, Ledger, LedgerError, Statement
from tokometer.ledger.clickhouse import rebuild as clickhouse
from tokometer.ledger.duckdb import rebuild as duckdb
from tokometer.ledger.protocol import Unsettled
from tokometer.ledger.slices import Span
from tokometer.ledger.unsettled import SetAside, in_parts, reason_of
from tokometer.records.time import QUARTER_US
from unit.ledger.test_ledger import NOON, call

QUARTER = NOON // QUARTER_US
#: An expression that raises for calls of one name, and is 0 for others.
_RAISES = {
    "duckdb": "CASE WHEN {0} = '{1}' THEN error('it cannot be') ELSE 0 END",
    "clickhouse": "throwIf({0} = '{1}', 'it cannot be')",
}


@contextmanager
def failing(engine: str, statement: str, column: str, value: str, into: str) -> Iterator[None]:
    """While it is open, rows of a rollup cannot be built from calls that have a value in a column."""
    module: Any = duckdb if engine == "duckdb" else clickhouse
    sql = getattr(module, statement)
    assert into in sql
    raises = _RAISES[engine].format(f"{{calls}}.{column}", value)
    setattr(module, statement, sql.replace(into, into.replace("count(*)", f"count(*) + sum({raises})"), 1))
    try:
        yield
    finally:
        setattr(module, statement, sql)


def filled(ledger: Ledger, quarters: int = 12) -> None:
    """A call in each of so many quarter hours, of the model and in the session that is called like its number."""
    given = {number: {"model": f"m{number}", "session_id": f"s{number}", "latency_us": 5} for number in range(quarters)}
    ledger.commit(Batch([call(at, started_at=NOON + at * QUARTER_US, **more) for at, more in given.items()]))


def requests(ledger: Ledger, table: str = "cells") -> int:
    """How many calls a rollup has."""
    return int(ledger.fetch(Statement(f"SELECT coalesce(sum(requests), 0) FROM {table}"))[0][0])


def cells_failing(ledger: Ledger, model: str) -> Any:
    """Cells cannot be built from calls of a model."""
    return failing(ledger.engine, "CELLS_FROM_CALLS", "model", model, "count(*)")


def hurry(ledger: Any) -> None:
    """Let what is set aside be due."""
    aside = (getattr(ledger, "_settling", None) or ledger._instance.settling)._aside
    aside._failures = {key: (count, 0.0) for key, (count, _) in aside._failures.items()}


def test_one_quarter_hour_is_set_aside_and_the_rest_is_settled(ledger: Ledger) -> None:
    """The settle goes on, says which it was and why, and the audit tells of it and of nothing else."""
    filled(ledger)
    with cells_failing(ledger, "m5"):
        ledger.settle()
        [row] = ledger.unsettled
        assert (row.rollup, row.quarter) == ("cells", QUARTER + 5)
        assert "it cannot be" in row.reason
        assert requests(ledger) == requests(ledger, "hours") == 11
        assert requests(ledger, "sessions") == 12
        stored = ledger.fetch(Statement("SELECT rollup, quarter, reason FROM unsettled"))
        assert stored == [row[:3]]
        assert [(one.table, one.column) for one in ledger.audit()] == [("unsettled", "cells")]
    assert ledger.settle() == 0


def test_it_is_tried_again_when_it_is_due(ledger: Ledger) -> None:
    """Not at once, and when it succeeds it is forgotten."""
    filled(ledger)
    with cells_failing(ledger, "m5"):
        ledger.settle()
    assert ledger.settle() == 0
    assert ledger.unsettled
    hurry(ledger)
    assert ledger.settle() == 1
    assert not ledger.unsettled
    assert ledger.fetch(Statement("SELECT count(*) FROM unsettled")) == [(0,)]
    assert requests(ledger) == 12
    assert ledger.audit() == []


def test_a_quarter_hour_that_goes_on_failing_holds_nothing_up(ledger: Ledger) -> None:
    """It is touched again and again: the others are settled with each commit, and so is it once it can be."""
    filled(ledger)
    with cells_failing(ledger, "m5"):
        ledger.settle()
        for number in range(20, 24):
            at = NOON + (number % 2 + 5) * QUARTER_US
            ledger.commit(Batch([call(number, started_at=at, model="m20", session_id="s20")]))
            ledger.settle()
            assert [row.quarter for row in ledger.unsettled] == [QUARTER + 5]
        assert requests(ledger) == 13
        hurry(ledger)
        ledger.settle()
        assert requests(ledger) == 13
    hurry(ledger)
    ledger.settle()
    assert requests(ledger) == requests(ledger, "hours") == 16
    assert ledger.audit() == []


def test_a_restart_tries_again(new_ledger: Callable[[], Ledger], tmp_path: Any) -> None:
    """What was set aside is known after a restart, and settled with the first settle."""
    ledger: Any = new_ledger()
    filled(ledger)
    with cells_failing(ledger, "m5"):
        ledger.settle()
    if ledger.engine == "duckdb":
        from tokometer.ledger.duckdb import DuckDBLedger

        path = ledger.path
        ledger.close()
        again: Ledger = DuckDBLedger(path)
    else:
        from tokometer.ledger.clickhouse import ClickHouseLedger

        again = ClickHouseLedger(place(ledger.database))
    assert [row.quarter for row in again.unsettled] == [QUARTER + 5]
    assert again.settle() == 1
    assert not again.unsettled
    assert again.audit() == []
    again.close()


def test_percentiles_lack_one_quarter_hour_and_the_day_has_the_rest(ledger: Ledger) -> None:
    """The quarter hour whose calls no histogram can count is found, though another one of the day was touched."""
    filled(ledger)
    ledger.settle()
    assert ledger.fetch(Statement("SELECT count(*) FROM histograms")) == [(12,)]
    with failing(ledger.engine, "HISTOGRAMS_FROM_CALLS", "model", "m5", "count(*)"):
        ledger.commit(Batch([call(30, started_at=NOON + QUARTER_US, model="m30", latency_us=5)]))
        ledger.settle()
        assert [(row.rollup, row.quarter) for row in ledger.unsettled] == [("histograms", QUARTER + 5)]
        assert ledger.fetch(Statement("SELECT count(*) FROM histograms")) == [(12,)]
        assert requests(ledger) == 13
        assert [(one.table, one.column) for one in ledger.audit()] == [("unsettled", "histograms")]
    hurry(ledger)
    ledger.settle()
    assert not ledger.unsettled
    assert ledger.audit() == []


def test_one_session_is_set_aside(ledger: Ledger) -> None:
    """Those beside it have their rows; it is named, and settled once it can be."""
    filled(ledger)
    with failing(ledger.engine, "SESSIONS_FROM_CALLS", "session_id", "s5", "count(*)"):
        ledger.settle()
        [row] = ledger.unsettled
        assert (row.rollup, row.quarter) == ("sessions", QUARTER + 5)
        assert "s5" in row.reason
        assert requests(ledger, "sessions") == 11
        assert requests(ledger) == 12
        ledger.commit(Batch([call(40, started_at=NOON + QUARTER_US, session_id="s5")]))
        ledger.settle()
        assert [(one.table, one.column) for one in ledger.audit()] == [("unsettled", "sessions")]
    hurry(ledger)
    ledger.settle()
    assert not ledger.unsettled
    assert requests(ledger, "sessions") == 13
    assert ledger.audit() == []


def test_where_nothing_can_be_settled_it_is_found_out_soon(ledger: Ledger) -> None:
    """Every quarter hour is set aside, without a try for each of many."""
    filled(ledger, 40)
    with failing(ledger.engine, "CELLS_FROM_CALLS", "source", "test", "count(*)"):
        ledger.settle()
        assert len(ledger.unsettled) == 40
    hurry(ledger)
    assert ledger.settle() == 40
    assert ledger.audit() == []


def test_parts_are_halved_until_the_one_is_found() -> None:
    """Of a hundred with two that fail, the others are done in few attempts."""
    tried: list[Span] = []
    failed: list[int] = []

    def attempt(span: Span) -> int:
        tried.append(span)
        if any(span.first <= bad <= span.last for bad in (17, 61)):
            raise ValueError
        return span.last - span.first + 1

    assert in_parts(range(100), attempt, lambda quarter, _: failed.append(quarter)) == 98
    assert sorted(failed) == [17, 61]
    assert len(tried) < 30


def test_what_the_ledger_as_a_whole_cannot_is_no_fault_of_a_part() -> None:
    """A ledger that is away is not taken apart."""

    def attempt(_: Span) -> int:
        raise LedgerError("away")

    with pytest.raises(LedgerError):
        in_parts(range(100), attempt, lambda *_: None)


def test_pauses_grow_and_end_at_an_hour() -> None:
    """The first is half a minute; a success forgets them."""
    now = 0.0
    aside = SetAside(clock=lambda: now)
    pauses = []
    for _ in range(12):
        aside.failed("cells", 5, ValueError("x"))
        began = now
        while not aside.due():
            now += 1
        pauses.append(now - began)
    assert pauses[:3] == [30, 60, 120]
    assert pauses[-1] == 3_600
    assert aside.settled("cells", 5)
    assert not aside.rows


def test_rows_of_a_ledger_are_due_at_once() -> None:
    """After a restart, what is in the table is tried with the first settle."""
    assert SetAside([Unsettled("cells", 5, "x", 1)]).due()


def test_a_reason_is_one_line() -> None:
    """It says which error it was, and no more than a person reads."""
    assert reason_of(ValueError("a\nb")) == "ValueError: a"
    assert len(reason_of(ValueError("x" * 9_999))) <= 310
