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
from tokometer.ledger.commit import Change, plan
from tokometer.ledger.duckdb_shelf import DuckDBShelf
from tokometer.ledger.duckdb_values import TYPES, insertion, money
from tokometer.ledger.migrations import MIGRATIONS, Migration, current_version, pending
from tokometer.ledger.protocol import (
    Batch,
    Discrepancy,
    Engine,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    Receipt,
    Refusal,
    Statement,
)
from tokometer.ledger.rows import columns, refusal_rows
from tokometer.ledger.statements import CELLS_FROM_CALLS, HISTOGRAMS_FROM_CALLS, SESSIONS_FROM_CALLS
from tokometer.records import now_us, quarter_of

_ROLLUP: Final[dict[str, str]] = {
    **{str(key): value for key, value in TYPES.items()},
    # Sums over all time must not overflow what one call cannot.
    "money": "DECIMAL(28,9)",
    "calls": "calls",
    "distinct_providers": "list_sort(list_distinct(list(calls.provider)))",
    "distinct_models": "list_sort(list_distinct(list(calls.model)))",
}
_DIRTY: Final = "quarter BETWEEN $first AND $last AND quarter IN (SELECT quarter FROM dirty_quarters)"
_DIRTY_SESSION: Final = (
    "EXISTS (SELECT 1 FROM dirty_sessions d WHERE d.session_id = {0}.session_id "
    "AND d.source = {0}.source AND d.workspace = {0}.workspace)"
)
#: Enough for twenty million calls; DuckDB spills to disk beyond it.
MEMORY_LIMIT: Final = "384MB"
FILE_NAME: Final = "ledger.duckdb"
#: How long the log may grow under load. It is replayed when the file is opened after a crash: a second or so.
CHECKPOINT_THRESHOLD: Final = "64MB"
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
        self._connection = _connect(path, read_only, memory_limit)
        self._shelf = DuckDBShelf(self._connection)
        try:
            if not read_only:
                self._migrate(migrations)
            self._dirty = bool(self._connection.execute("SELECT 1 FROM dirty_quarters LIMIT 1").fetchone())
        except BaseException:
            self._connection.close()
            raise

    # -- writing -----------------------------------------------------------------------------------------------

    def commit(self, batch: Batch) -> Receipt:
        """See :meth:`tokometer.ledger.protocol.Ledger.commit`. Durable when this returns."""
        with self._lock, self._transaction():
            changes, receipt = plan(batch, self._shelf)
            for change in changes:
                self._carry_out(change)
            self._refuse(batch.refusals)
            self._move(batch.cursors)
        self._dirty = self._dirty or "calls" in receipt.touched
        return receipt

    def settle(self) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.settle`."""
        if not self._dirty:
            return 0
        with self._lock:
            with self._transaction():
                quarters = self._settle_cells()
                self._settle_sessions()
            # Only once it is durable: a rebuild that failed must be tried again.
            self._dirty = False
        return quarters

    def rest(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.rest`."""
        with self._lock:
            if self._closed or self._log_bytes() < _SHORT_LOG:
                return
            with suppress(duckdb.TransactionException):  # somebody reads: next time
                self._connection.execute("CHECKPOINT")

    def forget(self, source: str, places: Iterable[str]) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.forget`."""
        with self._lock:
            self._connection.execute(
                "DELETE FROM cursors WHERE source = $source AND place IN (SELECT unnest($places))",
                {"source": source, "places": list(places)},
            )

    def reprice(self, costs: Mapping[bytes, tuple[int | None, str]]) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.reprice`."""
        if not costs:
            return 0
        wanted = [schema.Column("id", "id"), schema.Column("cost", "money", True), schema.Column("version", "name")]
        prices = list(costs.values())
        staged = arrow_table(wanted, [list(costs), [cost for cost, _ in prices], [version for _, version in prices]])
        cost = money("s.cost")
        with self._lock, self._transaction(), self._registered("repriced", staged):
            changed = self._connection.execute(
                "CREATE OR REPLACE TEMP TABLE changed AS SELECT c.id, c.quarter, c.workspace, c.source, c.session_id, "
                f"{cost} AS cost, s.version FROM calls c JOIN repriced s ON c.id = s.id "
                "WHERE CASE WHEN c.cost_reported IS NULL THEN c.cost_usd ELSE c.cost_priced END "
                f"IS DISTINCT FROM {cost} OR c.price_version <> s.version"
            ).fetchone()
            self._connection.execute(
                "UPDATE calls SET cost_priced = CASE WHEN calls.cost_reported IS NULL THEN NULL ELSE n.cost END, "
                "cost_usd = coalesce(calls.cost_reported, n.cost), price_version = n.version "
                "FROM changed n WHERE calls.id = n.id"
            )
            self._connection.execute("INSERT INTO dirty_quarters SELECT DISTINCT quarter FROM changed")
            self._connection.execute(
                "INSERT INTO dirty_sessions SELECT workspace, source, session_id, min(quarter), max(quarter) "
                "FROM changed WHERE session_id <> '' GROUP BY ALL"
            )
        self._dirty = True
        return int(changed[0]) if changed else 0

    # -- reading -----------------------------------------------------------------------------------------------

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """See :meth:`tokometer.ledger.protocol.Ledger.fetch`."""
        return self._cursor().execute(statement.sql, dict(statement.parameters)).fetchall()

    def cursors(self, source: str) -> dict[str, bytes]:
        """See :meth:`tokometer.ledger.protocol.Ledger.cursors`."""
        rows = self.fetch(Statement("SELECT place, state FROM cursors WHERE source = $source", {"source": source}))
        return {place: bytes(state) for place, state in rows}

    def audit(self) -> Sequence[Discrepancy]:
        """See :meth:`tokometer.ledger.protocol.Ledger.audit`."""
        self.settle()
        return audit(self, _ROLLUP, "IS DISTINCT FROM")

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
        self._connection.begin()
        try:
            yield
            self._connection.commit()
        except BaseException as error:
            with suppress(duckdb.TransactionException):
                self._connection.rollback()
            if isinstance(error, duckdb.IOException) and "space" in str(error).lower():
                raise LedgerFull(
                    f"the disk that holds {self.path} is full: free some space; nothing was lost"
                ) from error
            raise

    @contextmanager
    def _registered(self, name: str, table: object) -> Iterator[None]:
        self._connection.register(name, table)
        try:
            yield
        finally:
            with suppress(duckdb.TransactionException):  # the error that aborted the transaction says more
                self._connection.unregister(name)

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        known = {name for (name,) in self._connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        with self._transaction():
            if "meta" not in known:
                for table in schema.TABLES:
                    self._connection.execute(_create(table))
                self._write_version(current_version(migrations))
                return
            row = self._connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
            for migration in pending(int(row[0]) if row else 0, migrations):
                for statement in migration.statements("duckdb"):
                    self._connection.execute(statement)
                self._write_version(migration.version)

    def _write_version(self, version: int) -> None:
        self._connection.execute("DELETE FROM meta WHERE key = 'schema_version'")
        self._connection.execute("INSERT INTO meta VALUES ('schema_version', $version)", {"version": str(version)})

    def _carry_out(self, change: Change) -> None:
        table = change.table
        if change.taken:
            gone = arrow_table([schema.Column("id", "id")], [[record.id for record in change.taken]])
            stood = [quarter_of(record.started_at) for record in change.taken]
            where = f" AND quarter BETWEEN {min(stood):d} AND {max(stood):d}"
            self._over(gone, f"DELETE FROM {table.name} WHERE id IN (SELECT id FROM staged){where}")
        if change.put:
            self._shelf.put(table, change.put, change.ids)
            rows = insertion(table, columns(table, change.put, change.ids))
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

    def _settle_cells(self) -> int:
        count, first, last = self._one("SELECT count(DISTINCT quarter), min(quarter), max(quarter) FROM dirty_quarters")
        if not count:
            return 0
        span = {"first": first, "last": last}
        for table, rows in ((schema.CELLS, CELLS_FROM_CALLS), (schema.HISTOGRAMS, HISTOGRAMS_FROM_CALLS)):
            self._connection.execute(f"DELETE FROM {table.name} WHERE {_DIRTY}", span)
            self._connection.execute(f"INSERT INTO {table.name} {rows.format(where=_DIRTY, **_ROLLUP)}", span)
        self._connection.execute("DELETE FROM dirty_quarters")
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
        self._connection.execute(f"DELETE FROM sessions WHERE {_DIRTY_SESSION.format('sessions')}")
        where = f"quarter BETWEEN $first AND $last AND {_DIRTY_SESSION.format('calls')}"
        self._connection.execute(
            f"INSERT INTO sessions {SESSIONS_FROM_CALLS.format(where=where, **_ROLLUP)}",
            {"first": first, "last": last},
        )
        self._connection.execute("DELETE FROM dirty_sessions")

    def _one(self, sql: str) -> tuple[Any, ...]:
        row = self._connection.execute(sql).fetchone()
        assert row is not None
        return row


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
                # Each checkpoint of a large file costs half a second; `rest` makes one when there is time.
                "checkpoint_threshold": CHECKPOINT_THRESHOLD,
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


def _create(table: schema.Table) -> str:
    wide = {"cells": "DECIMAL(28,9)", "sessions": "DECIMAL(28,9)"}.get(table.name, TYPES["money"])
    columns_ = ", ".join(
        f'"{column.name}" {wide if column.type == "money" else TYPES[column.type]}{"" if column.null else " NOT NULL"}'
        for column in table.columns
    )
    return f"CREATE TABLE {table.name} ({columns_})"
