"""Re-costing on ClickHouse, which has no transactions: what others see, do and settle meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from servers.ledgers import clickhouse, place
from tokometer.collect.recosting import prices_of
from tokometer.ledger import Batch, LedgerError, LedgerUnavailable, Statement
from tokometer.ledger.clickhouse import ClickHouseLedger
from tokometer.ledger.migrations import MIGRATIONS, Migration, current_version
from tokometer.ledger.recosting import Prices, Scope, Unfinished
from tokometer.ledger.tables import columns_of
from tokometer.prices import PriceBook
from tokometer.records import ModelCall

CALLS: Final = 60
START: Final = 1_760_000_000_000_000
_SUMS: Final = (
    "SELECT (SELECT sum(cost_usd) FROM calls), (SELECT sum(cost_usd) FROM cells), "
    "(SELECT sum(cost_usd) FROM hours), (SELECT sum(cost_usd) FROM sessions)"
)


def calls_of(count: int, first: int = 0) -> list[ModelCall]:
    """Calls of a million tokens, a quarter hour apart, over three months."""
    return [
        ModelCall(
            source="t",
            native_id=str(number),
            started_at=START + number % CALLS * 100 * 900_000_000 + number,
            model="rocket",
            input_tokens=1_000_000,
            output_tokens=0,
            session_id=f"s{number % 7}",
        )
        for number in range(first, first + count)
    ]


@pytest.fixture
def price(tmp_path: Path) -> Callable[[int], PriceBook]:
    """A book in which a call costs so many dollars."""

    def made(usd: int) -> PriceBook:
        path = tmp_path / f"{usd}.toml"
        path.write_text(f'[[price]]\nmodel = "rocket"\ninput = {usd}\noutput = 0\n')
        return PriceBook.open(path, tmp_path)

    return made


@pytest.fixture
def ledger(price: Callable[[int], PriceBook]) -> Iterator[ClickHouseLedger]:
    """A ledger with calls of a dollar each."""
    opened = clickhouse()
    calls = calls_of(CALLS)
    price(1).apply(calls)
    opened.commit(Batch(list(calls)))
    opened.settle()
    yield opened
    opened.close()


def nothing(_done: int, _all: int) -> None:
    """Hears of progress."""


def sums(ledger: ClickHouseLedger) -> tuple[Any, ...]:
    """What all costs, by the calls and by each rollup."""
    return ledger.fetch(Statement(_SUMS))[0]


def before(ledger: ClickHouseLedger, monkeypatch: pytest.MonkeyPatch, words: str, does: Callable[[], None]) -> None:
    """Do something before a ledger carries out a statement that begins with these words."""
    carry_out = ledger.command

    def command(sql: str, *rest: Any) -> None:
        if sql.startswith(words):
            does()
        carry_out(sql, *rest)

    monkeypatch.setattr(ledger, "command", command)


def test_nobody_sees_half_of_it(
    ledger: ClickHouseLedger, price: Callable[[int], PriceBook], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks meanwhile is told of what there was, or of what is to be, by calls and rollups alike."""
    seen: set[tuple[Any, ...]] = set()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            seen.add(sums(ledger))

    before(ledger, monkeypatch, "ALTER TABLE cells", lambda: time.sleep(0.3))
    asking = threading.Thread(target=ask)
    asking.start()
    ledger.recosting.apply("one", Scope(), prices_of(price(2)), nothing)
    seen.add(sums(ledger))
    over.set()
    asking.join()
    assert seen == {(Decimal(CALLS),) * 4, (Decimal(2 * CALLS),) * 4}


def test_what_is_being_settled_is_settled_again(ledger: ClickHouseLedger, price: Callable[[int], PriceBook]) -> None:
    """Who settles just now may have read old costs: what is marked is marked once more."""
    late = calls_of(1, first=CALLS)
    price(2).apply(late)
    ledger.commit(Batch(list(late)))
    ledger.recosting.apply("one", Scope(), prices_of(price(2)), nothing)
    for marks in ("dirty_quarters", "dirty_sessions"):
        assert [count for (count,) in ledger.query(f"SELECT count(DISTINCT commit) FROM {marks}")] == [2]
    assert ledger.audit() == []


