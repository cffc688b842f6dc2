"""The embedded ledger: one DuckDB file, opened by one process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import duckdb

from tokometer.ledger import schema
from tokometer.ledger.arrow import arrow_table
from tokometer.ledger.audit import audit
from tokometer.ledger.commit import Change, learnt, plan
from tokometer.ledger.duckdb.failures import understood
from tokometer.ledger.duckdb.labels import all_sets, put_sets, roll_up, rolled_keys
from tokometer.ledger.duckdb.settle import ROLLUP, Settling
from tokometer.ledger.duckdb.shelf import DuckDBShelf
from tokometer.ledger.duckdb.transaction import transaction
from tokometer.ledger.duckdb.values import insertion, money
from tokometer.ledger.duckdb.versions import bring_up_to_date
from tokometer.ledger.labels import LabelSets
from tokometer.ledger.migrations import MIGRATIONS, Migration
from tokometer.ledger.noticed import Names
from tokometer.ledger.protocol import (
    Batch,
    Discrepancy,
    Engine,
    LedgerError,
    LedgerLocked,
    Receipt,
    Statement,
)
from tokometer.ledger.refused import refusal_rows
from tokometer.ledger.statements import OLD
from tokometer.records import Notice, Refusal, now_us, quarter_of, to_datetime

#: Enough for twenty million calls; DuckDB spills to disk beyond it.
MEMORY_LIMIT: Final = "384MB"
FILE_NAME: Final = "ledger.duckdb"
#: How long the log may grow under load. It is replayed when the file is opened after a crash: a second or so.
CHECKPOINT_THRESHOLD: Final = "64MB"
#: The same while much is being committed: below the size of a large commit, above that of many small ones.
BULK_THRESHOLD: Final = "4MB"
#: How much is tidied up in one rest, in DuckDB's own measure.
_VACUUM_TASKS: Final = 8
#: How long the log may stay when nothing happens.
_SHORT_LOG: Final = 2_000_000


class DuckDBLedger:
    """A ledger in one file. Use :func:`tokometer.ledger.opening.open_ledger` to get one.

    One thread writes at a time (a lock sees to it); any number read, each through a cursor of its own.
    """

    engine: Engine = "duckdb"

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        memory_limit: str = MEMORY_LIMIT,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._local = threading.local()
        self._closed = False
        #: How many are committing much at once.
        self._bulks = 0
        self._connection = _connect(path, read_only, memory_limit)
        self._shelf = DuckDBShelf(self._connection)
        self._labels = LabelSets(lambda: all_sets(self._connection))
        self._names = Names(self.fetch)
        try:
            if not read_only:
                bring_up_to_date(self._connection, path, migrations)
            self._labels.rolled = rolled_keys(self._connection)
            self._settling = Settling(self._connection, path)
        except BaseException:
            self._connection.close()
            raise

    # -- writing -----------------------------------------------------------------------------------------------

    def commit(self, batch: Batch) -> Receipt:
        """See :meth:`tokometer.ledger.protocol.Ledger.commit`. Durable when this returns."""
        with self._lock:
            admitted = self._labels.admit(batch)
            with self._transaction():
                put_sets(self._connection, admitted.rows)
                changes, receipt = plan(batch, self._shelf)
                more = learnt(changes)
                put_sets(self._connection, self._labels.admit_more(more, admitted))
                batch.notices.extend(more.notices)
                for change in changes:
                    self._carry_out(change)
                self._refuse(batch.refusals)
                self._notice(batch.notices)
                self._move(batch.cursors)
            self._labels.confirm(admitted)
            self._names.confirm()
        if "calls" in receipt.touched:
            self._settling.mark()
        return receipt

    def roll_up(self, keys: Iterable[str]) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.roll_up`."""
        chosen = frozenset(keys)
        with self._lock:
            if chosen == self._labels.rolled:
                return
            with self._transaction():
                roll_up(self._connection, self._labels.rolled_anew(chosen), chosen)
            self._labels.rolled = chosen
        self._settling.mark()

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """See :meth:`tokometer.ledger.protocol.Ledger.bulk`.

        One thread: the others cost a tenth of the processor's time and gain none where processes read beside it. And
        large commits go straight into the file: else they are written into the log, and from there at the end.
        """
        with self._lock:
            self._bulks += 1
            self._connection.execute("SET threads = 1")
            self._connection.execute(f"SET checkpoint_threshold = '{BULK_THRESHOLD}'")
        try:
            yield
        finally:
            with self._lock:
                self._bulks -= 1
                if not (self._bulks or self._closed):
                    self._connection.execute("RESET threads")
                    self._connection.execute(f"SET checkpoint_threshold = '{CHECKPOINT_THRESHOLD}'")

    def settle(self) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.settle`."""
        return self._settling.settle()

    def rest(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.rest`."""
        with self._lock:
            if self._closed or self._log_bytes() < _SHORT_LOG:
                return
            self._connection.execute(f"SET max_vacuum_tasks = {_VACUUM_TASKS}")
            try:
                with suppress(duckdb.TransactionException):  # somebody reads: next time
                    self._connection.execute("CHECKPOINT")
            finally:
                self._connection.execute("SET max_vacuum_tasks = 0")

    def forget(self, source: str, places: Iterable[str]) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.forget`."""
        with self._lock:
            self._connection.execute(
                "DELETE FROM cursors WHERE source = $source AND place IN (SELECT unnest($places))",
                {"source": source, "places": list(places)},
            )

    def prune(self, table: str, before: int) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.prune`."""
        sql = f"DELETE FROM {table} WHERE {OLD[table]}"
        with self._lock, self._transaction():
            gone = self._connection.execute(sql, {"before": to_datetime(before).replace(tzinfo=None)}).fetchone()
        if table == schema.NOTICES.name:
            self._names.forget()
        return int(gone[0]) if gone else 0

    def reprice(self, costs: Mapping[bytes, tuple[int | None, str, str]]) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.reprice`."""
        if not costs:
            return 0
        wanted = [
            schema.Column("id", "id"),
            schema.Column("cost", "money", True),
            schema.Column("version", "name"),
            schema.Column("basis", "name"),
        ]
        staged = arrow_table(wanted, [list(costs), *map(list, zip(*costs.values(), strict=True))])
        cost = money("s.cost")
        with self._lock, self._transaction(), self._registered("repriced", staged):
            changed = self._connection.execute(
                "CREATE OR REPLACE TEMP TABLE changed AS SELECT c.id, c.quarter, c.workspace, c.source, c.session_id, "
                f"{cost} AS cost, s.version, CASE WHEN c.cost_reported IS NULL THEN s.basis ELSE '' END AS basis "
                "FROM calls c JOIN repriced s ON c.id = s.id "
                "WHERE CASE WHEN c.cost_reported IS NULL THEN c.cost_usd ELSE c.cost_priced END "
                f"IS DISTINCT FROM {cost} OR c.price_version <> s.version "
                "OR (c.cost_reported IS NULL AND c.price_basis <> s.basis)"
            ).fetchone()
            self._connection.execute(
                "UPDATE calls SET cost_priced = CASE WHEN calls.cost_reported IS NULL THEN NULL ELSE n.cost END, "
                "cost_usd = coalesce(calls.cost_reported, n.cost), price_version = n.version, "
                "price_basis = n.basis "
                "FROM changed n WHERE calls.id = n.id"
            )
            self._connection.execute("INSERT INTO dirty_quarters SELECT DISTINCT quarter FROM changed")
            self._connection.execute(
                "INSERT INTO dirty_sessions SELECT workspace, source, session_id, min(quarter), max(quarter) "
                "FROM changed WHERE session_id <> '' GROUP BY ALL"
            )
        self._settling.mark()
        return int(changed[0]) if changed else 0

    # -- reading -----------------------------------------------------------------------------------------------

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """See :meth:`tokometer.ledger.protocol.Ledger.fetch`."""
        with understood(self.path):
            return self._cursor().execute(statement.sql, dict(statement.parameters)).fetchall()

    @property
    def rolled(self) -> frozenset[str]:
        """See :attr:`tokometer.ledger.protocol.Ledger.rolled`."""
        return self._labels.rolled

    def cursors(self, source: str) -> dict[str, bytes]:
        """See :meth:`tokometer.ledger.protocol.Ledger.cursors`."""
        rows = self.fetch(Statement("SELECT place, state FROM cursors WHERE source = $source", {"source": source}))
        return {place: bytes(state) for place, state in rows}

    def audit(self) -> Sequence[Discrepancy]:
        """See :meth:`tokometer.ledger.protocol.Ledger.audit`."""
        self.settle()
        return audit(self, ROLLUP, "IS DISTINCT FROM")

    def stats(self) -> dict[str, int]:
        """See :meth:`tokometer.ledger.protocol.Ledger.stats`."""
        counts = {
            table.name: int(self.fetch(Statement(f"SELECT count(*) FROM {table.name}"))[0][0])
            for table in schema.TABLES
        }
        counts["bytes"] = _size(self.path) + self._log_bytes()
        counts["schema_version"] = int(
            self.fetch(Statement("SELECT value FROM meta WHERE key = 'schema_version'"))[0][0]
        )
        return counts

    def close(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.close`. Writes the log into the file."""
        self._settling.close()
        with self._lock:
            if not self._closed:
                self._closed = True
                self._connection.close()

    # -- inside ------------------------------------------------------------------------------------------------

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            if self._closed:
                raise LedgerError("the ledger is closed")
            cursor = self._local.cursor = self._connection.cursor()
        return cursor

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._closed:
            raise LedgerError("the ledger is closed")
        with transaction(self._connection, self.path):
            yield

    @contextmanager
    def _registered(self, name: str, table: object) -> Iterator[None]:
        self._connection.register(name, table)
        try:
            yield
        finally:
            with suppress(duckdb.TransactionException):  # the error that aborted the transaction says more
                self._connection.unregister(name)

    def _carry_out(self, change: Change) -> None:
        table = change.table
        if change.taken:
            gone = arrow_table([schema.Column("id", "id")], [[record.id for record in change.taken]])
            stood = [quarter_of(record.started_at) for record in change.taken]
            where = f" AND quarter BETWEEN {min(stood):d} AND {max(stood):d}"
            self._over(gone, f"DELETE FROM {table.name} WHERE id IN (SELECT id FROM staged){where}")
        arriving = change.columns()
        if arriving:
            self._shelf.put(table, change.put, arriving[0])
            rows = insertion(table, arriving)
            self._over(rows.staged, rows.sql, rows.parameters)
        quarters = change.quarters()
        if quarters:
            marks = arrow_table(schema.DIRTY_QUARTERS.columns, [sorted(quarters)])
            self._over(marks, "INSERT INTO dirty_quarters SELECT * FROM staged")
        sessions = change.sessions()
        if sessions:
            marks = arrow_table(schema.DIRTY_SESSIONS.columns, list(zip(*sessions, strict=True)))
            self._over(marks, "INSERT INTO dirty_sessions SELECT * FROM staged")

    def _over(self, staged: object, sql: str, parameters: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Run SQL over an Arrow table, which DuckDB finds by the name of this parameter, `staged`.

        Registering it as a view instead would cost half a millisecond each time.
        """
        self._connection.execute(sql, parameters)

    def _refuse(self, refusals: Sequence[Refusal]) -> None:
        if not refusals:
            return
        rows = arrow_table(schema.REFUSALS.columns, refusal_rows(refusals))
        self._over(rows, "INSERT INTO refusals SELECT * FROM staged WHERE id NOT IN (SELECT id FROM refusals)")

    def _notice(self, notices: Sequence[Notice]) -> None:
        values = self._names.rows(notices)
        if not values:
            return
        rows = arrow_table(schema.NOTICES.columns, values)
        same = " AND ".join(f"notices.{name} = staged.{name}" for name in schema.NOTICES.key)
        self._over(
            rows,
            "UPDATE notices SET count = notices.count + staged.count, place = greatest(notices.place, staged.place), "
            "first_at = least(notices.first_at, staged.first_at), "
            f"latest_at = greatest(notices.latest_at, staged.latest_at) FROM staged WHERE {same}",
        )
        if self._names.any_new:
            missing = f"NOT EXISTS (SELECT 1 FROM notices WHERE {same})"
            self._over(rows, f"INSERT INTO notices SELECT * FROM staged WHERE {missing}")

    def _move(self, cursors: Mapping[tuple[str, str], bytes]) -> None:
        if not cursors:
            return
        now = now_us()
        moved = [(source, place, state, now) for (source, place), state in cursors.items()]
        rows = arrow_table(schema.CURSORS.columns, list(zip(*moved, strict=True)))
        self._over(rows, "DELETE FROM cursors WHERE (source, place) IN (SELECT (source, place) FROM staged)")
        self._over(rows, "INSERT INTO cursors SELECT * FROM staged")

    def _log_bytes(self) -> int:
        return _size(self.path.with_name(self.path.name + ".wal"))


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _connect(path: Path, read_only: bool, memory_limit: str) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return duckdb.connect(
            str(path),
            read_only=read_only,
            config={
                "memory_limit": memory_limit,
                "checkpoint_threshold": CHECKPOINT_THRESHOLD,
                # Commits wait for a checkpoint: a quarter of a second, if it only writes what is new, and up to two
                # where it also puts small row groups together and drops deleted rows. That is done in `rest`.
                "max_vacuum_tasks": "0",
                "preserve_insertion_order": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise LedgerLocked(
                f"{path} is open in another process (a running Tokometer server?): "
                "stop it, or use another --data folder"
            ) from error
        raise LedgerError(f"cannot open {path}: {error}") from error
