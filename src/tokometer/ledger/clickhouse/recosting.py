"""Re-costing on ClickHouse: what calls would cost is written down first, then that they are to; then it is done.

There is no transaction over tables, so intent comes first, as with commits: whoever opens the ledger after an end in
between finishes what was begun. Calls that have changed since they were looked at stay as they are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tokometer.ledger import schema
from tokometer.ledger.clickhouse.tables import create
from tokometer.ledger.clickhouse.values import native
from tokometer.ledger.priced import STORED, StoredCall, stored_call
from tokometer.ledger.protocol import LedgerError
from tokometer.ledger.recosting import (
    LAST,
    Difference,
    Found,
    Last,
    Prices,
    Progress,
    Scope,
    alone,
    cannot_undo,
    scope_sql,
)
from tokometer.ledger.slices import slices
from tokometer.ledger.tables import Table, columns_of
from tokometer.records import now_us, to_datetime
from tokometer.records.time import QUARTER_US

if TYPE_CHECKING:
    from tokometer.ledger.clickhouse.ledger import ClickHouseLedger

RECOSTED: Final = Table(
    "recosted",
    columns_of("id: id\nsmall: quarter\nmoney: was? becomes?\nname: was_version was_basis new_version new_basis"),
    ("id",),
)
_MOST_CALLS: Final = 50_000
_NANO: Final = Decimal(10**9)
#: Calls that still are as they were when somebody looked, by which of the two columns they were left with.
_STANDING: Final = (
    "SELECT r.id, r.{to}, r.{to_version}, r.{to_basis} FROM recosted AS r JOIN calls AS c ON c.id = r.id "
    "AND c.quarter = r.quarter WHERE r.quarter BETWEEN $first AND $last AND c.price_version = r.{from_version} AND "
    "CASE WHEN c.cost_reported IS NULL THEN c.cost_usd ELSE c.cost_priced END IS NOT DISTINCT FROM r.{from_}"
)
_FORWARD: Final = {
    "to": "becomes",
    "to_version": "new_version",
    "to_basis": "new_basis",
    "from_": "was",
    "from_version": "was_version",
}
_BACK: Final = {
    "to": "was",
    "to_version": "was_version",
    "to_basis": "was_basis",
    "from_": "becomes",
    "from_version": "new_version",
}


class ClickHouseRecosting:
    """See :class:`tokometer.ledger.recosting.Recosting`."""

    def __init__(self, ledger: ClickHouseLedger) -> None:
        self._ledger = ledger
        self._busy = threading.Lock()

    @property
    def last(self) -> Last | None:
        """See :attr:`tokometer.ledger.recosting.Recosting.last`."""
        rows = self._ledger.query("SELECT value FROM meta WHERE key = $key", {"key": LAST})
        return msgspec.json.decode(rows[0][0], type=Last) if rows else None

    def room(self) -> tuple[int, int]:
        """See :meth:`tokometer.ledger.recosting.Recosting.room`. The server looks after its own disks."""
        return 0, 0

    def preview(self, scope: Scope, prices: Prices, progress: Progress) -> Found:
        """See :meth:`tokometer.ledger.recosting.Recosting.preview`."""
        found = Found()
        for _ in self._priced(scope, prices, progress, found, 1):
            pass
        return found

    def apply(self, id_: str, scope: Scope, prices: Prices, progress: Progress) -> Found:
        """See :meth:`tokometer.ledger.recosting.Recosting.apply`."""
        with alone(self._busy):
            return self._apply(id_, scope, prices, progress)

    def _apply(self, id_: str, scope: Scope, prices: Prices, progress: Progress) -> Found:
        found = Found()
        self._ledger.command(create(RECOSTED))
        self._note(Last(id=id_, state="staging", at=now_us()))
        try:
            self._ledger.command("TRUNCATE TABLE recosted")
            for rows in self._priced(scope, prices, progress, found, 2):
                self._ledger.insert(RECOSTED, native(RECOSTED, list(zip(*rows, strict=True))))
        except BaseException:
            self._note(Last(id=id_, state="dropped", at=now_us()))
            raise
        calls = found.changed + found.marked
        self._note(Last(id=id_, state="switching", at=now_us(), calls=calls))
        self.finish()
        progress(2 * found.calls, 2 * found.calls)
        return found

    def undo(self, id_: str, progress: Progress) -> int:
        """See :meth:`tokometer.ledger.recosting.Recosting.undo`."""
        with alone(self._busy):
            return self._undo(id_, progress)

    def _undo(self, id_: str, progress: Progress) -> int:
        last = self.last
        if last is None or last.id != id_ or last.state != "applied":
            raise LedgerError(cannot_undo(last, id_))
        self._note(Last(id=id_, state="undoing", at=now_us(), calls=last.calls))
        self.finish()
        progress(last.calls, last.calls)
        return last.calls

    def finish(self) -> None:
        """Do what is written down as begun, if anything is. It can be done again."""
        last = self.last
        if last is None or last.state not in ("switching", "undoing"):
            return
        back = last.state == "undoing"
        counts = self._ledger.query("SELECT quarter, count(*) FROM recosted GROUP BY quarter")
        for span in slices(counts, _MOST_CALLS):
            rows = self._ledger.query(_STANDING.format(**(_BACK if back else _FORWARD)), span._asdict())
            if rows:
                self._ledger.reprice({id_.bytes: (_nano(usd), version, basis) for id_, usd, version, basis in rows})
        self._note(Last(id=last.id, state="undone" if back else "applied", at=now_us(), calls=last.calls))

    def _note(self, last: Last) -> None:
        self._ledger.insert(schema.META, [[LAST], [msgspec.json.encode(last).decode()]])

    def _priced(
        self, scope: Scope, prices: Prices, progress: Progress, found: Found, times: int
    ) -> Iterator[list[Sequence[Any]]]:
        """Rows of :data:`RECOSTED` for what changes, some calls at a time; counts it, and says how far it is."""
        where, bound = scope_sql(scope)
        bound = {**bound, "since": to_datetime(max(scope.since, 0)), "until": to_datetime(min(scope.until, _LATEST))}
        where += " AND started_at >= $since AND started_at < $until"
        counts = self._ledger.query(f"SELECT quarter, count(*) FROM calls WHERE {where} GROUP BY quarter", bound)
        all_ = times * sum(count for _, count in counts)
        for span in slices(counts, _MOST_CALLS):
            sql = f"SELECT price_version, {STORED} FROM calls WHERE {where} AND quarter BETWEEN $first AND $last"
            versions, stored = [], []
            for version, *row in self._ledger.query(sql, {**bound, **span._asdict()}):
                versions.append(version)
                stored.append(stored_call(*row))
            prices.price([one.call for one in stored])
            found.calls += len(stored)
            made = [_row(one, version, found) for one, version in zip(stored, versions, strict=True)]
            rows = [row for row in made if row is not None]
            if rows:
                yield rows
            progress(found.calls, all_)


#: The last moment that both engines can write.
_LATEST: Final = 4_102_444_800_000_000


def _row(stored: StoredCall, version: str, found: Found) -> Sequence[Any] | None:
    id_, was, basis, call = stored
    now_basis = call.price_basis if call.cost_reported is None else ""
    if call.cost_priced == was:
        if now_basis == basis:
            return None
        found.marked += 1
    elif call.cost_reported is not None:
        # What a source reported stays the call's cost, whatever it is beside our price.
        found.marked += 1
    else:
        difference = Difference(1, _usd(was), _usd(call.cost_priced), was is None, call.cost_priced is None)
        found.models.setdefault((call.provider, call.model), Difference()).add(difference)
    quarter = call.started_at // QUARTER_US
    return id_, quarter, was, call.cost_priced, version, basis, call.price_version, now_basis


def _usd(nano: int | None) -> Decimal:
    return Decimal(nano or 0) / _NANO


def _nano(usd: Decimal | None) -> int | None:
    return None if usd is None else int(usd * _NANO)
