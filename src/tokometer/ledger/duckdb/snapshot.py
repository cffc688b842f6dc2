"""What a DuckDB ledger was at one moment: transactions that only read, begun while nothing was being committed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

import duckdb

from tokometer.ledger.duckdb.instance import Instance
from tokometer.ledger.protocol import Engine, LedgerUnavailable, Statement, Unsettled
from tokometer.ledger.shared import Shared, T


class DuckDBSnapshot:
    """See :class:`tokometer.ledger.protocol.Snapshot`. To be made while the ledger's lock is held."""

    engine: Engine = "duckdb"

    def __init__(self, instance: Instance, readers: int, changes: int, *, settled: bool) -> None:
        #: Which of the changes of this process were the last in it.
        self.state = changes
        self._instance = instance
        self._settled = settled
        self._closed = False
        self._shared = Shared()
        self.rolled: frozenset[str] = instance.labels.rolled
        self.unsettled: Sequence[Unsettled] = instance.settling.unsettled
        self._cursors = [instance.pinned() for _ in range(readers)]
        self._free: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        for cursor in self._cursors:
            self._free.put(cursor)

    @property
    def is_lost(self) -> bool:
        """See :attr:`tokometer.ledger.protocol.Snapshot.is_lost`."""
        return self._closed or self._instance.over

    def settle(self) -> int:
        """See :class:`tokometer.ledger.protocol.Snapshot`.

        Raises:
            LedgerUnavailable: The rollups could not be brought up to date before.
        """
        if not self._settled:
            raise LedgerUnavailable("the rollups could not be brought up to date")
        return 0

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """See :meth:`tokometer.ledger.protocol.Readable.fetch`. Whoever finds all readers busy waits for one."""
        if self._closed:
            raise LedgerUnavailable("what was asked is of a moment that nobody holds any more", 1)
        with self._instance.asked():
            cursor = self._free.get()
            try:
                return cursor.execute(statement.sql, dict(statement.parameters)).fetchall()
            finally:
                self._free.put(cursor)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """See :meth:`tokometer.ledger.protocol.Readable.once`."""
        return self._shared.once(key, make)

    def close(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Snapshot.close`."""
        self._closed = True
        cursors, self._cursors = self._cursors, []
        for cursor in cursors:
            with suppress(duckdb.Error):
                cursor.rollback()
            with suppress(duckdb.Error):
                cursor.close()
