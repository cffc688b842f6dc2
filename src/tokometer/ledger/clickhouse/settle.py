"""Rebuilding the rollups of what commits have marked, on ClickHouse.

What is marked is rebuilt and then said to be clean, in that order: a crash in between has it rebuilt again. What cannot
be rebuilt is set aside (:mod:`tokometer.ledger.unsettled`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from tokometer.ledger import schema
from tokometer.ledger.clickhouse.rebuild import ROLLUP, SPAN, Query, Rebuild
from tokometer.ledger.closed import COUNTED_UNTIL, COUNTED_UNTIL_SQL, QUARTERS_PER_DAY, closed_until
from tokometer.ledger.protocol import Unsettled
from tokometer.ledger.schema import CELLS, HISTOGRAMS, SESSIONS
from tokometer.ledger.slices import MOST_CALLS, MOST_SESSIONS, Span, slices
from tokometer.ledger.statements import DAY
from tokometer.ledger.unsettled import UNSETTLED_SQL, SetAside, in_parts, is_of_a_part
from tokometer.records import now_us, to_datetime, to_us
from tokometer.records.redaction import redacted

__all__ = ["ABANDONED_US", "PENDING", "READY", "ROLLUP", "ClickHouseSettling"]

#: A mark still pending after this long belongs to a writer that died.
ABANDONED_US: Final = 600 * 1_000_000
#: What a mark is before its records are there, and after.
PENDING, READY = 0, 1
#: Quarter hours that one statement names.
_MOST_QUARTERS: Final = 2_000
#: Of a session's id in a reason.
_LONGEST_NAME: Final = 80
_MARKED: Final = "first_quarter BETWEEN $low AND $high"
_OF_QUARTERS: Final = (schema.CELLS, schema.AVAILABILITY, schema.HOURS, schema.HISTOGRAMS)


class ClickHouseSettling:
    """Settles one ledger, which it is given ways to ask, to command and to insert columns."""

    def __init__(
        self,
        lock: AbstractContextManager[Any],
        query: Query,
        command: Callable[[str, Mapping[str, Any]], None],
        write: Callable[[str, Sequence[str], Sequence[Sequence[Any]]], None],
        next_version: Callable[[], int],
    ) -> None:
        self._lock = lock
        self._query = query
        self._write = write
        self._next_version = next_version
        self._rebuild = Rebuild(query, command, next_version)
        self._aside: SetAside | None = None
        self._until = 0

    @property
    def unsettled(self) -> tuple[Unsettled, ...]:
        """What is set aside, as far as the last settle knew."""
        return self._known().rows

    def settle(self) -> int:
        """Rebuild what is marked, and return how many quarter hours that were. What cannot be is set aside."""
        with self._lock:
            aside = self._known()
            aside.refresh(self._noted())
        quarters, self._until = 0, self._close_days()
        due = aside.due()
        for span in self._spans_of_quarters(aside.quarters(CELLS.name)):
            with self._lock:
                quarters += self._cells_in_parts(span)
        counts = self._query("SELECT first_quarter, count() FROM dirty_sessions GROUP BY first_quarter")
        for span in slices(counts, MOST_SESSIONS):
            with self._lock:
                self._sessions_in_parts(span)
        if due:
            with self._lock:
                quarters += self._try_again(due)
        return quarters

    # -- quarter hours -----------------------------------------------------------------------------------------

    def _spans_of_quarters(self, aside: frozenset[int]) -> list[Span]:
        """The marked quarter hours, in whole days, so many calls at a time."""
        counts = self._query(
            "SELECT quarter, count() FROM calls WHERE quarter IN (SELECT quarter FROM dirty_quarters) GROUP BY quarter "
            "UNION ALL SELECT DISTINCT quarter, toUInt64(0) FROM dirty_quarters"
        )
        # The marked ones are named in a statement, which must not be too long.
        return slices(
            [(quarter, count + MOST_CALLS // _MOST_QUARTERS) for quarter, count in counts if quarter not in aside],
            MOST_CALLS,
            QUARTERS_PER_DAY,
        )

    def _close_days(self) -> int:
        """Have the days counted that have come to their end since the last settle; the quarter hour after the last."""
        until = closed_until(now_us())
        stored = self._query(COUNTED_UNTIL_SQL)
        since = int(stored[0][0]) if stored else until
        if since < until:
            # One mark a day will do. They come first: a crash in between has a day counted twice.
            days = f"SELECT DISTINCT {DAY} FROM calls WHERE quarter >= $since AND quarter < $until"
            self._mark_quarters([quarter for (quarter,) in self._query(days, {"since": since, "until": until})])
        if since < until or not stored:
            values: list[Sequence[Any]] = [[COUNTED_UNTIL], [str(until)], [self._next_version()]]
            self._write("meta", ["key", "value", "version"], values)
        return max(since, until)

    def _cells_in_parts(self, span: Span) -> int:
        marks = self._query(f"SELECT quarter, commit, state, at FROM dirty_quarters WHERE {SPAN}", span._asdict())
        aside = self._known().quarters(CELLS.name)
        marks = [mark for mark in marks if mark[0] not in aside]
        quarters = sorted({quarter for quarter, *_ in marks})

        def attempt(part: Span) -> int:
            some = [quarter for quarter in quarters if part.first <= quarter <= part.last]
            self._rebuild.cells(some)
            self._rebuild.histograms(some, self._until, self._uncounted())
            return len(some)

        done = in_parts(quarters, attempt, self._alone, self._all_aside)
        self._clear("dirty_quarters", ("quarter",), marks)
        return done

    def _all_aside(self, quarters: list[int], error: Exception) -> None:
        """Set many aside that were not tried, because none of many others could be settled."""
        self._set_aside([self._known().failed(CELLS.name, quarter, error) for quarter in quarters], quarters)

    def _alone(self, quarter: int, error: Exception) -> None:
        """Set aside what of a quarter hour cannot be settled: its cells, or what its day's histograms lack."""
        aside, rows = self._known(), list[Unsettled]()
        try:
            self._rebuild.cells([quarter])
        except Exception as of_cells:
            if not is_of_a_part(of_cells):
                raise
            self._set_aside([aside.failed(CELLS.name, quarter, of_cells)], [quarter])
            return
        self._forget(CELLS.name, quarter)
        day = quarter - quarter % QUARTERS_PER_DAY
        in_parts(
            range(day, day + QUARTERS_PER_DAY),
            lambda part: self._rebuild.count(part, self._uncounted()),
            lambda at, why: rows.append(aside.failed(HISTOGRAMS.name, at, why)),
        )
        if not rows:
            try:
                self._rebuild.histograms([quarter], self._until, self._uncounted())
            except Exception as of_histograms:
                if not is_of_a_part(of_histograms):
                    raise
                rows.append(aside.failed(HISTOGRAMS.name, quarter, error))
        if rows:
            self._set_aside(rows, [quarter])

    def _set_aside(self, rows: list[Unsettled], marked: list[int]) -> None:
        """Note what is set aside, and build what can be without it; else the hours, and the days' histograms go.

        All rows are of one rollup; `marked` are the quarter hours whose marks that deals with.
        """
        if not marked:
            return
        of_cells = rows[0].rollup == CELLS.name
        for row in rows:
            self._note(row)
        try:
            for quarter in marked if of_cells else ():
                self._rebuild.empty(quarter, (schema.CELLS, schema.AVAILABILITY))
            if of_cells:
                self._rebuild.hours(marked)
            self._rebuild.histograms(marked, self._until, self._uncounted())
        except Exception as error:
            if not is_of_a_part(error):
                raise
            for quarter in marked:
                self._rebuild.empty(quarter, _OF_QUARTERS if of_cells else (schema.HISTOGRAMS,))

    # -- sessions ----------------------------------------------------------------------------------------------

    def _sessions_in_parts(self, marked: Span) -> None:
        names = schema.DIRTY_SESSIONS.names
        within = {"low": marked.first, "high": marked.last}
        marks = self._query(f"SELECT {', '.join(names)}, commit, state, at FROM dirty_sessions WHERE {_MARKED}", within)
        aside = self._known()
        marks = [mark for mark in marks if mark[2] not in aside.sessions]
        ids = sorted({mark[2] for mark in marks})

        def attempt(part: Span) -> int:
            some = ids[part.first : part.last + 1]
            self._settle_sessions([mark for mark in marks if mark[2] in set(some)], within, some, all_=some == ids)
            return 1

        def alone(place: int, error: Exception) -> None:
            [(quarter,)] = self._query("SELECT min(quarter) FROM calls WHERE session_id = $id", {"id": ids[place]})
            row = aside.failed(SESSIONS.name, quarter, error, f"session {redacted(ids[place], _LONGEST_NAME)}: ")
            aside.sessions[ids[place]] = row.quarter
            self._note(row)
            self._rebuild.without_session(ids[place])

        in_parts(range(len(ids)), attempt, alone)
        self._clear("dirty_sessions", names, marks)

    def _settle_sessions(
        self, marks: Sequence[tuple[Any, ...]], within: Mapping[str, int], ids: Sequence[str], *, all_: bool
    ) -> None:
        values: dict[str, Any] = dict(within)
        dirty = (
            "(workspace, source, session_id) IN "
            f"(SELECT workspace, source, session_id FROM dirty_sessions WHERE {_MARKED})"
        )
        if not all_ or self._known().sessions:
            dirty, values = f"session_id IN $ids AND {dirty}", {**values, "ids": list(ids)}
        [(first, last)] = self._query(
            f"SELECT min(intDiv(toUnixTimestamp(started_at), 900)), max(intDiv(toUnixTimestamp(ended_at), 900)) "
            f"FROM sessions WHERE {dirty}",
            values,
        )
        # Of no rows ClickHouse says 0, not NULL.
        first = min([mark[3] for mark in marks] + ([first] if first else []))
        last = max([mark[4] for mark in marks] + ([last] if last else []))
        self._rebuild.sessions(dirty, values, first, last)

    # -- what was set aside ------------------------------------------------------------------------------------

    def _try_again(self, due: Sequence[Unsettled]) -> int:
        """Try what was set aside, each by itself. Returns how many quarter hours could be settled."""
        aside, done = self._known(), 0
        of_sessions = {row.quarter for row in due if row.rollup == SESSIONS.name}
        if of_sessions:
            aside.sessions = {name: at for name, at in aside.sessions.items() if at not in of_sessions}
            self._mark_sessions(sorted(of_sessions))
            [(low, high)] = self._query("SELECT min(first_quarter), max(first_quarter) FROM dirty_sessions")
            self._sessions_in_parts(Span(low, high))
            for quarter in of_sessions.difference(aside.sessions.values()):
                self._forget(SESSIONS.name, quarter)
        for quarter in sorted({row.quarter for row in due if row.rollup != SESSIONS.name}):
            marks = self._query(
                "SELECT quarter, commit, state, at FROM dirty_quarters WHERE quarter = $quarter", {"quarter": quarter}
            )
            try:
                self._rebuild.cells([quarter])
                self._rebuild.histograms([quarter], self._until, self._uncounted() - {quarter})
            except Exception as error:
                if not is_of_a_part(error):
                    raise
                self._alone(quarter, error)
            else:
                done += 1
                self._forget(CELLS.name, quarter)
                self._forget(HISTOGRAMS.name, quarter)
            self._clear("dirty_quarters", ("quarter",), marks)
        return done

    def _known(self) -> SetAside:
        if self._aside is None:
            self._aside = SetAside(self._noted())
        return self._aside

    def _noted(self) -> list[Unsettled]:
        return [
            Unsettled(rollup, quarter, reason, to_us(since))
            for rollup, quarter, reason, since in self._query(UNSETTLED_SQL)
        ]

    def _note(self, row: Unsettled, *, gone: bool = False) -> None:
        values = (*row[:3], to_datetime(row.since), self._next_version(), gone)
        self._write("unsettled", [*schema.UNSETTLED.names, "version", "gone"], [[value] for value in values])

    def _forget(self, rollup: str, quarter: int) -> None:
        if self._known().settled(rollup, quarter):
            self._note(Unsettled(rollup, quarter, "", 0), gone=True)

    def _uncounted(self) -> frozenset[int]:
        """Quarter hours that no histogram counts."""
        return self._known().quarters(CELLS.name, HISTOGRAMS.name)

    # -- marks -------------------------------------------------------------------------------------------------

    def _mark_quarters(self, quarters: Sequence[int]) -> None:
        if quarters:
            self._write("dirty_quarters", ["quarter", *_MARK], [quarters, *self._marks(len(quarters))])

    def _mark_sessions(self, quarters: Sequence[int]) -> None:
        rows = self._query(
            "SELECT workspace, source, session_id, min(quarter), max(quarter) FROM calls "
            "WHERE session_id IN (SELECT session_id FROM calls WHERE quarter IN $quarters) AND session_id <> '' "
            "GROUP BY workspace, source, session_id",
            {"quarters": list(quarters)},
        )
        if rows:
            columns = [*zip(*rows, strict=True), *self._marks(len(rows))]
            self._write("dirty_sessions", [*schema.DIRTY_SESSIONS.names, *_MARK], columns)

    def _marks(self, count: int) -> list[Sequence[Any]]:
        at, version = to_datetime(now_us()), self._next_version()
        return [[uuid.uuid4()] * count, [READY] * count, [at] * count, [version] * count]

    def _clear(self, table: str, names: Sequence[str], marks: Sequence[tuple[Any, ...]]) -> None:
        """Take away the marks that were ready when the rebuild began, and those whose writer is long dead."""
        old = now_us() - ABANDONED_US
        done = [mark for mark in marks if mark[-2] == READY or to_us(mark[-1]) < old]
        if not done:
            return
        cleared = [*zip(*done, strict=True), [self._next_version()] * len(done), [True] * len(done)]
        self._write(table, [*names, "commit", "state", "at", "version", "gone"], cleared)


_MARK: Final = ("commit", "state", "at", "version")
