"""Re-costing on ClickHouse: the server prices, what calls and rollups would be is put beside them, then it is added.

There is no transaction over tables, so intent comes first, as with commits: whoever opens the ledger after an end in
between adds the rest. Until then nothing can be seen; from then on it takes milliseconds, in which others who ask this
ledger wait.
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

import msgspec

from tokometer.ledger import schema
from tokometer.ledger.clickhouse.beside import BACK, FORWARD, Beside, costs_of, drop_what_is_left
from tokometer.ledger.clickhouse.pricing import Pricing
from tokometer.ledger.protocol import LedgerError, LedgerUnavailable
from tokometer.ledger.recosting import LAST, Found, Last, Prices, Progress, Scope, State, Unfinished, alone, cannot_undo
from tokometer.records import now_us

if TYPE_CHECKING:
    from tokometer.ledger.clickhouse.ledger import ClickHouseLedger

#: Into so many steps a progress is cut whose length in calls nobody knows.
_STEPS = 1_000


class ClickHouseRecosting:
    """See :class:`tokometer.ledger.recosting.Recosting`."""

    def __init__(self, ledger: ClickHouseLedger) -> None:
        self._ledger = ledger
        self._busy = threading.Lock()
        #: Whether something is written down as begun that could not be done yet.
        self._unfinished = False

    @property
    def last(self) -> Last | None:
        """See :attr:`tokometer.ledger.recosting.Recosting.last`."""
        rows = self._ledger.query("SELECT value FROM meta WHERE key = $key", {"key": LAST})
        return msgspec.json.decode(rows[0][0], type=Last) if rows else None

    def room(self) -> tuple[int, int]:
        """See :meth:`tokometer.ledger.recosting.Recosting.room`. The server looks after its own disks."""
        return 0, 0

    def preview(self, scope: Scope, prices: Prices, progress: Progress) -> Found:
        """See :meth:`tokometer.ledger.recosting.Recosting.preview`. It needs a table meanwhile."""
        costs = costs_of(uuid.uuid4().hex)
        try:
            return Pricing(self._ledger, costs, scope, prices).fill(progress, 1)
        finally:
            self._ledger.command(f"DROP TABLE IF EXISTS {costs} SYNC")

    def apply(self, id_: str, scope: Scope, prices: Prices, progress: Progress) -> Found:
        """See :meth:`tokometer.ledger.recosting.Recosting.apply`."""
        with alone(self._busy):
            self.finish()
            return self._apply(id_, scope, prices, progress)

    def _apply(self, id_: str, scope: Scope, prices: Prices, progress: Progress) -> Found:
        beside = Beside(self._ledger, id_)
        self._note(id_, "staging")
        try:
            drop_what_is_left(self._ledger)
            found = Pricing(self._ledger, beside.costs, scope, prices).fill(progress, 2)
            beside.stage(FORWARD, lambda share: progress(int((1 + share) * found.calls), 2 * found.calls))
        except BaseException:
            if self._is_now(id_, "staging"):
                self._note(id_, "dropped")
            raise
        self._switch(id_, "staging", "switching", found.changed + found.marked)
        return found

    def undo(self, id_: str, progress: Progress) -> int:
        """See :meth:`tokometer.ledger.recosting.Recosting.undo`."""
        with alone(self._busy):
            self.finish()
            return self._undo(id_, progress)

    def _undo(self, id_: str, progress: Progress) -> int:
        last = self.last
        if last is None or last.id != id_ or last.state != "applied":
            raise LedgerError(cannot_undo(last, id_))
        beside = Beside(self._ledger, id_)
        if not beside.can_be_undone:
            raise LedgerError("what was there before is gone: the ledger was restored or copied since")
        beside.stage(BACK, lambda share: progress(int(share * _STEPS), _STEPS))
        self._switch(id_, "applied", "undoing", last.calls)
        return last.calls

    def finish(self) -> None:
        """Do what is written down as begun, if anything is. It can be done again."""
        with self._ledger.lock:
            last = self.last
            if last is not None and last.state in ("switching", "undoing"):
                beside = Beside(self._ledger, last.id)
                beside.attach()
                beside.mark_what_came_since()
                self._note(last.id, "undone" if last.state == "undoing" else "applied", last.calls)
                beside.drop()
            self._unfinished = False

    def finish_what_failed(self) -> None:
        """The same, where it was begun here and the server was away; else nothing is asked."""
        if self._unfinished:
            self.finish()

    def _switch(self, id_: str, before: State, state: State, calls: int) -> None:
        """Add what is beside, unless somebody else has begun something meanwhile; nobody who asks here sees half of it.

        Raises:
            Unfinished: The server is away; the rest is done when it is there again, by the next settle.
            LedgerUnavailable: Somebody else has.
        """
        with self._ledger.lock:
            if not self._is_now(id_, before):
                raise LedgerUnavailable("another process re-costs the same ledger; nothing has changed here")
            self._unfinished = True
            try:
                self._note(id_, state, calls)
                self.finish()
            except LedgerUnavailable as error:
                raise Unfinished(f"{error}; the rest follows as soon as it can") from error

    def _is_now(self, id_: str, state: State) -> bool:
        last = self.last
        return last is not None and (last.id, last.state) == (id_, state)

    def _note(self, id_: str, state: State, calls: int = 0) -> None:
        last = Last(id=id_, state=state, at=now_us(), calls=calls)
        self._ledger.insert(schema.META, [[LAST], [msgspec.json.encode(last).decode()]])
