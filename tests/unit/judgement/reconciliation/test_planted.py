"""Tests of tokometer.judgement.reconciliation against statements with planted gaps, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from generators.gaps import CAUSES, FIRST, NOW, PROVIDER, History, planted
from servers.ledgers import empty
from tokometer.judgement.declared import Matter, drive, judge
from tokometer.judgement.reconciliation import Book, reconcile
from tokometer.judgement.reconciliation.judged import GAP_LINES, RECONCILIATION
from tokometer.judgement.reconciliation.words import dollars, sentence
from tokometer.ledger import Batch, Ledger
from tokometer.measures import Question, Result, answer
from tokometer.prices import PriceBook
from tokometer.settings import Settings

_SINCE = datetime.combine(FIRST.replace(day=1), datetime.min.time(), UTC).isoformat()
_UNTIL = datetime(2026, 11, 1, tzinfo=UTC).isoformat()
#: What is valued in floating point is right to a nano-dollar or so a cell: a ten-millionth of a dollar in all.
_NANOS = 100
#: Without reports of usage nobody counts requests.
_BY_BILL = tuple(name for name in CAUSES if name != "counting")


@pytest.fixture(scope="module")
def book() -> PriceBook:
    """The catalogue's prices."""
    return PriceBook.open(None, None)


@pytest.fixture(scope="module")
def histories(book: PriceBook) -> dict[str, History]:
    """One with all causes, one by bills alone, one without a gap, and one of each cause; each in its own workspace."""
    found = {"all": planted(CAUSES, book), "bills": planted(_BY_BILL, book, reports=False), "none": planted([], book)}
    found |= {cause: planted([cause], book, seed=7) for cause in CAUSES}
    for name, history in found.items():
        for record in history.records:
            record.workspace = name
    return found


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, histories: dict[str, History]
) -> Iterator[Ledger]:
    """A ledger that holds them all."""
    made = empty(request.param, tmp_path_factory.mktemp(request.param))
    made.commit(Batch(records=[record for history in histories.values() for record in history.records]))
    made.settle()
    yield made
    made.close()


def matter(book: PriceBook | None, by: str = "", tz: str = "UTC") -> Matter:
    """October."""
    return Matter(by=by, since=_SINCE, until=_UNTIL, tz=tz, now=NOW, book=book)


def asked(ledger: Ledger, workspace: str, book: PriceBook | None) -> Book:
    """The reconciliation of October."""

    def ask(question: Question) -> Result:
        return answer(ledger, question, (workspace,), NOW)

    found: Book = drive(reconcile(matter(book)), ask)[0]
    return found


def parts(book: Book) -> dict[str, int]:
    """The parts of the gap that there are; they add up to it."""
    total = book.sums(lambda cell: cell.provider)[PROVIDER]
    assert sum(total.parts.values()) == total.gap
    for one in book.parted:
        assert sum(one.parts.values()) == one.cell.gap
    return {name: amount for name, amount in total.parts.items() if amount}


@pytest.mark.parametrize("name", ["all", "bills"])
def test_names_each_gap(ledger: Ledger, book: PriceBook, histories: dict[str, History], name: str) -> None:
    """Of gaps of all causes at once each is named, with its size, and nothing is left unexplained."""
    history = histories[name]
    found = parts(asked(ledger, name, book))
    assert sum(found.values()) == history.gap
    for cause in CAUSES if name == "all" else _BY_BILL:
        assert abs(found.get(cause, 0) - history.planted.get(cause, 0)) <= _NANOS, cause
    assert "unexplained" not in found


@pytest.mark.parametrize("cause", CAUSES)
def test_names_one_gap(ledger: Ledger, book: PriceBook, histories: dict[str, History], cause: str) -> None:
    """A gap of one cause alone is named, and no other is."""
    found = parts(asked(ledger, cause, book))
    assert abs(found.get(cause, 0) - histories[cause].planted.get(cause, 0)) <= _NANOS
    assert sum(abs(amount) for name, amount in found.items() if name != cause) <= _NANOS


def test_balanced(ledger: Ledger, book: PriceBook) -> None:
    """Books that balance have no gap and no cause."""
    assert parts(asked(ledger, "none", book)) == {}


def test_without_prices(ledger: Ledger, histories: dict[str, History]) -> None:
    """Without a price book the parts still add up to the gap."""
    found = parts(asked(ledger, "all", None))
    assert sum(found.values()) == histories["all"].gap


def test_asks_for_what_there_is(ledger: Ledger, book: PriceBook) -> None:
    """No row is asked for that has nothing: names times days would be more than an answer may have."""
    results: list[Result] = []

    def ask(question: Question) -> Result:
        results.append(answer(ledger, question, ("all",), NOW))
        return results[-1]

    judge(RECONCILIATION, matter(book, "project"), Settings(), ask)
    rows = [row for result in results for row in result.rows]
    assert rows
    assert all(row.get("requests") or row.get("lines") for row in rows)


def test_judged(ledger: Ledger, book: PriceBook) -> None:
    """By model, day and line the rows add up to the same gap, in any time zone; the sentence says it to the cent."""

    def ask(question: Question) -> Result:
        return answer(ledger, question, ("all",), NOW)

    [whole] = judge(RECONCILIATION, matter(book), Settings(), ask).rows
    for by in ("model", "day", "provider", "project", "account"):
        rows = judge(RECONCILIATION, matter(book, by), Settings(), ask).rows
        assert sum(row["reconciliation"] for row in rows) == whole["reconciliation"], by
    lines = judge(GAP_LINES, matter(book), Settings(), ask).rows
    assert sum(row["gap_lines"] for row in lines) == whole["reconciliation"]
    assert f"gap {dollars(whole['reconciliation'])}:" in sentence("October", whole)
    assert "unexplained $0.00" in sentence("October", whole)
    assert whole["standing"] == "good"
