"""Group commit: many submit at once, one thread commits what waits as one transaction.

A commit costs much the same for one record and for two thousand, so whatever arrives while a commit runs shares the
next one. A sender's answer waits for the commit that holds its records, and says what became of exactly those.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Final, NamedTuple

from tokometer.collect.anew import PricingAnew
from tokometer.collect.committing import commit_all
from tokometer.collect.patience import Backoff
from tokometer.collect.pricing import Pricer, price_each
from tokometer.collect.resuming import Alarm, resume
from tokometer.collect.settling import Settler
from tokometer.ledger import Batch, Ledger, LedgerError, Receipt
from tokometer.ledger.retention import KEPT_DAYS, Kept, drop_old
from tokometer.records import ModelCall, now_us

#: Records that may wait; more are turned away, so that memory stays bounded however fast they come.
MAX_PENDING: Final = 100_000
#: Records in one commit; beyond a few thousand a larger one is no cheaper per record and answers later.
MAX_COMMIT: Final = 8_192

#: A commit costs much the same for a few records as for a thousand: under load the next one waits until its senders
#: told so many things, records or not (what becomes nothing was read as well, and a commit that waits for all senders
#: at once leaves those who read with nothing to do meanwhile), …
_WORTH: Final = 1_024
#: … but no longer than this (seconds), and only while the last commit is no longer ago than that.
_LINGER: Final = 0.012
_UNDER_LOAD: Final = 0.05

#: The ledger may tidy up when nothing has come for this long (seconds).
_REST: Final = 5.0
#: … and has to after this long, whatever comes.
_LONGEST_SHIFT: Final = 600.0
#: Tidying up that failed is tried again after the same time, and after this long at the latest.
_LAST_RETRY: Final = 300.0
#: How often to look for what has been kept long enough (seconds).
_DROP_EVERY: Final = 3_600.0

_LOG: Final = logging.getLogger(__name__)


class QueueFull(Exception):
    """More is waiting than may wait. Nothing of the batch was taken; try again in `retry_after` seconds."""

    retry_after = 1


class WriterClosed(Exception):
    """The writer takes no more batches: the server is stopping."""


class _Waiting(NamedTuple):
    batch: Batch
    future: Future[Receipt]
    #: How many things its sender told: as many as it has records, or more.
    told: int


class Writer:
    """Prices batches and commits them in the order of their arrival. Thread-safe.

    `on_commit` is called from the writer's thread with each commit's receipt, after the commit is durable and before
    anyone is told so: whoever was told can ask, and finds what was sent in every answer. `kept` says
    for how many days what is not kept for good is; see :mod:`tokometer.ledger.retention`.
    """

    def __init__(
        self,
        ledger: Ledger,
        book: Pricer,
        on_commit: Callable[[Receipt], None] | None = None,
        max_pending: int = MAX_PENDING,
        kept: Kept | None = None,
    ) -> None:
        self._ledger = ledger
        self._book = book
        self._on_commit = on_commit
        self._max_pending = max_pending
        self._kept = KEPT_DAYS if kept is None else kept
        self._dropped_at = -_DROP_EVERY
        self._waiting: deque[_Waiting] = deque()
        self._pending = 0
        self._closing = False
        self._changed = threading.Condition()
        self._rested = False
        self._rested_at = time.monotonic()
        self._rest_backoff = Backoff(_REST, _LAST_RETRY)
        self._committed_at = 0.0
        self._quiet_since = time.monotonic()
        #: For what waits for our clock to come to it.
        self._alarm = Alarm()
        #: For what had no price.
        self._pricing = PricingAnew(ledger)
        self._settler = Settler(ledger)
        self._thread = threading.Thread(target=self._run, name="tokometer-writer", daemon=True)
        self._thread.start()

    @property
    def book(self) -> Pricer:
        """What prices come from. Calls that had no price get one where another book knows it."""
        return self._book

    @book.setter
    def book(self, book: Pricer) -> None:
        with self._changed:
            self._book = book
            self._changed.notify()

    @property
    def pending(self) -> int:
        """Records that wait for their commit, those of the running one included."""
        return self._pending

    def submit(self, batch: Batch, told: int = 0) -> Future[Receipt]:
        """Take a batch. Its future gives the receipt once the records are durable, or the ledger's error.

        `told` is how many things its sender told, where those are more than its records. A batch larger than the whole
        queue is taken when nothing else waits.

        Raises:
            QueueFull: Too much is waiting; nothing of the batch was taken.
            WriterClosed: :meth:`close` was called.
        """
        future: Future[Receipt] = Future()
        size = _size(batch)
        with self._changed:
            if self._closing:
                raise WriterClosed("the server is stopping")
            if self._pending and self._pending + size > self._max_pending:
                raise QueueFull(f"{self._pending:,} records are waiting to be stored; try again in a second")
            self._waiting.append(_Waiting(batch, future, max(told, size)))
            self._pending += size
            self._changed.notify()
        return future

    def settle_soon(self) -> None:
        """Have the rollups brought up to date, and done what the ledger has left for that."""
        self._settler.touch()

    def close(self, seconds: float | None = None, to_settle: float | None = None) -> bool:
        """Commit what waits, bring the rollups up to date, and stop; whether that was done within so many seconds.

        Whoever waits for a commit that does not come by then was told nothing, and sends again.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(seconds)
        return self._settler.close(to_settle) and not self._thread.is_alive()

    # -- the writer's thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            self._resume()
            self._price_some_anew()
            group = self._take()
            if group:
                self._commit_group(group)
                self._rested = False
                self._committed_at = self._quiet_since = time.monotonic()
                if self._committed_at - self._rested_at > _LONGEST_SHIFT and not self._rest_backoff.left:
                    self._rest()
            elif self._closing and not self._waiting:
                break
            elif self._until_rest() == 0.0:
                self._rest()

    def _take(self) -> list[_Waiting]:
        """The batches for the next commit; empty where nothing came in time."""
        group: list[_Waiting] = []
        with self._changed:
            if not self._waiting and not self._closing:
                self._changed.wait(self._patience())
            self._linger()
            size = 0
            while self._waiting:
                batch = self._waiting[0].batch
                if group and (size + _size(batch) > MAX_COMMIT or batch.corrections != group[0].batch.corrections):
                    break
                size += _size(batch)
                group.append(self._waiting.popleft())
        return [waiting for waiting in group if self._starts(waiting)]

    def _patience(self) -> float | None:
        """How many seconds to wait for a batch before there is something else to do; None where there is nothing."""
        all_of_them = (self._until_rest(), self._alarm.left, self._pricing.left(self._book))
        waits = [wait for wait in all_of_them if wait is not None]
        return min(waits, default=None)

    def _until_rest(self) -> float | None:
        """How many seconds there are until it is time to tidy up; None where there is nothing to."""
        if self._rest_backoff.failures:
            return self._rest_backoff.left
        return None if self._rested else max(0.0, self._quiet_since + _REST - time.monotonic())

    def _linger(self) -> None:
        """Under load, wait a moment for more to share the commit. Called with the condition held."""
        now = time.monotonic()
        if not self._waiting or now - self._committed_at > _UNDER_LOAD:
            return
        until = now + _LINGER
        while not self._closing and (left := until - time.monotonic()) > 0:
            if sum(waiting.told for waiting in self._waiting) >= _WORTH:
                break
            self._changed.wait(left)

    def _starts(self, waiting: _Waiting) -> bool:
        """Whether the sender still wants it: one that has gone away before may have its batch dropped."""
        if waiting.future.set_running_or_notify_cancel():
            return True
        self._done(waiting)
        return False

    def _commit_group(self, group: Sequence[_Waiting]) -> None:
        try:
            for waiting in group:
                self._price(waiting.batch)
            batch = _merged([waiting.batch for waiting in group])
            batch.price = self._price_again
            receipt = commit_all(self._ledger, batch)
        except LedgerError as error:
            # The ledger as a whole cannot write (a full disk): the same answer for everybody.
            self._fail(group, error)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the sender, and the thread must go on
            if len(group) == 1:
                self._fail(group, error)
            else:
                # One batch has something, not a record, that the engine cannot take; alone, it spoils only itself.
                for waiting in group:
                    self._commit_group([waiting])
        else:
            if batch.aside:
                self._alarm.set()
            self._told_of(receipt)
            receipts = _shares(receipt, [waiting.batch for waiting in group])
            for waiting, share in zip(group, receipts, strict=True):
                self._done(waiting)
                waiting.future.set_result(share)

    def _price(self, batch: Batch) -> None:
        book = self.book
        if any(packed.kind == "calls" and packed.price_version != book.version for packed in batch.packed):
            # Packed just before the prices changed, or by somebody who knows none.
            batch.unpack()
        price_each(book, [record for record in batch.records if isinstance(record, ModelCall)])

    def _price_again(self, calls: Iterable[ModelCall]) -> None:
        price_each(self.book, list(calls))

    def _told_of(self, receipt: Receipt) -> None:
        if "calls" in receipt.touched:
            self._settler.touch()
        self._tell(receipt)

    def _resume(self) -> None:
        """Try again what was kept aside, where its time has come."""
        if self._closing or not self._alarm.rings:
            return
        try:
            resumed = resume(self._ledger, self.book)
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must go on
            wait = self._alarm.failed()
            trace = self._alarm.worth_a_trace and not isinstance(error, LedgerError)
            _LOG.warning("what waits for its time cannot be kept; again in %.0f s: %s", wait, error, exc_info=trace)
        else:
            if resumed.receipt is None:
                self._alarm.looked(resumed.next_due)
            else:
                self._told_of(resumed.receipt)

    def _price_some_anew(self) -> None:
        """Price some of what had no price, where another book may know one and nobody waits."""
        if self._closing or self._waiting:
            return
        priced = self._pricing.step(self._book)
        if priced:
            self._told_of(Receipt(changed=priced, touched=frozenset({"calls"})))

    def _tell(self, receipt: Receipt) -> None:
        if self._on_commit is None:
            return
        try:
            self._on_commit(receipt)
        except Exception:  # noqa: BLE001 - whatever it is, the thread must go on
            # What listens is not what keeps: the commit stands, and the next one must come.
            _LOG.exception("a listener failed on a commit")

    def _fail(self, group: Sequence[_Waiting], error: Exception) -> None:
        for waiting in group:
            self._done(waiting)
            waiting.future.set_exception(error)

    def _done(self, waiting: _Waiting) -> None:
        with self._changed:
            self._pending -= _size(waiting.batch)

    def _rest(self) -> None:
        self._rested, self._rested_at = True, time.monotonic()
        try:
            self._drop_old()
            self._ledger.rest()
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must go on
            wait = self._rest_backoff.failed()
            trace = self._rest_backoff.worth_a_trace and not isinstance(error, LedgerError)
            _LOG.warning("the ledger could not tidy up; trying again in %.0f s: %s", wait, error, exc_info=trace)
        else:
            self._rest_backoff.went_well()

    def _drop_old(self) -> None:
        if time.monotonic() - self._dropped_at >= _DROP_EVERY:
            self._dropped_at = time.monotonic()
            dropped = [table for table, rows in drop_old(self._ledger, self._kept, now_us()).items() if rows]
            if dropped:
                self._tell(Receipt(touched=frozenset(dropped)))


