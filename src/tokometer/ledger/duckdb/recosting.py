"""Re-costing in DuckDB: what calls would cost is put beside what they cost, slice by slice; then columns change places.

Work is done on a cursor of its own. A slice is priced beside everybody else's work, and only written under the lock of
whoever it could collide with: the writer for calls, a settle for rollups. Renaming columns takes no time however many
rows there are, is one transaction, and puts what was there before beside what is there now.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Final

import duckdb
import msgspec

from tokometer.ledger.duckdb import beside
from tokometer.ledger.duckdb.beside import COUNTED, KNOWN, OF_CELLS, OF_SESSIONS
from tokometer.ledger.duckdb.commits import put
from tokometer.ledger.duckdb.instance import Instance
from tokometer.ledger.duckdb.pricing import price_slice, scope_terms, take_rates
from tokometer.ledger.duckdb.rebuild import ROLLUP
from tokometer.ledger.duckdb.room import Room
from tokometer.ledger.duckdb.transaction import transaction
from tokometer.ledger.pricing import CHANGES
from tokometer.ledger.protocol import LedgerError, LedgerUnavailable, Statement
from tokometer.ledger.recosting import LAST, Found, Last, Prices, Progress, Scope, alone, cannot_undo
from tokometer.ledger.schema import CELL_DIMENSIONS, CELL_SUMS, HOURS
from tokometer.ledger.slices import Span, slices
from tokometer.ledger.statements import CELLS_FROM_CALLS, HOUR
from tokometer.records import now_us
from tokometer.records.time import QUARTER_US

if TYPE_CHECKING:
    from tokometer.ledger.duckdb.ledger import DuckDBLedger

#: Calls of a slice: what is written of them at once fits the memory, and holds up others for a fraction of a second.
MOST_CALLS: Final = 250_000
#: What a call and what is beside it may take in log and file together.
_CALL_BYTES: Final = 90
_SPARE_BYTES: Final = 64_000_000
_TRIES: Final = 3
_SLICE: Final = "quarter BETWEEN $first AND $last"
_BESIDE_CALLS: Final = (
    "(SELECT workspace, quarter, source, provider, model, operation, status, agent, project, user, team, api_key, "
    "environment, label_set, session_id, input_tokens, cache_read_tokens, cache_write_5m_tokens, "
    "cache_write_1h_tokens, cache_write_unknown_tokens, output_tokens, unsplit_tokens, {cost} AS cost_usd, "
    "{basis} AS price_basis "
    f"FROM calls WHERE {_SLICE}) AS calls"
).format(
    cost=f"CASE WHEN {KNOWN} THEN {beside.beside('cost_usd')} ELSE cost_usd END",
    basis=f"CASE WHEN {KNOWN} THEN {beside.beside('price_basis')} ELSE price_basis END",
)


def _sums(names: dict[str, str]) -> str:
    return ", ".join(f"CAST({CELL_SUMS[name][1]} AS {type_}) AS {name}" for name, type_ in names.items())


def _key(names: tuple[str, ...], table: str) -> str:
    return " AND ".join(f"{table}.{name} = n.{name}" for name in names)


def _set(names: dict[str, str]) -> str:
    return ", ".join(f"{beside.beside(name)} = n.{name}" for name in names)


#: The statement of `ledger.statements`, with the sums of costs only.
_CELLS: Final = (
    "SELECT "
    + CELLS_FROM_CALLS[len("SELECT ") : CELLS_FROM_CALLS.index("CAST(count(*)")]
    + _sums(OF_CELLS)
    + CELLS_FROM_CALLS[CELLS_FROM_CALLS.index(" FROM {calls}") :].replace("{calls} LEFT", "{from_calls} LEFT")
).format(**{**ROLLUP, "from_calls": _BESIDE_CALLS, "where": "1 = 1"})
_NEW_CELLS: Final = f"CREATE OR REPLACE TEMP TABLE new_cells AS {_CELLS}"
_PUT_CELLS: Final = (
    f"UPDATE cells SET {_set(OF_CELLS)}, {KNOWN} = true FROM new_cells n "
    f"WHERE cells.{_SLICE} AND {_key(CELL_DIMENSIONS, 'cells')}"
)
_HOUR_KEY: Final = ", ".join(f"{HOUR} AS quarter" if name == "quarter" else name for name in HOURS.key)
_PUT_HOURS: Final = (
    f"UPDATE hours SET {_set(OF_CELLS)}, {KNOWN} = true FROM (SELECT {_HOUR_KEY}, "
    + ", ".join(f"CAST(sum({beside.beside(name)}) AS {type_}) AS {name}" for name, type_ in OF_CELLS.items())
    + f", bool_and(coalesce({KNOWN}, false)) AS whole FROM cells WHERE {_SLICE} GROUP BY ALL) AS n "
    f"WHERE n.whole AND hours.{_SLICE} AND {_key(HOURS.key, 'hours')}"
)
_SESSION_KEY: Final = ("workspace", "source", "session_id")
_NEW_SESSIONS: Final = (
    f"CREATE OR REPLACE TEMP TABLE new_sessions AS SELECT {', '.join(_SESSION_KEY)}, count(*) AS requests, "
    f"{_sums(OF_SESSIONS)} FROM {_BESIDE_CALLS} WHERE session_id <> '' GROUP BY ALL"
)
_PUT_SESSIONS: Final = (
    "UPDATE sessions SET "
    + ", ".join(f"{beside.beside(name)} = {beside.beside(name)} + n.{name}" for name in OF_SESSIONS)
    + f", {COUNTED} = {COUNTED} + n.requests FROM new_sessions n WHERE {_key(_SESSION_KEY, 'sessions')}"
)
_NO_SESSIONS: Final = (
    "UPDATE sessions SET " + ", ".join(f"{beside.beside(name)} = 0" for name in OF_SESSIONS) + f", {COUNTED} = 0"
)
#: A call whose cost changes gets it beside it; what came in between is left alone.
_PUT_CHANGED: Final = (
    "UPDATE calls SET beside_cost_usd = coalesce(calls.cost_reported, p.becomes), "
    "beside_cost_priced = CASE WHEN calls.cost_reported IS NULL THEN NULL ELSE p.becomes END, "
    "beside_price_version = CASE WHEN p.becomes IS NULL THEN '' ELSE $version END, beside_price_basis = p.basis, "
    f"{KNOWN} = true FROM priced p WHERE calls.{_SLICE} AND calls.rowid = p.r AND {CHANGES}"
)


class DuckDBRecosting:
    """See :class:`tokometer.ledger.recosting.Recosting`."""

    def __init__(self, ledger: DuckDBLedger) -> None:
        self._ledger = ledger
        self._busy = threading.Lock()
        self._room = Room(ledger.path)

    @property
    def last(self) -> Last | None:
        """See :attr:`tokometer.ledger.recosting.Recosting.last`."""
        with self._ledger.opened() as instance:
            rows = instance.fetch(Statement("SELECT value FROM meta WHERE key = $key", {"key": LAST}))
        return msgspec.json.decode(rows[0][0], type=Last) if rows else None

    def room(self) -> tuple[int, int]:
        """See :meth:`tokometer.ledger.recosting.Recosting.room`."""
        with self._ledger.opened() as instance:
            # To the last row: a result that is not read to its end holds its transaction open, and with it checkpoints.
            [(count,)] = instance.fetch(Statement("SELECT count(*) FROM calls"))
        return int(count) * _CALL_BYTES + _SPARE_BYTES, self._room.free_bytes

    def preview(self, scope: Scope, prices: Prices, progress: Progress) -> Found:
        """See :meth:`tokometer.ledger.recosting.Recosting.preview`."""
        found = Found()
        with self._ledger.opened() as instance, _cursor(instance) as cursor:
            take_rates(cursor, scope, prices)
            spans, all_ = _spans(cursor, scope)
            done = 0
            for span, part, count in spans:
                with transaction(cursor, instance.path):
                    found.add(price_slice(cursor, *span, scope, prices, part))
                done += count
                progress(done, all_)
        return found

    def apply(self, id_: str, scope: Scope, prices: Prices, progress: Progress) -> Found:
        """See :meth:`tokometer.ledger.recosting.Recosting.apply`."""
        with alone(self._busy):
            return self._apply(id_, scope, prices, progress)

    def _apply(self, id_: str, scope: Scope, prices: Prices, progress: Progress) -> Found:
        found = Found()
        self._begin(id_)
        try:
            with self._ledger.opened() as instance, _cursor(instance) as cursor:
                take_rates(cursor, scope, prices)
                spans, all_ = _spans(cursor, Scope())
                done, first, last = 0, scope.since // QUARTER_US, scope.until // QUARTER_US
                for span, part, count in spans:
                    inside = span.last >= first and span.first <= last
                    found.add(self._put_calls(instance, cursor, span, part, (scope, prices) if inside else None))
                    self._make_room_in_memory()
                    done += count
                    progress(done, 2 * all_)
                self._put_rollups(instance, cursor, progress)
                self._switch(instance, Last(id=id_, state="applied", at=now_us(), calls=found.changed + found.marked))
        except BaseException:
            self._note(Last(id=id_, state="dropped", at=now_us()))
            raise
        return found

    def undo(self, id_: str, progress: Progress) -> int:
        """See :meth:`tokometer.ledger.recosting.Recosting.undo`."""
        with alone(self._busy):
            return self._undo(id_, progress)

    def _undo(self, id_: str, progress: Progress) -> int:
        last = self.last
        if last is None or last.id != id_ or last.state != "applied":
            raise LedgerError(cannot_undo(last, id_))
        with self._ledger.opened() as instance, _cursor(instance) as cursor:
            if not beside.is_there(cursor):
                raise LedgerError("what was there before is gone: the ledger was repaired or copied since")
            spans, all_ = _spans(cursor, Scope())
            done = 0
            for span, part, count in spans:
                self._put_calls(instance, cursor, span, part, None, only_unknown=True)
                self._make_room_in_memory()
                done += count
                progress(done, 2 * all_)
            self._put_rollups(instance, cursor, progress)
            self._switch(instance, Last(id=id_, state="undone", at=now_us(), calls=last.calls))
        return last.calls

    # -- beside ------------------------------------------------------------------------------------------------

    def _begin(self, id_: str) -> None:
        need, free = self.room()
        if free < need:
            raise LedgerUnavailable(
                f"re-costing may need {need / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free: make room first", 60
            )
        with self._ledger.writing() as instance, instance.settling.held():
            if not beside.is_there(instance.connection):
                for statement in beside.make():
                    with transaction(instance.connection, instance.path):
                        instance.connection.execute(statement)
                    instance.write_what_is_in_memory()
        self._note(Last(id=id_, state="staging", at=now_us()))

    def _make_room_in_memory(self) -> None:
        """Put into the file what updates keep in memory until then, where it is much: it cannot be spilled."""
        with self._ledger.writing() as instance:
            instance.write_what_is_in_memory()

    def _note(self, last: Last) -> None:
        with self._ledger.writing() as instance, transaction(instance.connection, instance.path):
            put(instance.connection, LAST, msgspec.json.encode(last).decode())

    def _put_calls(
        self,
        instance: Instance,
        cursor: duckdb.DuckDBPyConnection,
        span: Span,
        part: str,
        priced: tuple[Scope, Prices] | None,
        *,
        only_unknown: bool = False,
    ) -> Found:
        """Put beside the calls of a slice what they would cost: what they do, but for those that are priced anew."""
        fill = beside.fill("calls")
        differs = beside.unknown("calls") if only_unknown else fill.differs
        where = f"calls.{_SLICE} AND {part} AND {differs}"
        found = Found()

        def work() -> None:
            nonlocal found
            found = Found()
            if priced is not None:
                found = price_slice(cursor, *span, *priced, part)

        def write() -> None:
            rest = where
            if found.changed or found.marked:
                assert priced is not None
                cursor.execute(_PUT_CHANGED, {**span._asdict(), "version": priced[1].version})
                rest += f" AND calls.rowid NOT IN (SELECT r FROM priced WHERE {CHANGES})"
            cursor.execute(f"UPDATE calls SET {fill.assignments} WHERE {rest}", span._asdict())

        self._in_turn(instance, cursor, work, write, self._ledger.lock)
        return found

    def _put_rollups(self, instance: Instance, cursor: duckdb.DuckDBPyConnection, progress: Progress) -> None:
        """Put beside the rollups what they would say, slice by slice."""
        held = instance.settling.held

        def begin() -> None:
            cursor.execute(_NO_SESSIONS)

        self._in_turn(instance, cursor, lambda: None, begin, held())
        spans, all_ = _spans(cursor, Scope(), least=4)
        done = 0
        for span, _, count in spans:
            slice_ = span._asdict()

            def work(slice_: dict[str, int] = slice_) -> None:
                cursor.execute(_NEW_CELLS, slice_)
                cursor.execute(_NEW_SESSIONS, slice_)

            def write(slice_: dict[str, int] = slice_) -> None:
                cursor.execute(_PUT_CELLS, slice_)
                cursor.execute(_PUT_HOURS, slice_)
                cursor.execute(_PUT_SESSIONS)

            self._in_turn(instance, cursor, work, write, held())
            self._make_room_in_memory()
            done += count
            progress(all_ + done, 2 * all_)

    def _in_turn(
        self,
        instance: Instance,
        cursor: duckdb.DuckDBPyConnection,
        work: Callable[[], None],
        write: Callable[[], None],
        lock: AbstractContextManager[Any],
    ) -> None:
        """Do one transaction: work beside others, and write while the lock keeps out those who write the same rows.

        Where one of them has written in between, all of it is done again under the lock.
        """
        try:
            cursor.begin()
            work()
            with lock:
                write()
                cursor.commit()
        except duckdb.TransactionException:
            cursor.rollback()
        except BaseException:
            _roll_back(cursor)
            raise
        else:
            return
        with lock, transaction(cursor, instance.path):
            work()
            write()

    # -- changing places ---------------------------------------------------------------------------------------

    def _switch(self, instance: Instance, last: Last) -> None:
        """Let what is beside and what is there change places."""
        with self._ledger.writing(), instance.settling.held():
            connection = instance.connection
            with transaction(connection, instance.path):
                for statement in _of_what_came_since():
                    connection.execute(statement)
            with transaction(connection, instance.path):
                for statement in beside.change_places():
                    connection.execute(statement)
                put(connection, LAST, msgspec.json.encode(last).decode())
        instance.settling.mark()


def _of_what_came_since() -> Iterator[str]:
    """Calls that came since keep what they cost; rollups that were built since are marked, and keep it until then."""
    yield f"UPDATE calls SET {beside.fill('calls').assignments} WHERE {beside.unknown('calls')}"
    for table in ("cells", "hours"):
        yield f"INSERT INTO dirty_quarters SELECT DISTINCT quarter FROM {table} WHERE {beside.unknown(table)}"
        yield f"UPDATE {table} SET {beside.fill(table).assignments} WHERE {beside.unknown(table)}"
    whole = f"{COUNTED} IS NOT DISTINCT FROM requests"
    yield (
        "INSERT INTO dirty_sessions SELECT workspace, source, session_id, "
        f"epoch_us(started_at) // {QUARTER_US}, epoch_us(ended_at) // {QUARTER_US} FROM sessions WHERE NOT ({whole})"
    )
    yield f"UPDATE sessions SET {beside.fill('sessions').assignments} WHERE NOT ({whole})"


def _spans(cursor: duckdb.DuckDBPyConnection, scope: Scope, least: int = 1) -> tuple[list[tuple[Span, str, int]], int]:
    """The slices that hold all calls in scope, each with a condition for its part of them, and how many they have."""
    where, bound = scope_terms(scope)
    counts = cursor.execute(f"SELECT quarter, count(*) FROM calls WHERE {where} GROUP BY quarter", bound).fetchall()
    spans: list[tuple[Span, str, int]] = []
    for span in slices(counts, MOST_CALLS, least):
        count = sum(count for quarter, count in counts if span.first <= quarter <= span.last)
        parts = 1 if least > 1 else -(-count // (2 * MOST_CALLS))
        spans += [
            (span, f"calls.rowid % {parts} = {part}" if parts > 1 else "1 = 1", count // parts) for part in range(parts)
        ]
    return spans, sum(count for _, _, count in spans)


@contextmanager
def _cursor(instance: Instance) -> Iterator[duckdb.DuckDBPyConnection]:
    cursor = instance.another()
    try:
        yield cursor
    finally:
        cursor.close()


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.rollback()
    except duckdb.Error:
        return
