"""Rebuilding the rollups of what commits have marked, beside the commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import Final

import duckdb

from tokometer.ledger.closed import COUNTED_UNTIL, COUNTED_UNTIL_SQL, QUARTERS_PER_DAY, closed_until
from tokometer.ledger.duckdb.rebuild import DIRTY, ROLLUP, Rebuild
from tokometer.ledger.duckdb.transaction import transaction
from tokometer.ledger.protocol import Unsettled
from tokometer.ledger.schema import AVAILABILITY, CELLS, HISTOGRAMS, HOURS, SESSIONS
from tokometer.ledger.slices import MOST_CALLS, MOST_SESSIONS, Span, slices
from tokometer.ledger.statements import DAY
from tokometer.ledger.unsettled import UNSETTLED_SQL, SetAside, in_parts, is_of_a_part
from tokometer.records import now_us, to_us
from tokometer.records.redaction import redacted

__all__ = ["ROLLUP", "Settling"]

#: What has rows of a quarter hour, or of the hour and the day that it is in.
_OF_QUARTERS: Final = (CELLS.name, AVAILABILITY.name, HOURS.name, HISTOGRAMS.name)
#: So few quarter hours, as after a commit, need not be counted through to see whether they are too much at once.
_FEW: Final = 8
#: How long a settle that is under way gets before it is interrupted at the end, and again (seconds).
_TURN: Final = 0.2
#: Of a session's id in a reason.
_LONGEST_NAME: Final = 80


class Settling:
    """Settles one ledger's file, on a cursor of its own. Thread-safe.

    Commits go on meanwhile: a settle works on what its transaction saw at its beginning, and takes away only the marks
    that it saw. Whoever commits later adds marks, which stay. The two never write the same rows: a commit adds marks
    and changes records, a settle deletes marks and changes rollups; and two settles never overlap. Much work, as after
    a migration, is done in transactions of bounded size, the newest quarter hours first. What cannot be settled is set
    aside (:mod:`tokometer.ledger.unsettled`).
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
        self._aside = SetAside(self._noted())

    @property
    def unsettled(self) -> tuple[Unsettled, ...]:
        """What is set aside."""
        return self._aside.rows

    def mark(self) -> None:
        """Say that there are marks to look at. To be called after they are durable."""
        self._dirty = True

    def settle(self) -> int:
        """Rebuild what is marked, and return how many quarter hours that were. What cannot be is set aside.

        What was committed before the call is settled after it. So one that comes while another works waits for it; of
        many that wait, one works for all.
        """
        asked = self._begun
        with self._lock:
            due = self._aside.due()
            if not (self._dirty or due) or self._done > asked or self._closed.is_set():
                return 0
            self._begun += 1
            # Before the transaction's view is taken: what is committed from here on sets it again.
            self._dirty = False
            try:
                quarters = self._settle(due)
            except BaseException:
                # A rebuild that failed must be tried again.
                self._dirty = True
                raise
            self._done = self._begun
        return quarters

    @contextmanager
    def held(self) -> Iterator[None]:
        """While it is open, nothing is settled; waits for a settle that is under way."""
        with self._lock:
            yield

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

    # -- what is marked ----------------------------------------------------------------------------------------

    def _settle(self, due: list[Unsettled]) -> int:
        quarters = 0
        self._close_days()
        for span, marked in zip_longest(self._spans_of_quarters(), self._spans_of_sessions()):
            try:
                with transaction(self._cursor, self._path):
                    done = self._settle_cells(span) if span else 0
                    if marked:
                        self._settle_sessions(marked)
            except Exception as error:
                if not is_of_a_part(error):
                    raise
                done = self._cells_in_parts(span) if span else 0
                if marked:
                    self._sessions_in_parts(marked)
            quarters += done
        return quarters + self._try_again(due) if due else quarters

    def _settle_cells(self, within: Span) -> int:
        rebuild, aside = Rebuild(self._cursor), self._aside.quarters(CELLS.name)
        count, span = rebuild.cells(within, aside)
        if span is not None:
            rebuild.histograms(span, self._counted_until, self._uncounted())
            rebuild.unmark(span, aside)
        return count

    def _settle_sessions(self, marked: Span) -> None:
        Rebuild(self._cursor).sessions(marked, but=list(self._aside.sessions))

    # -- what cannot be settled --------------------------------------------------------------------------------

    def _cells_in_parts(self, span: Span) -> int:
        marked = self._cursor.execute(
            "SELECT DISTINCT quarter FROM dirty_quarters WHERE quarter BETWEEN $first AND $last ORDER BY quarter",
            span._asdict(),
        ).fetchall()
        aside = self._aside.quarters(CELLS.name)

        def attempt(part: Span) -> int:
            with transaction(self._cursor, self._path):
                return self._settle_cells(part)

        return in_parts(
            [quarter for (quarter,) in marked if quarter not in aside], attempt, self._alone, self._all_aside
        )

    def _all_aside(self, quarters: list[int], error: Exception) -> None:
        """Set many aside that were not tried, because none of many others could be settled."""
        self._set_aside([self._aside.failed(CELLS.name, quarter, error) for quarter in quarters], quarters)

    def _alone(self, quarter: int, error: Exception) -> None:
        """Set aside what of a quarter hour cannot be settled: its cells, or what its day's histograms lack."""
        span, rebuild = Span(quarter, quarter), Rebuild(self._cursor)
        others = self._aside.quarters(CELLS.name) - {quarter}
        try:
            with transaction(self._cursor, self._path):
                rebuild.cells(span, others)
        except Exception as of_cells:
            if not is_of_a_part(of_cells):
                raise
            self._set_aside([self._aside.failed(CELLS.name, quarter, of_cells)], [quarter])
            return
        self._forget(CELLS.name, quarter)
        day = quarter - quarter % QUARTERS_PER_DAY
        rows: list[Unsettled] = []
        in_parts(
            range(day, day + QUARTERS_PER_DAY),
            lambda part: rebuild.count(part, self._uncounted()),
            lambda at, why: rows.append(self._aside.failed(HISTOGRAMS.name, at, why)),
        )
        if not rows:
            try:
                with transaction(self._cursor, self._path):
                    self._settle_cells(span)
            except Exception as of_histograms:
                if not is_of_a_part(of_histograms):
                    raise
                rows.append(self._aside.failed(HISTOGRAMS.name, quarter, error))
        if rows:
            self._set_aside(rows, [quarter])

    def _set_aside(self, rows: list[Unsettled], marked: list[int]) -> None:
        """Note what is set aside, and build what can be without it; else the hours, and the days' histograms go.

        All rows are of one rollup; `marked` are the quarter hours whose marks that deals with.
        """
        if not marked:
            return
        span, rebuild = Span(min(marked), max(marked)), Rebuild(self._cursor)
        of_cells = rows[0].rollup == CELLS.name

        def note(emptied: Sequence[str], *, rebuilt: bool) -> None:
            with transaction(self._cursor, self._path):
                for quarter in marked if emptied else ():
                    rebuild.empty(quarter, emptied)
                if rebuilt:
                    rebuild.hours(span)
                    rebuild.histograms(span, self._counted_until, self._uncounted())
                for row in rows:
                    rebuild.note(row)
                rebuild.unmark_all(marked)

        try:
            note((CELLS.name, AVAILABILITY.name) if of_cells else (), rebuilt=True)
        except Exception as error:
            if not is_of_a_part(error):
                raise
            note(_OF_QUARTERS if of_cells else (HISTOGRAMS.name,), rebuilt=False)

    def _sessions_in_parts(self, marked: Span) -> None:
        quarters = self._cursor.execute(
            "SELECT DISTINCT first_quarter FROM dirty_sessions WHERE first_quarter BETWEEN $first AND $last "
            "ORDER BY first_quarter",
            marked._asdict(),
        ).fetchall()

        def attempt(part: Span) -> int:
            with transaction(self._cursor, self._path):
                self._settle_sessions(part)
            return 1

        in_parts([quarter for (quarter,) in quarters], attempt, lambda quarter, _: self._one_by_one(quarter))

    def _one_by_one(self, quarter: int) -> None:
        """Find the sessions among those marked from a quarter hour on that cannot be settled."""
        marked = self._cursor.execute(
            "SELECT DISTINCT session_id FROM dirty_sessions WHERE first_quarter = $quarter ORDER BY session_id",
            {"quarter": quarter},
        ).fetchall()
        ids = [id_ for (id_,) in marked if id_ not in self._aside.sessions]
        rebuild = Rebuild(self._cursor)

        def attempt(part: Span) -> int:
            with transaction(self._cursor, self._path):
                rebuild.sessions(Span(quarter, quarter), only=ids[part.first : part.last + 1])
            return 1

        def alone(place: int, error: Exception) -> None:
            name = redacted(ids[place], _LONGEST_NAME)
            (first,) = rebuild.one("SELECT min(quarter) FROM calls WHERE session_id = $id", {"id": ids[place]})
            row = self._aside.failed(SESSIONS.name, quarter if first is None else first, error, f"session {name}: ")
            self._aside.sessions[ids[place]] = row.quarter
            with transaction(self._cursor, self._path):
                rebuild.without_session(ids[place])
                rebuild.note(row)

        in_parts(range(len(ids)), attempt, alone)

    def _try_again(self, due: list[Unsettled]) -> int:
        """Try what was set aside, each by itself. Returns how many quarter hours could be settled."""
        rebuild, done = Rebuild(self._cursor), 0
        with transaction(self._cursor, self._path):
            rebuild.mark(due, SESSIONS.name)
        of_sessions = {row.quarter for row in due if row.rollup == SESSIONS.name}
        if of_sessions:
            self._aside.sessions = {name: at for name, at in self._aside.sessions.items() if at not in of_sessions}
            low, high = rebuild.one("SELECT min(first_quarter), max(first_quarter) FROM dirty_sessions")
            if low is not None:
                self._sessions_in_parts(Span(low, high))
            for quarter in of_sessions.difference(self._aside.sessions.values()):
                self._forget(SESSIONS.name, quarter)
        for quarter in sorted({row.quarter for row in due if row.rollup != SESSIONS.name}):
            span = Span(quarter, quarter)
            try:
                with transaction(self._cursor, self._path):
                    rebuild.cells(span, self._aside.quarters(CELLS.name) - {quarter})
                    rebuild.histograms(span, self._counted_until, self._uncounted() - {quarter})
                    rebuild.unmark(span)
            except Exception as error:
                if not is_of_a_part(error):
                    raise
                self._alone(quarter, error)
            else:
                done += 1
                self._forget(CELLS.name, quarter)
                self._forget(HISTOGRAMS.name, quarter)
        return done

    def _forget(self, rollup: str, quarter: int) -> None:
        if self._aside.settled(rollup, quarter):
            with transaction(self._cursor, self._path):
                Rebuild(self._cursor).forget(rollup, quarter)

    def _uncounted(self) -> frozenset[int]:
        """Quarter hours that no histogram counts."""
        return self._aside.quarters(CELLS.name, HISTOGRAMS.name)

    def _noted(self) -> Iterator[Unsettled]:
        # A ledger of an older schema that is only read has no such table.
        with suppress(duckdb.CatalogException):
            for rollup, quarter, reason, since in self._cursor.execute(UNSETTLED_SQL).fetchall():
                yield Unsettled(rollup, quarter, reason, to_us(since))

    # -- what there is to do -----------------------------------------------------------------------------------

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
        count, first, last = Rebuild(self._cursor).one(
            "SELECT count(DISTINCT quarter), min(quarter), max(quarter) FROM dirty_quarters"
        )
        if not count:
            return []
        if count <= _FEW:
            return [Span(first, last)]
        counts = self._cursor.execute(
            f"SELECT quarter, count(*) FROM calls WHERE {DIRTY} GROUP BY quarter "
            "UNION ALL SELECT DISTINCT quarter, 0 FROM dirty_quarters",
            {"first": first, "last": last},
        ).fetchall()
        return slices(counts, MOST_CALLS, QUARTERS_PER_DAY)

    def _spans_of_sessions(self) -> list[Span]:
        """The marked sessions, so many at a time, by the quarter hours that their marks begin with."""
        counts = "SELECT first_quarter, count(*) FROM dirty_sessions GROUP BY first_quarter"
        return slices(self._cursor.execute(counts).fetchall(), MOST_SESSIONS)