def _size(batch: Batch) -> int:
    """What a batch weighs in the queue; one of refusals or cursors alone weighs something too."""
    return batch.size + len(batch.refusals) + len(batch.notices) + len(batch.aside) + 1


def _merged(batches: Sequence[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    merged = Batch(corrections=batches[0].corrections)
    for batch in batches:
        merged.add(batch)
    return merged


def _shares(receipt: Receipt, batches: Sequence[Batch]) -> list[Receipt]:
    """Each batch's part of the receipt of all of them."""
    if len(batches) == 1:
        return [receipt]
    shares = []
    # All records stand before all that is packed.
    loose, packed = 0, sum(len(batch.records) for batch in batches)
    for batch in batches:
        size, packed_size = len(batch.records), batch.size - len(batch.records)
        mine = [*range(loose, loose + size), *range(packed, packed + packed_size)]
        outcomes = receipt.outcomes[loose : loose + size] + receipt.outcomes[packed : packed + packed_size]
        loose, packed = loose + size, packed + packed_size
        spoiled = {own: receipt.spoiled[at] for own, at in enumerate(mine) if at in receipt.spoiled}
        shares.append(
            Receipt(
                accepted=outcomes.count("accepted"),
                duplicate=outcomes.count("duplicate"),
                changed=outcomes.count("changed"),
                refused=len(batch.refusals) + len(spoiled),
                outcomes=outcomes,
                touched=_kinds(batch) & receipt.touched,
                spoiled=spoiled,
            )
        )
    return shares


def _kinds(batch: Batch) -> frozenset[str]:
    return frozenset({record.kind for record in batch.records} | {packed.kind for packed in batch.packed})
