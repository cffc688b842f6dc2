"""Rebuilding the rollups of what commits have marked, beside the commits."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

import duckdb

from tokometer.ledger.duckdb_tables import WIDE_MONEY
from tokometer.ledger.duckdb_transaction import transaction
from tokometer.ledger.duckdb_values import TYPES
from tokometer.ledger.statements import CELLS_FROM_CALLS, HOUR, HOURS_FROM_CELLS, SESSIONS_FROM_CALLS

#: What the shared statements leave to the engine.
ROLLUP: Final[dict[str, str]] = {
    **{str(key): value for key, value in TYPES.items()},
    "money": WIDE_MONEY,
    "calls": "calls",
    "cells": "cells",
    "distinct_providers": "list_sort(list(DISTINCT parts.provider))",
    "distinct_models": "list_sort(list(DISTINCT parts.model))",
}
_SPAN: Final = "quarter BETWEEN $first AND $last"
_DIRTY: Final = f"{_SPAN} AND quarter IN (SELECT quarter FROM dirty_quarters)"
_DIRTY_HOUR: Final = f"{_SPAN} AND {HOUR} IN (SELECT {HOUR} FROM dirty_quarters)"
#: What is near in time and much the same lies together: fewer bytes, and less to read.
_SORTED: Final = " ORDER BY quarter, source, provider, model"
_DIRTY_SESSION: Final = (
    "EXISTS (SELECT 1 FROM dirty_sessions d WHERE d.session_id = {0}.session_id "
    "AND d.source = {0}.source AND d.workspace = {0}.workspace)"
)


class Settling:
    """Settles one ledger's file, on a cursor of its own. Thread-safe.

    Commits go on meanwhile: a settle works on what its transaction saw at its beginning, and takes away only the marks
    that it saw. Whoever commits later adds marks, which stay. The two never write the same rows: a commit adds marks
    and changes records, a settle deletes marks and changes rollups; and two settles never overlap.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._cursor = connection.cursor()
        self._path = path
        self._lock = threading.Lock()
        self._closed = False
        #: How many settles have begun, and the number of the last one that succeeded.
        self._begun = self._done = 0
        self._dirty = bool(self._cursor.execute("SELECT 1 FROM dirty_quarters LIMIT 1").fetchone())

    def mark(self) -> None:
        """Say that there are marks to look at. To be called after they are durable."""
        self._dirty = True

    def settle(self) -> int:
        """Rebuild what is marked, and return how many quarter hours that were.

        What was committed before the call is settled after it. So one that comes while another works waits for it; of
        many that wait, one works for all.
        """
        asked = self._begun
        with self._lock:
            if not self._dirty or self._done > asked or self._closed:
                return 0
            self._begun += 1
            # Before the transaction's view is taken: what is committed from here on sets it again.
            self._dirty = False
            try:
                with transaction(self._cursor, self._path):
                    quarters = self._settle_cells()
                    self._settle_sessions()
            except BaseException:
                # A rebuild that failed must be tried again.
                self._dirty = True
                raise
            self._done = self._begun
        return quarters

    def close(self) -> None:
        """Let go of the file, once a settle that is under way is done. A second call does nothing."""
        with self._lock:
            self._closed = True
            self._cursor.close()

    def _settle_cells(self) -> int:
        count, first, last = self._one("SELECT count(DISTINCT quarter), min(quarter), max(quarter) FROM dirty_quarters")
        if not count:
            return 0
        span = {"first": first, "last": last}
        # Mostly it is the running quarter hour, or a few in a row: then there is no need to look each call's up.
        where = _SPAN if last - first + 1 == count else _DIRTY
        self._cursor.execute(f"DELETE FROM cells WHERE {where}", span)
        self._cursor.execute(f"INSERT INTO cells {CELLS_FROM_CALLS.format(where=where, **ROLLUP)}{_SORTED}", span)
        span = {"first": first - first % 4, "last": last - last % 4 + 3}
        self._cursor.execute(f"DELETE FROM hours WHERE {_DIRTY_HOUR}", span)
        self._cursor.execute(f"INSERT INTO hours {HOURS_FROM_CELLS.format(where=_DIRTY_HOUR, **ROLLUP)}{_SORTED}", span)
        self._cursor.execute("DELETE FROM dirty_quarters")
        return int(count)

    def _settle_sessions(self) -> None:
        # A session's calls lie between its row's times and what has been touched since; nothing else need be read.
        count, first, last = self._one(
            "SELECT count(*), least(min(d.first_quarter), min(epoch(s.started_at)::BIGINT // 900)), "
            "greatest(max(d.last_quarter), max(epoch(s.ended_at)::BIGINT // 900)) "
            "FROM dirty_sessions d LEFT JOIN sessions s USING (workspace, source, session_id)"
        )
        if not count:
            return
        self._cursor.execute(f"DELETE FROM sessions WHERE {_DIRTY_SESSION.format('sessions')}")
        # To look calls up by one column is half the work; what that finds too much is left out at the end.
        where = f"{_SPAN} AND calls.session_id IN (SELECT session_id FROM dirty_sessions)"
        self._cursor.execute(
            f"INSERT INTO sessions SELECT * FROM ({SESSIONS_FROM_CALLS.format(where=where, **ROLLUP)}) AS rebuilt "
            f"WHERE {_DIRTY_SESSION.format('rebuilt')}",
            {"first": first, "last": last},
        )
        self._cursor.execute("DELETE FROM dirty_sessions")

    def _one(self, sql: str) -> tuple[Any, ...]:
        row = self._cursor.execute(sql).fetchone()
        assert row is not None
        return row
