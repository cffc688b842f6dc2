"""Tests of tokometer.judgement.reconciliation against statements with planted gaps, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from generators.gaps import CAUSES, FIRST, NOW, PROVIDER, History, planted
from servers.clickhouse import clickhouse
from tokometer.judgement.declared import Matter
from tokometer.judgement.reconciliation import Book, reconcile
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.opening import open_ledger
from tokometer.measures import Question, Result, answer
from tokometer.prices import PriceBook

_SINCE = datetime.combine(FIRST.replace(day=1), datetime.min.time(), UTC).isoformat()
_UNTIL = datetime(2026, 11, 1, tzinfo=UTC).isoformat()
#: Cents that amounts of a cause may be off, in all: what is valued in floating point is right to a nano-dollar a cell.
_NANOS = 100


@pytest.fixture(scope="module")
def book() -> PriceBook:
    """The catalogue's prices."""
    return PriceBook.open(None, None)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A ClickHouse."""
    yield from (one.url for one in clickhouse())


def reconciled(ledger: Ledger, book: PriceBook, records: History) -> Book:
    """The reconciliation of a ledger that holds these records."""
    ledger.commit(Batch(records=list(records.records)))
    ledger.settle()
    return asked(ledger, book)


def asked(ledger: Ledger, book: PriceBook, of: str = "") -> Book:
    """The reconciliation of October."""

    def ask(question: Question) -> Result:
        return answer(ledger, question, ("default",), NOW)

    way = reconcile(Matter(since=_SINCE, until=_UNTIL, now=NOW, book=book), of)
    questions = next(way)
    while True:
        try:
            questions = way.send(tuple(ask(question) for question in questions))
        except StopIteration as done:
            found: Book = done.value
            return found


def parts(book: Book) -> dict[str, int]:
    """The parts of the gap that there are."""
    total = book.sums(lambda cell: cell.provider)[PROVIDER]
    assert sum(total.parts.values()) == total.gap
    return {name: amount for name, amount in total.parts.items() if amount}


@pytest.mark.parametrize("reports", [True, False])
def test_names_each_gap(tmp_path: Path, book: PriceBook, reports: bool) -> None:
    """Of gaps of all causes at once each is named, with its size to far less than a cent, and nothing is left."""
    causes = [name for name in CAUSES if reports or name != "counting"]
    history = planted(causes, book, reports=reports)
    ledger = open_ledger(tmp_path)
    try:
        found = reconciled(ledger, book, history)
    finally:
        ledger.close()
    assert sum(parts(found).values()) == history.gap
    for name in causes:
        got = parts(found).get(name, 0)
        if name != "shift":
            assert abs(got - history.planted[name]) <= _NANOS, name
    assert abs(parts(found).get("unexplained", 0)) == 0


@pytest.mark.parametrize("cause", CAUSES)
def test_names_one_gap(tmp_path: Path, book: PriceBook, cause: str) -> None:
    """A gap of one cause alone is named, and no other is."""
    history = planted([cause], book, seed=7)
    ledger = open_ledger(tmp_path)
    try:
        found = parts(reconciled(ledger, book, history))
    finally:
        ledger.close()
    assert abs(found.get(cause, 0) - history.planted[cause]) <= _NANOS
    assert sum(abs(amount) for name, amount in found.items() if name != cause) <= _NANOS
