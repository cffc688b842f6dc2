"""Group commit: what submitters are told, and what becomes of what they submitted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tokometer.collect.writer import QueueFull, Writer, WriterClosed
from tokometer.ledger import Batch, Ledger, LedgerFull, Receipt, Statement
from tokometer.ledger.noticed import list_noticed
from tokometer.ledger.opening import open_ledger
from tokometer.ledger.refused import list_refused
from tokometer.records import LogLine, ModelCall, Notice, Refusal, now_us


class Book:
    """A price book with one price: a dollar a call. Waits at its gate, so that a commit can be held up."""

    version = "one"

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.reached = threading.Event()

    def apply(self, calls: Iterable[ModelCall]) -> None:
        """Price the calls, once the gate is open."""
        self.reached.set()
        self.gate.wait(30)
        for call in calls:
            call.cost_priced = 10**9


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = open_ledger(tmp_path)
    yield opened
    opened.close()


Start = Callable[..., Writer]


@pytest.fixture
def start(ledger: Ledger) -> Iterator[Start]:
    """Start a writer that is closed at the end."""
    writers = []

    def make(book: Book | None = None, **options: Any) -> Writer:
        writers.append(Writer(ledger, book or Book(), **options))
        return writers[-1]

    yield make
    for writer in writers:
        writer.close()


def call(name: str, tokens: int = 1, **fields: Any) -> ModelCall:
    """A call of a minute ago."""
    at = now_us() - 60_000_000
    return ModelCall(source="api", native_id=name, started_at=at, model="gpt-4o", input_tokens=tokens, **fields)


def batch(*names: str) -> Batch:
    """A batch of calls with these ids."""
    return Batch([call(name) for name in names])


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition that comes true within half a minute."""
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_receipt_comes_once_its_records_are_stored_and_priced(start: Start, ledger: Ledger) -> None:
    """The future gives what became of the batch, and the ledger then holds it with its price."""
    receipt = start().submit(batch("a", "b")).result(30)
    assert (receipt.accepted, receipt.duplicate, receipt.outcomes) == (2, 0, ["accepted", "accepted"])
    assert ledger.stats()["calls"] == 2
    assert ledger.audit() == []


def test_what_waits_together_is_committed_together_and_answered_apart(start: Start) -> None:
    """Batches that arrive while a commit is held up share one commit, and each gets a receipt of its own records."""
    book, commits = Book(), []
    writer = start(book, on_commit=commits.append)
    book.gate.clear()
    first = writer.submit(batch("a"))
    wait_until(book.reached.is_set)
    rest = [writer.submit(batch("b", "c")), writer.submit(batch("c", "d")), writer.submit(batch("a"))]
    book.gate.set()
    assert first.result(30).accepted == 1
    receipts = [future.result(30) for future in rest]
    assert [receipt.outcomes for receipt in receipts] == [
        ["accepted", "accepted"],
        ["duplicate", "accepted"],
        ["duplicate"],
    ]
    assert receipts[2].touched == {"calls"}
    writer.close()
    assert [commit.accepted for commit in commits] == [1, 3]