def test_a_peer_that_settled_meanwhile(ledger: ClickHouseLedger, price: Callable[[int], PriceBook]) -> None:
    """What another process has committed and settled since rollups were put beside is built anew."""
    peer = ClickHouseLedger(place(ledger.database))
    came: list[ModelCall] = []

    def meanwhile(_done: int, _all: int) -> None:
        more = calls_of(1, first=CALLS + len(came))
        price(2).apply(more)
        peer.commit(Batch(list(more)))
        peer.settle()
        came.extend(more)

    ledger.recosting.apply("one", Scope(), prices_of(price(2)), meanwhile)
    assert came
    ledger.settle()
    assert sums(ledger) == (Decimal(2 * (CALLS + len(came))),) * 4
    assert ledger.audit() == []
    peer.close()


def test_a_server_that_goes_away_in_the_middle(
    ledger: ClickHouseLedger, price: Callable[[int], PriceBook], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, and done by the next settle that can; then it can be undone."""
    away = True

    def fail() -> None:
        if away:
            raise LedgerUnavailable("it does not answer")

    before(ledger, monkeypatch, "ALTER TABLE hours", fail)
    with pytest.raises(Unfinished, match="does not answer; the rest follows"):
        ledger.recosting.apply("one", Scope(), prices_of(price(2)), nothing)
    with pytest.raises(LedgerUnavailable):
        ledger.settle()
    away = False
    ledger.settle()
    assert sums(ledger) == (Decimal(2 * CALLS),) * 4
    ledger.recosting.undo("one", nothing)
    assert sums(ledger) == (Decimal(CALLS),) * 4
    assert ledger.audit() == []


def test_two_processes_at_once(ledger: ClickHouseLedger, price: Callable[[int], PriceBook]) -> None:
    """The later one is applied; the one before it ends, and has changed nothing."""
    peer = ClickHouseLedger(place(ledger.database))
    begun: list[Prices] = []

    def meanwhile(_done: int, _all: int) -> None:
        if not begun:
            begun.append(prices_of(price(3)))
            peer.recosting.apply("two", Scope(), begun[0], nothing)

    with pytest.raises(LedgerUnavailable):
        ledger.recosting.apply("one", Scope(), prices_of(price(2)), meanwhile)
    assert sums(ledger) == (Decimal(3 * CALLS),) * 4
    with pytest.raises(LedgerError, match="newer"):
        ledger.recosting.undo("one", nothing)
    peer.recosting.undo("two", nothing)
    assert sums(ledger) == (Decimal(CALLS),) * 4
    assert ledger.audit() == []
    peer.close()


def test_what_can_no_longer_be_undone_says_so(ledger: ClickHouseLedger, price: Callable[[int], PriceBook]) -> None:
    """A ledger that lacks what was there before is left as it is."""
    ledger.recosting.apply("one", Scope(), prices_of(price(2)), nothing)
    for (name,) in ledger.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'recosted%'"
    ):
        ledger.command(f"DROP TABLE {name} SYNC")
    with pytest.raises(LedgerError, match="is gone"):
        ledger.recosting.undo("one", nothing)
    assert sums(ledger) == (Decimal(2 * CALLS),) * 4


def test_an_upgrade_in_the_middle(
    ledger: ClickHouseLedger, price: Callable[[int], PriceBook], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun is finished before a newer version gives tables more columns; then it can be undone."""

    def end() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        before(ledger, patched, "ALTER TABLE cells", end)
        with pytest.raises(KeyboardInterrupt):
            ledger.recosting.apply("one", Scope(), prices_of(price(2)), nothing)
    step = Migration(current_version() + 1, "notes", columns={"calls": columns_of("text: note")})
    newer = ClickHouseLedger(place(ledger.database), migrations=(*MIGRATIONS, step))
    assert sums(newer) == (Decimal(2 * CALLS),) * 4
    newer.recosting.undo("one", nothing)
    assert sums(newer) == (Decimal(CALLS),) * 4
    newer.close()
