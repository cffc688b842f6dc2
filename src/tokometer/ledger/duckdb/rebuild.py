"""Rows of the rollups, built anew from the calls: what a settle writes, inside whatever transaction is open."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import duckdb

from tokometer.ledger.closed import QUARTERS_PER_DAY
from tokometer.ledger.duckdb.tables import WIDE_MONEY
from tokometer.ledger.duckdb.values import TYPES
from tokometer.ledger.protocol import Unsettled
from tokometer.ledger.schema import CELLS, HOURS, SESSIONS
from tokometer.ledger.slices import Span
from tokometer.ledger.statements import (
    AVAILABILITY_FROM_CALLS,
    CELLS_FROM_CALLS,
    DAY,
    HISTOGRAMS_FROM_CALLS,
    HOUR,
    HOURS_FROM_CELLS,
    LENGTHS,
    SESSIONS_FROM_CALLS,
    excluding,
)
from tokometer.records import to_datetime
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
SPAN: Final = "quarter BETWEEN $first AND $last"
DIRTY: Final = f"{SPAN} AND quarter IN (SELECT quarter FROM dirty_quarters)"
_DIRTY_HOUR: Final = f"{SPAN} AND {HOUR} IN (SELECT {HOUR} FROM dirty_quarters)"
_DIRTY_DAY: Final = f"{SPAN} AND {DAY} IN (SELECT {DAY} FROM dirty_quarters)"
#: What is near in time and much the same lies together: fewer bytes, and less to read.
_SORTED: Final = " ORDER BY quarter, source, provider, model"
#: By name: a re-costing puts columns beside those that are declared, and lets them change places.
_NAMES: Final = {table.name: ", ".join(f'"{name}"' for name in table.names) for table in (CELLS, HOURS, SESSIONS)}
_MARKED: Final = "first_quarter BETWEEN $low AND $high"
_DIRTY_SESSION: Final = (
    "EXISTS (SELECT 1 FROM dirty_sessions d WHERE d.session_id = {0}.session_id "
    "AND d.source = {0}.source AND d.workspace = {0}.workspace AND d.{1})"
)


class Rebuild:
    """Writes the rollups of one ledger's file, by one cursor."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def cells(self, within: Span, without: Collection[int] = ()) -> tuple[int, Span | None]:
        """Cells, availability and hours of what is marked there: how many quarter hours, and from where to where.

        Quarter hours `without` stay as they are.
        """
        count, first, last = self.one(
            f"SELECT count(DISTINCT quarter), min(quarter), max(quarter) FROM dirty_quarters "
            f"WHERE {SPAN} AND {excluding(without)}",
            within._asdict(),
        )
        if not count:
            return 0, None
        span = {"first": first, "last": last}
        # Mostly it is the running quarter hour, or a few in a row: then there is no need to look each call's up.
        where = SPAN if last - first + 1 == count else f"{DIRTY} AND {excluding(without)}"
        self._cursor.execute(f"DELETE FROM cells WHERE {where}", span)
        self._cursor.execute(
            f"INSERT INTO cells ({_NAMES['cells']}) {CELLS_FROM_CALLS.format(where=where, **ROLLUP)}{_SORTED}", span
        )
        self._cursor.execute(f"DELETE FROM availability WHERE {where}", span)
        rows = AVAILABILITY_FROM_CALLS.format(where=where, **ROLLUP)
        self._cursor.execute(f"INSERT INTO availability {rows} ORDER BY quarter, scope, whose", span)
        self.hours(Span(first, last))
        return int(count), Span(first, last)

    def hours(self, span: Span) -> None:
        """Whole hours of what is marked there, from the cells."""
        hours = {"first": span.first - span.first % 4, "last": span.last - span.last % 4 + 3}
        self._cursor.execute(f"DELETE FROM hours WHERE {_DIRTY_HOUR}", hours)
        self._cursor.execute(
            f"INSERT INTO hours ({_NAMES['hours']}) {HOURS_FROM_CELLS.format(where=_DIRTY_HOUR, **ROLLUP)}{_SORTED}",
            hours,
        )

    def histograms(self, span: Span, until: int, without: Collection[int] = ()) -> None:
        """Histograms of the marked days there that are over before `until`, without the calls of some quarter hours."""
        days = _days(span, until)
        if days is None:
            return
        self._cursor.execute(f"DELETE FROM histograms WHERE {_DIRTY_DAY}", days)
        where = f"{_DIRTY_DAY} AND {excluding(without)}"
        rows = HISTOGRAMS_FROM_CALLS.format(where=where, **ROLLUP)
        self._cursor.execute(f"INSERT INTO histograms {rows}{_SORTED}", days)

    def count(self, span: Span, without: Collection[int]) -> int:
        """Make the rows of histograms from the calls of some quarter hours, and throw them away: can they be made?"""
        where = f"{SPAN} AND {excluding(without)}"
        self._cursor.execute(HISTOGRAMS_FROM_CALLS.format(where=where, **ROLLUP), span._asdict()).fetchall()
        return span.last - span.first + 1

    def empty(self, quarter: int, tables: Iterable[str]) -> None:
        """Take out what rollups have of a quarter hour, or of the hour or the day that it is in."""
        for table in tables:
            length = LENGTHS.get(table, 1)
            first = quarter - quarter % length
            self._cursor.execute(f"DELETE FROM {table} WHERE {SPAN}", {"first": first, "last": first + length - 1})

    def sessions(self, marked: Span, *, only: Sequence[str] = (), but: Sequence[str] = ()) -> None:
        """The marked sessions; of those only some, or all but some, by their ids."""
        # A session's calls lie between its row's times and what has been touched since; nothing else need be read.
        marks: dict[str, Any] = {"low": marked.first, "high": marked.last}
        those = _MARKED
        for word, ids in (("IN", only), ("NOT IN", but)):
            if ids:
                those += f" AND session_id {word} (SELECT unnest($ids))"
                marks["ids"] = list(ids)
        dirty = _DIRTY_SESSION.replace("{1}", those)
        count, first, last = self.one(
            f"SELECT count(*), least(min(d.first_quarter), min(epoch_us(s.started_at) // {QUARTER_US})), "
            f"greatest(max(d.last_quarter), max(epoch_us(s.ended_at) // {QUARTER_US})) "
            f"FROM (SELECT * FROM dirty_sessions WHERE {those}) d "
            "LEFT JOIN sessions s USING (workspace, source, session_id)",
            marks,
        )
        if not count:
            return
        self._cursor.execute(f"DELETE FROM sessions WHERE {dirty.format('sessions')}", marks)
        # To look calls up by one column is half the work; what that finds too much is left out at the end.
        where = f"{SPAN} AND calls.session_id IN (SELECT session_id FROM dirty_sessions WHERE {those})"
        self._cursor.execute(
            f"INSERT INTO sessions ({_NAMES['sessions']}) SELECT * FROM "
            f"({SESSIONS_FROM_CALLS.format(where=where, **ROLLUP)}) AS rebuilt "
            f"WHERE {dirty.format('rebuilt')}",
            {"first": first, "last": last, **marks},
        )
        self._cursor.execute(f"DELETE FROM dirty_sessions WHERE {those}", marks)

    def without_session(self, session: str) -> None:
        """Take out the row of a session, and its marks."""
        for table in ("sessions", "dirty_sessions"):
            self._cursor.execute(f"DELETE FROM {table} WHERE session_id = $session", {"session": session})

    def unmark_all(self, quarters: Iterable[int]) -> None:
        """Take away the marks of these quarter hours."""
        self._cursor.execute(
            "DELETE FROM dirty_quarters WHERE quarter IN (SELECT unnest($quarters))", {"quarters": list(quarters)}
        )

    def unmark(self, span: Span, without: Collection[int] = ()) -> None:
        """Take away the marks of a span, but of the quarter hours `without`."""
        self._cursor.execute(f"DELETE FROM dirty_quarters WHERE {SPAN} AND {excluding(without)}", span._asdict())

    def mark(self, due: Sequence[Unsettled], sessions: str) -> None:
        """Mark what is to be tried again; rows of the rollup `sessions` mark sessions."""
        for row in due:
            at = {"quarter": row.quarter}
            if row.rollup == sessions:
                self._cursor.execute(
                    "INSERT INTO dirty_sessions SELECT workspace, source, session_id, min(quarter), max(quarter) "
                    "FROM calls WHERE session_id IN (SELECT session_id FROM calls WHERE quarter = $quarter) "
                    "AND session_id <> '' GROUP BY ALL",
                    at,
                )
            else:
                self._cursor.execute("INSERT INTO dirty_quarters VALUES ($quarter)", at)

    def note(self, row: Unsettled) -> None:
        """Write down that something is set aside."""
        self.forget(row.rollup, row.quarter)
        self._cursor.execute(
            "INSERT INTO unsettled VALUES ($rollup, $quarter, $reason, $since)",
            {**row._asdict(), "since": to_datetime(row.since).replace(tzinfo=None)},
        )

    def forget(self, rollup: str, quarter: int) -> None:
        """Write down that it is set aside no longer."""
        self._cursor.execute(
            "DELETE FROM unsettled WHERE rollup = $rollup AND quarter = $quarter",
            {"rollup": rollup, "quarter": quarter},
        )

    def one(self, sql: str, parameters: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        """The only row of a query."""
        row = self._cursor.execute(sql, parameters).fetchone()
        assert row is not None
        return row


def _days(span: Span, until: int) -> dict[str, int] | None:
    """The whole days of a span that are over before `until`; None where none is."""
    first = span.first - span.first % QUARTERS_PER_DAY
    last = span.last - span.last % QUARTERS_PER_DAY + QUARTERS_PER_DAY - 1
    return {"first": first, "last": min(last, until - 1)} if first < until else None