def test_under_load_a_commit_waits_for_company_by_what_was_told(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few records wait for others, unless their senders told much of which little became records."""
    monkeypatch.setattr("tokometer.collect.writer._LINGER", 600.0)
    monkeypatch.setattr("tokometer.collect.writer._UNDER_LOAD", 600.0)
    commits: list[Receipt] = []
    writer = start(on_commit=commits.append)
    writer.submit(batch("a")).result(30)
    waiting = writer.submit(batch("b"))
    writer.submit(batch("c"), told=2_000).result(30)
    assert waiting.result(30).accepted == 1
    assert [commit.accepted for commit in commits] == [1, 2]
    late = writer.submit(batch("d"))
    writer.close()
    assert late.result(30).accepted == 1


def test_notices_of_batches_that_are_committed_together_all_count(start: Start, ledger: Ledger) -> None:
    """None is lost where several batches share a commit, and one without records is a batch like any other."""
    book = Book()
    writer = start(book)
    book.gate.clear()
    notice = Notice("api", "field", "x", "here", 2)
    futures = [writer.submit(Batch([call(name)], notices=[notice])) for name in "abc"]
    futures.append(writer.submit(Batch(notices=[notice])))
    book.gate.set()
    for future in futures:
        future.result(30)
    assert [one.count for one in list_noticed(ledger, limit=9)] == [8]


def test_what_is_old_is_dropped_at_rest(start: Start, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log lines are kept for their days, and gone when the writer has nothing else to do."""
    monkeypatch.setattr("tokometer.collect.writer._REST", 0.01)
    day = 86_400_000_000
    lines = [LogLine(source="api", native_id=f"{n}", started_at=now_us() - n * day, message="m") for n in (0, 2, 4)]
    ledger.commit(Batch(list(lines)))
    start(kept={"logs": 3})
    wait_until(lambda: ledger.stats()["logs"] < 3)
    assert ledger.fetch(Statement("SELECT native_id FROM logs ORDER BY native_id")) == [("0",), ("2",)]


def test_corrections_and_others_are_kept_apart(start: Start, ledger: Ledger) -> None:
    """Batches of senders who correct themselves and of those who do not keep their order and their meaning."""
    book = Book()
    writer = start(book)
    book.gate.clear()
    futures = [
        writer.submit(Batch([call("a", 1)])),
        writer.submit(Batch([call("a", 2)], corrections=True)),
        writer.submit(Batch([call("b", 3)])),
    ]
    book.gate.set()
    assert [future.result(30).outcomes for future in futures] == [["accepted"], ["changed"], ["accepted"]]


def test_a_full_queue_takes_nothing_of_a_batch(start: Start, ledger: Ledger) -> None:
    """Beyond its bound the queue raises, keeps nothing of that batch, and takes it later."""
    book = Book()
    writer = start(book, max_pending=4)
    book.gate.clear()
    writer.submit(batch("a", "b"))
    with pytest.raises(QueueFull):
        writer.submit(batch("c", "d"))
    book.gate.set()
    wait_until(lambda: writer.pending == 0)
    assert ledger.stats()["calls"] == 2
    assert writer.submit(batch("c", "d")).result(30).accepted == 2


def test_a_batch_larger_than_the_queue_is_taken_alone(start: Start) -> None:
    """A batch that could never fit is taken when nothing else waits, so that nobody is turned away for ever."""
    writer = start(max_pending=4)
    assert writer.submit(batch(*map(str, range(20)))).result(30).accepted == 20


def test_an_error_of_the_ledger_reaches_every_submitter(start: Start, ledger: Ledger, monkeypatch: Any) -> None:
    """When the ledger cannot write, each waiting sender gets the error, and the writer goes on afterwards."""
    book = Book()
    writer = start(book)
    book.gate.clear()
    commit = ledger.commit

    def full(_: Batch) -> Receipt:
        raise LedgerFull("the disk is full")

    monkeypatch.setattr(ledger, "commit", full)
    futures = [writer.submit(batch("a")), writer.submit(batch("b"))]
    book.gate.set()
    for future in futures:
        assert isinstance(future.exception(30), LedgerFull)
    monkeypatch.setattr(ledger, "commit", commit)
    assert writer.submit(batch("a")).result(30).accepted == 1


def test_a_record_that_the_engine_cannot_take_spoils_only_itself(start: Start, ledger: Ledger) -> None:
    """It is refused in its sender's receipt, at its place; what it came with and what waited with it is stored."""
    book = Book()
    writer = start(book)
    book.gate.clear()
    held = writer.submit(batch("held"))
    wait_until(book.reached.is_set)
    impossible = Batch([call("c"), call("x", 2**70), call("d")])
    futures = [writer.submit(batch("a")), writer.submit(impossible), writer.submit(batch("b"))]
    book.gate.set()
    assert held.result(30).accepted == 1
    assert futures[0].result(30).accepted == 1
    receipt = futures[1].result(30)
    assert receipt.outcomes == ["accepted", "refused", "accepted"]
    assert (receipt.accepted, receipt.refused, list(receipt.spoiled)) == (2, 1, [1])
    assert futures[2].result(30).refused == 0
    assert ledger.stats()["calls"] == 5
    assert len(list_refused(ledger, limit=9)) == 1


def test_a_call_that_cannot_be_priced_has_no_price(start: Start, ledger: Ledger) -> None:
    """A mistake in the prices of one model leaves everybody else's calls priced and stored."""

    class Faulty(Book):
        def apply(self, calls: Iterable[ModelCall]) -> None:
            for one in calls:
                if one.model == "odd":
                    raise ZeroDivisionError
                super().apply([one])

    odd = call("b")
    odd.model = "odd"
    receipt = start(Faulty()).submit(Batch([call("a"), odd, call("c")])).result(30)
    assert receipt.accepted == 3
    rows = ledger.fetch(Statement("SELECT native_id, cost_usd, price_version FROM calls ORDER BY native_id"))
    assert [(name, cost is None, version) for name, cost, version in rows] == [
        ("a", False, ""),
        ("b", True, "one"),
        ("c", False, ""),
    ]


def test_closing_stores_what_waits_and_takes_no_more(start: Start, ledger: Ledger) -> None:
    """Close waits for everything that was submitted, settles, and turns later batches away."""
    writer = start()
    futures = [writer.submit(batch(str(number))) for number in range(50)]
    writer.close()
    writer.close()
    assert all(future.done() and future.result().accepted == 1 for future in futures)
    assert ledger.stats()["dirty_quarters"] == 0
    with pytest.raises(WriterClosed):
        writer.submit(batch("late"))


def test_the_rollups_follow_by_themselves(start: Start, ledger: Ledger) -> None:
    """A moment after a commit nothing is dirty, without anybody asking."""
    start().submit(batch("a")).result(30)
    wait_until(lambda: ledger.stats()["dirty_quarters"] == 0)


def test_refusals_alone_are_stored_and_listed(start: Start, ledger: Ledger) -> None:
    """A batch without records still keeps its refusals, the latest first."""
    writer = start()
    for number in range(3):
        refusal = Refusal("api", "POST /api/calls", number, "model", "is missing", at=1_700_000_000_000_000 + number)
        assert writer.submit(Batch(refusals=[refusal])).result(30).refused == 1
    assert [refusal.position for refusal in list_refused(ledger, limit=2)] == [2, 1]
    assert [refusal.position for refusal in list_refused(ledger, limit=2, offset=2)] == [0]


def test_a_cancelled_batch_is_not_stored(start: Start, ledger: Ledger) -> None:
    """A sender who goes away before the commit starts may have his batch dropped, whole."""
    book = Book()
    writer = start(book)
    book.gate.clear()
    writer.submit(batch("a"))
    wait_until(book.reached.is_set)
    gone = writer.submit(batch("b", "c"))
    assert gone.cancel()
    book.gate.set()
    wait_until(lambda: writer.pending == 0)
    assert ledger.stats()["calls"] == 1


def test_a_listener_that_fails_stops_nothing(start: Start, caplog: Any) -> None:
    """An error in what listens to commits is logged, and commits go on."""

    def broken(_: Receipt) -> None:
        raise RuntimeError("broken listener")

    writer = start(on_commit=broken)
    assert writer.submit(batch("a")).result(30).accepted == 1
    assert writer.submit(batch("b")).result(30).accepted == 1
    writer.close()
    assert "broken listener" in caplog.text


def test_many_threads_submit_at_once_and_everything_is_stored_once(start: Start, ledger: Ledger) -> None:
    """Concurrent senders with overlapping records lose nothing, and the receipts add up."""
    writer = start()
    receipts: list[Receipt] = []

    def send(first: int) -> None:
        for number in range(first, first + 20):
            receipt = writer.submit(batch(str(number), str(number + 1))).result(60)
            receipts.append(receipt)

    threads = [threading.Thread(target=send, args=(first,)) for first in (0, 5, 10, 15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = ledger.stats()["calls"]
    assert stored == 36
    assert sum(receipt.accepted for receipt in receipts) == stored
    assert sum(receipt.accepted + receipt.duplicate + receipt.changed for receipt in receipts) == 160
    assert ledger.audit() == []
