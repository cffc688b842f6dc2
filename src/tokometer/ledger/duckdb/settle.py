"""Rebuilding the rollups of what commits have marked, beside the commits."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import duckdb

from tokometer.ledger.closed import COUNTED_UNTIL, COUNTED_UNTIL_SQL, QUARTERS_PER_DAY, closed_until
from tokometer.ledger.duckdb.tables import WIDE_MONEY
from tokometer.ledger.duckdb.transaction import transaction
from tokometer.ledger.duckdb.values import TYPES
from tokometer.ledger.slices import MOST_CALLS, MOST_SESSIONS, Span, slices
from tokometer.ledger.statements import (
    AVAILABILITY_FROM_CALLS,
    CELLS_FROM_CALLS,
    DAY,
    HISTOGRAMS_FROM_CALLS,
    HOUR,
    HOURS_FROM_CELLS,
    SESSIONS_FROM_CALLS,
)
from tokometer.records import now_us
from tokometer.records.time import QUARTER_US

#: What the shared statements leave to the engine.
ROLLUP: Final[dict[str, str]] = {
    **{str(key): value for key, value in TYPES.items()},
    "money": WIDE_MONEY,
    "calls": "calls",
    "cells": "cells",
    "minute": "(1 << CAST(epoch_us(started_at) // 60000000 % 15 AS INTEGER))",
    "distinct_providers": "list_sort(list(DISTINCT parts.provider))",
    "distinct_models": "list_sort(list(DISTINCT parts.model))",
    "buckets": "list(CAST(bucket AS BIGINT) ORDER BY bucket)",
    "numbers": "list(number ORDER BY bucket)",
}
_SPAN: Final = "quarter BETWEEN $first AND $last"
_DIRTY: Final = f"{_SPAN} AND quarter IN (SELECT quarter FROM dirty_quarters)"
_DIRTY_HOUR: Final = f"{_SPAN} AND {HOUR} IN (SELECT {HOUR} FROM dirty_quarters)"
_DIRTY_DAY: Final = f"{_SPAN} AND {DAY} IN (SELECT {DAY} FROM dirty_quarters)"
#: What is near in time and much the same lies together: fewer bytes, and less to read.
_SORTED: Final = " ORDER BY quarter, source, provider, model"
_MARKED: Final = "first_quarter BETWEEN $low AND $high"
_DIRTY_SESSION: Final = (
    "EXISTS (SELECT 1 FROM dirty_sessions d WHERE d.session_id = {0}.session_id "
    f"AND d.source = {{0}}.source AND d.workspace = {{0}}.workspace AND d.{_MARKED})"
)
#: So few quarter hours, as after a commit, need not be counted through to see whether they are too much at once.
_FEW: Final = 8
#: How long a settle that is under way gets before it is interrupted at the end, and again (seconds).
_TURN: Final = 0.2


class Settling:
    """Settles one ledger's file, on a cursor of its own. Thread-safe.

    Commits go on meanwhile: a settle works on what its transaction saw at its beginning, and takes away only the marks
    that it saw. Whoever commits later adds marks, which stay. The two never write the same rows: a commit adds marks
    and changes records, a settle deletes marks and changes rollups; and two settles never overlap. Much work, as after
    a migration, is done in transactions of bounded size, the newest quarter hours first.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._cursor = connection.cursor()
        self._path = path
        self._lock = threading.Lock()
        self._closed = threading.Event()
        #: How many settles have begun, and the number of the last one that succeeded.
        self._begun = self._done = 0
        #: Before this quarter hour there are histograms; 0 is not known.
        self._counted_until = 0
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
            if not self._dirty or self._done > asked or self._closed.is_set():
                return 0
            self._begun += 1
            # Before the transaction's view is taken: what is committed from here on sets it again.
            self._dirty = False
            try:
                quarters = 0
                self._close_days()
                for span, marked in zip_longest(self._spans_of_quarters(), self._spans_of_sessions()):
                    if self._closed.is_set():
                        self._dirty = True
                        return quarters
                    with transaction(self._cursor, self._path):
                        quarters += self._settle_cells(span) if span else 0
                        if marked:
                            self._settle_sessions(marked)
            except BaseException:
                # A rebuild that failed must be tried again.
                self._dirty = True
                raise
            self._done = self._begun
        return quarters

    def close(self) -> None:
        """Let go of the file; a settle that is under way ends, and what it had still to do stays marked.

        A second call does nothing.
        """
        self._closed.set()
        while not self._lock.acquire(timeout=_TURN):
            self._cursor.interrupt()
        try:
            self._cursor.close()
        finally:
            self._lock.release()

    def _close_days(self) -> None:
        """Have the days counted that have come to their end since the last settle."""
        until = closed_until(now_us())
        if until <= self._counted_until:
            return
        stored = self._cursor.execute(COUNTED_UNTIL_SQL).fetchone()
        since = int(stored[0]) if stored else until
        with transaction(self._cursor, self._path):
            if since < until:
                # One mark a day will do.
                self._cursor.execute(
                    f"INSERT INTO dirty_quarters SELECT DISTINCT {DAY} FROM calls "
                    "WHERE quarter >= $since AND quarter < $until",
                    {"since": since, "until": until},
                )
                self._cursor.execute("DELETE FROM meta WHERE key = $key", {"key": COUNTED_UNTIL})
                stored = None
            if not stored:
                self._cursor.execute(
                    "INSERT INTO meta VALUES ($key, $value)", {"key": COUNTED_UNTIL, "value": str(until)}
                )
        # A clock that was ahead has counted further.
        self._counted_until = max(since, until)

    def _spans_of_quarters(self) -> list[Span]:
        """The marked quarter hours, in whole days, so many calls at a time."""
        count, first, last = self._one("SELECT count(DISTINCT quarter), min(quarter), max(quarter) FROM dirty_quarters")
        if not count:
            return []
        if count <= _FEW:
            return [Span(first, last)]
        counts = self._cursor.execute(
            f"SELECT quarter, count(*) FROM calls WHERE {_DIRTY} GROUP BY quarter "
            "UNION ALL SELECT DISTINCT quarter, 0 FROM dirty_quarters",
            {"first": first, "last": last},
        ).fetchall()
        return slices(counts, MOST_CALLS, QUARTERS_PER_DAY)

    def _spans_of_sessions(self) -> list[Span]:
        """The marked sessions, so many at a time, by the quarter hours that their marks begin with."""
        counts = "SELECT first_quarter, count(*) FROM dirty_sessions GROUP BY first_quarter"
        return slices(self._cursor.execute(counts).fetchall(), MOST_SESSIONS)

    def _settle_cells(self, within: Span) -> int:
        count, first, last = self._one(
            f"SELECT count(DISTINCT quarter), min(quarter), max(quarter) FROM dirty_quarters WHERE {_SPAN}",
            within._asdict(),
        )
        if not count:
            return 0
        span = {"first": first, "last": last}
        # Mostly it is the running quarter hour, or a few in a row: then there is no need to look each call's up.
        where = _SPAN if last - first + 1 == count else _DIRTY
        self._cursor.execute(f"DELETE FROM cells WHERE {where}", span)
        self._cursor.execute(f"INSERT INTO cells {CELLS_FROM_CALLS.format(where=where, **ROLLUP)}{_SORTED}", span)
        self._cursor.execute(f"DELETE FROM availability WHERE {where}", span)
        rows = AVAILABILITY_FROM_CALLS.format(where=where, **ROLLUP)
        self._cursor.execute(f"INSERT INTO availability {rows} ORDER BY quarter, scope, whose", span)
        hours = {"first": first - first % 4, "last": last - last % 4 + 3}
        self._cursor.execute(f"DELETE FROM hours WHERE {_DIRTY_HOUR}", hours)
        self._cursor.execute(
            f"INSERT INTO hours {HOURS_FROM_CELLS.format(where=_DIRTY_HOUR, **ROLLUP)}{_SORTED}", hours
        )
        days = {
            "first": first - first % QUARTERS_PER_DAY,
            "last": last - last % QUARTERS_PER_DAY + QUARTERS_PER_DAY - 1,
        }
        if days["first"] < self._counted_until:
            days["last"] = min(days["last"], self._counted_until - 1)
            self._cursor.execute(f"DELETE FROM histograms WHERE {_DIRTY_DAY}", days)
            rows = HISTOGRAMS_FROM_CALLS.format(where=_DIRTY_DAY, **ROLLUP)
            self._cursor.execute(f"INSERT INTO histograms {rows}{_SORTED}", days)
        self._cursor.execute(f"DELETE FROM dirty_quarters WHERE {_SPAN}", span)
        return int(count)

    def _settle_sessions(self, marked: Span) -> None:
        # A session's calls lie between its row's times and what has been touched since; nothing else need be read.
        marks = {"low": marked.first, "high": marked.last}
        count, first, last = self._one(
            f"SELECT count(*), least(min(d.first_quarter), min(epoch_us(s.started_at) // {QUARTER_US})), "
            f"greatest(max(d.last_quarter), max(epoch_us(s.ended_at) // {QUARTER_US})) "
            f"FROM dirty_sessions d LEFT JOIN sessions s USING (workspace, source, session_id) WHERE d.{_MARKED}",
            marks,
        )
        if not count:
            return
        self._cursor.execute(f"DELETE FROM sessions WHERE {_DIRTY_SESSION.format('sessions')}", marks)
        # To look calls up by one column is half the work; what that finds too much is left out at the end.
        where = f"{_SPAN} AND calls.session_id IN (SELECT session_id FROM dirty_sessions WHERE {_MARKED})"
        self._cursor.execute(
            f"INSERT INTO sessions SELECT * FROM ({SESSIONS_FROM_CALLS.format(where=where, **ROLLUP)}) AS rebuilt "
            f"WHERE {_DIRTY_SESSION.format('rebuilt')}",
            {"first": first, "last": last, **marks},
        )
        self._cursor.execute(f"DELETE FROM dirty_sessions WHERE {_MARKED}", marks)

    def _one(self, sql: str, parameters: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        row = self._cursor.execute(sql, parameters).fetchone()
        assert row is not None
        return row
