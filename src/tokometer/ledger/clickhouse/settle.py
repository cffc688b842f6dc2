"""Rebuilding the rollups of what commits have marked, on ClickHouse.

What is marked is rebuilt and then said to be clean, in that order: a crash in between has it rebuilt again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from tokometer.ledger import schema
from tokometer.ledger.clickhouse.values import TYPES, WIDE_MONEY, zero
from tokometer.ledger.closed import COUNTED_UNTIL, COUNTED_UNTIL_SQL, QUARTERS_PER_DAY, closed_until
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
from tokometer.records import now_us, to_datetime, to_us

ROLLUP: Final[dict[str, str]] = {
    **{str(key): value for key, value in TYPES.items()},
    "money": WIDE_MONEY,
    "calls": "calls",
    "cells": "cells",
    "minute": "bitShiftLeft(toInt32(1), intDiv(toUnixTimestamp64Micro(started_at), 60000000) % 15)",
    "distinct_providers": "arraySort(groupUniqArray(parts.provider))",
    "distinct_models": "arraySort(groupUniqArray(parts.model))",
    "buckets": "arraySort(groupArray(toInt64(bucket)))",
    "numbers": "arrayMap(pair -> pair.2, arraySort(groupArray((bucket, toInt64(number)))))",
}
#: A mark still pending after this long belongs to a writer that died.
ABANDONED_US: Final = 600 * 1_000_000
#: What a mark is before its records are there, and after.
PENDING, READY = 0, 1
#: Quarter hours that one statement names.
_MOST_QUARTERS: Final = 2_000
_SPAN: Final = "quarter BETWEEN $first AND $last"
_MARKED: Final = "first_quarter BETWEEN $low AND $high"
_Query = Callable[..., list[tuple[Any, ...]]]


class ClickHouseSettling:
    """Settles one ledger, which it is given ways to ask, to command and to insert columns."""

    def __init__(
        self,
        lock: AbstractContextManager[Any],
        query: _Query,
        command: Callable[[str, Mapping[str, Any]], None],
        write: Callable[[str, Sequence[str], Sequence[Sequence[Any]]], None],
        next_version: Callable[[], int],
    ) -> None:
        self._lock = lock
        self._query = query
        self._command = command
        self._write = write
        self._next_version = next_version

    def settle(self) -> int:
        """Rebuild what is marked, and return how many quarter hours that were."""
        quarters, until = 0, self._close_days()
        for span in self._spans_of_quarters():
            with self._lock:
                quarters += self._settle_cells(span, until)
        counts = self._query("SELECT first_quarter, count() FROM dirty_sessions GROUP BY first_quarter")
        for span in slices(counts, MOST_SESSIONS):
            with self._lock:
                self._settle_sessions(span)
        return quarters

    def _spans_of_quarters(self) -> list[Span]:
        """The marked quarter hours, in whole days, so many calls at a time."""
        counts = self._query(
            "SELECT quarter, count() FROM calls WHERE quarter IN (SELECT quarter FROM dirty_quarters) GROUP BY quarter "
            "UNION ALL SELECT DISTINCT quarter, toUInt64(0) FROM dirty_quarters"
        )
        # The marked ones are named in a statement, which must not be too long.
        return slices(
            [(quarter, count + MOST_CALLS // _MOST_QUARTERS) for quarter, count in counts], MOST_CALLS, QUARTERS_PER_DAY
        )

    def _close_days(self) -> int:
        """Have the days counted that have come to their end since the last settle; the quarter hour after the last."""
        until = closed_until(now_us())
        stored = self._query(COUNTED_UNTIL_SQL)
        since = int(stored[0][0]) if stored else until
        if since < until:
            # One mark a day will do. They come first: a crash in between has a day counted twice.
            days = f"SELECT DISTINCT {DAY} FROM calls WHERE quarter >= $since AND quarter < $until"
            quarters = [quarter for (quarter,) in self._query(days, {"since": since, "until": until})]
            if quarters:
                count, version = len(quarters), self._next_version()
                marks: list[Sequence[Any]] = [
                    [uuid.uuid4()] * count,
                    [READY] * count,
                    [to_datetime(now_us())] * count,
                    [version] * count,
                ]
                self._write("dirty_quarters", ["quarter", "commit", "state", "at", "version"], [quarters, *marks])
        if since < until or not stored:
            values: list[Sequence[Any]] = [[COUNTED_UNTIL], [str(until)], [self._next_version()]]
            self._write("meta", ["key", "value", "version"], values)
        return max(since, until)

    def _settle_cells(self, span: Span, until: int) -> int:
        within = {"first": span.first, "last": span.last}
        marks = self._query(f"SELECT quarter, commit, state, at FROM dirty_quarters WHERE {_SPAN}", within)
        if not marks:
            return 0
        quarters = sorted({quarter for quarter, *_ in marks})
        values = {**within, "quarters": quarters, "version": self._next_version()}
        where = f"{_SPAN} AND quarter IN $quarters"
        self._rebuild(schema.CELLS, CELLS_FROM_CALLS.format(where=where, **ROLLUP), where, values)
        self._rebuild(schema.AVAILABILITY, AVAILABILITY_FROM_CALLS.format(where=where, **ROLLUP), where, values)
        values["quarters"] = sorted({quarter - quarter % 4 for quarter in quarters})
        where = f"{_SPAN} AND {HOUR} IN $quarters"
        self._rebuild(schema.HOURS, HOURS_FROM_CELLS.format(where=where, **ROLLUP), where, values)
        days = sorted({quarter - quarter % QUARTERS_PER_DAY for quarter in quarters if quarter < until})
        if days:
            values |= {"quarters": days, "first": days[0], "last": days[-1] + QUARTERS_PER_DAY - 1}
            where = f"{_SPAN} AND {DAY} IN $quarters"
            self._rebuild(schema.HISTOGRAMS, HISTOGRAMS_FROM_CALLS.format(where=where, **ROLLUP), where, values)
        self._clear("dirty_quarters", ("quarter",), marks)
        return len(quarters)

    def _settle_sessions(self, marked: Span) -> None:
        version = self._next_version()
        names = schema.DIRTY_SESSIONS.names
        within = {"low": marked.first, "high": marked.last}
        marks = self._query(f"SELECT {', '.join(names)}, commit, state, at FROM dirty_sessions WHERE {_MARKED}", within)
        if not marks:
            return
        keys = "(workspace, source, session_id)"
        dirty = f"{keys} IN (SELECT workspace, source, session_id FROM dirty_sessions WHERE {_MARKED})"
        [(first, last)] = self._query(
            f"SELECT min(intDiv(toUnixTimestamp(started_at), 900)), max(intDiv(toUnixTimestamp(ended_at), 900)) "
            f"FROM sessions WHERE {dirty}",
            within,
        )
        # Of no rows ClickHouse says 0, not NULL.
        first = min([mark[3] for mark in marks] + ([first] if first else []))
        last = max([mark[4] for mark in marks] + ([last] if last else []))
        rows = SESSIONS_FROM_CALLS.format(where=f"{_SPAN} AND {dirty}", **ROLLUP)
        self._rebuild(schema.SESSIONS, rows, dirty, {"first": first, "last": last, "version": version, **within})
        self._clear("dirty_sessions", names, marks)

    def _rebuild(self, table: schema.Table, rows: str, where: str, values: Mapping[str, Any]) -> None:
        """Write the rows that should be, and say of those that should not that they are gone, in one insert."""
        key = ", ".join(table.key)
        blank = ", ".join(name if name in table.key else f"{zero(table, name)} AS {name}" for name in table.names)
        names = ", ".join(table.names)
        self._command(
            f"INSERT INTO {table.name} ({names}, version, gone) "
            f"SELECT {names}, toUInt64($version), gone FROM ("
            f"SELECT {names}, 0 AS gone FROM ({rows}) "
            f"UNION ALL SELECT {blank}, 1 AS gone FROM {table.name} "
            f"WHERE {where} AND ({key}) NOT IN (SELECT {key} FROM ({rows})))",
            values,
        )

    def _clear(self, table: str, names: Sequence[str], marks: Sequence[tuple[Any, ...]]) -> None:
        """Take away the marks that were ready when the rebuild began, and those whose writer is long dead."""
        old = now_us() - ABANDONED_US
        done = [mark for mark in marks if mark[-2] == READY or to_us(mark[-1]) < old]
        if not done:
            return
        cleared = [*zip(*done, strict=True), [self._next_version()] * len(done), [True] * len(done)]
        self._write(table, [*names, "commit", "state", "at", "version", "gone"], cleared)
