"""Trying again what was kept aside because our clock had not come to it (`tokometer.ledger.aside`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from tokometer.collect.committing import commit_all
from tokometer.collect.patience import Backoff
from tokometer.collect.pricing import Pricer, price_each
from tokometer.ledger import Batch, Ledger, Receipt
from tokometer.ledger.aside import earliest, record_in
from tokometer.ledger.packed import Stood
from tokometer.records import ModelCall, Refusal, now_us

#: Records that are tried again in one commit.
STEP: Final = 256
#: How often to look at the clock while something waits (seconds): it may be put right at any time.
LOOK_SECONDS: Final = 30.0
#: What a clock may gain on the other between two looks (seconds); more is a clock that was set.
_SET: Final = 5.0
_FIRST_RETRY: Final = 1.0
_LAST_RETRY: Final = 60.0
_SECOND: Final = 1_000_000


class Resumed(NamedTuple):
    """What came of one step."""

    #: None where nothing was due.
    receipt: Receipt | None
    #: When there is something to do again (µs since the epoch); None where nothing waits.
    next_due: int | None


def resume(ledger: Ledger, book: Pricer) -> Resumed:
    """Commit some of what is due by now, with its row and its refusal taken out in the same transaction.

    Raises:
        LedgerError: The ledger cannot be read or written. It is all there still.
    """
    now = now_us()
    waiting = earliest(ledger, STEP)
    due = [one for one in waiting if one.due <= now]
    if not due:
        return Resumed(None, waiting[0].due if waiting else None)
    batch = Batch(due=due)
    for one in due:
        try:
            batch.records.append(record_in(one))
            batch.stood.append(Stood(one.place, 1))
        except ValueError:
            reason = "was kept aside by another version of Tokometer, and cannot be read any more"
            batch.refusals.append(Refusal(one.source, one.place, 0, "", reason, now, one.workspace))

    price_each(book, [record for record in batch.records if isinstance(record, ModelCall)])
    batch.price = lambda calls: price_each(book, list(calls))
    return Resumed(commit_all(ledger, batch), now if len(due) == STEP else None)


def resume_all(ledger: Ledger, open_book: Callable[[], Pricer]) -> int:
    """Commit all that is due by now; the book is opened where anything waits. Returns how many records that were.

    Raises:
        LedgerError: The ledger cannot be read or written.
    """
    if not earliest(ledger, 1):
        return 0
    count, book = 0, open_book()
    while (receipt := resume(ledger, book).receipt) is not None:
        count += receipt.accepted + receipt.changed
    return count


class Alarm:
    """When it is time to look again: at once after a start and after a clock was set, else when something is due."""

    def __init__(self) -> None:
        self._look_at = 0.0
        self._waits = True
        self._backoff = Backoff(_FIRST_RETRY, _LAST_RETRY)
        self._gap = _gap()

    @property
    def left(self) -> float | None:
        """How many seconds there are until then; None where nothing waits."""
        return max(0.0, self._look_at - time.monotonic()) if self._waits else None

    @property
    def rings(self) -> bool:
        """Whether it is time."""
        if not self._waits:
            return False
        gap = _gap()
        was_set = abs(gap - self._gap) > _SET and not self._backoff.failures
        self._gap = gap
        return was_set or time.monotonic() >= self._look_at

    def set(self) -> None:
        """Something is kept aside: look soon for when it is due."""
        self._waits, self._look_at = True, 0.0

    def looked(self, next_due: int | None) -> None:
        """Nothing is due before this (µs since the epoch); None where nothing waits at all."""
        self._backoff.went_well()
        self._waits = next_due is not None
        seconds = ((next_due or 0) - now_us()) / _SECOND
        self._look_at = time.monotonic() + min(max(seconds, 0.0), LOOK_SECONDS)

    def failed(self) -> float:
        """It could not be looked; returns in how many seconds it is tried again."""
        wait = self._backoff.failed()
        self._look_at = time.monotonic() + wait
        return wait

    @property
    def worth_a_trace(self) -> bool:
        """Whether the failure is the first of its row."""
        return self._backoff.worth_a_trace


def _gap() -> float:
    """What the clock on the wall is ahead of the one that nobody can set."""
    return now_us() / _SECOND - time.monotonic()
