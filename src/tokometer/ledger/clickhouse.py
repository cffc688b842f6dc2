"""The ledger on ClickHouse: for when one machine is not enough.

ClickHouse has no transaction over tables, so intent comes first (docs/decisions/003): what a commit will make stale is
written to `dirty_quarters` and `dirty_sessions` as *pending*, then the records, then the marks are set *ready*. A
settle rebuilds everything that is marked, and clears only marks that were ready before it began to read; so a crash, or
a peer that settles in between, leaves marks behind and never a stale rollup without one.

Every table is a ReplacingMergeTree: the newest version of a key counts, and a row that is gone is a newest version that
says so. All reads use FINAL.
"""

from __future__ import annotations

import base64
import re
import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import clickhouse_connect

from tokometer.ledger import schema
from tokometer.ledger.audit import audit
from tokometer.ledger.clickhouse_shelf import ClickHouseShelf
from tokometer.ledger.clickhouse_values import TYPES, WIDE_MONEY, native, plain, type_of, with_price, zero
from tokometer.ledger.commit import Change, plan
from tokometer.ledger.migrations import MIGRATIONS, Migration, current_version, pending
from tokometer.ledger.protocol import Batch, Discrepancy, Engine, LedgerError, Receipt, Statement
from tokometer.ledger.refused import refusal_rows
from tokometer.ledger.rows import columns
from tokometer.ledger.statements import CELLS_FROM_CALLS, HOUR, HOURS_FROM_CELLS, SESSIONS_FROM_CALLS
from tokometer.records import Refusal, now_us, to_datetime, to_us

_ROLLUP: Final[dict[str, str]] = {
    **{str(key): value for key, value in TYPES.items()},
    "money": WIDE_MONEY,
    "calls": "calls",
    "cells": "cells",
    "distinct_providers": "arraySort(groupUniqArray(parts.provider))",
    "distinct_models": "arraySort(groupUniqArray(parts.model))",
}
#: Thirty days: the largest span whose calls one merge may have to compare.
_PARTITION_QUARTERS: Final = 2880
#: A mark still pending after this long belongs to a writer that died.
ABANDONED_US: Final = 600 * 1_000_000
_SETTINGS: Final[dict[str, Any]] = {
    "final": 1,
    "do_not_merge_across_partitions_select_final": 1,
    # `sum(x) AS x` must not turn later uses of x in the same SELECT into the sum.
    "prefer_column_name_to_alias": 1,
    "join_use_nulls": 1,
}
_PENDING, _READY = 0, 1
_PARAMETER: Final = re.compile(r"\$(\w+)")


class ClickHouseLedger:
    """A ledger in one ClickHouse database. Use :func:`tokometer.ledger.opening.open_ledger` to get one.

    `url` is ``clickhouse://user:password@host:8123/database`` (``clickhouses://`` for TLS), or
    ``chdb://memory/database`` for the engine inside this process.
    """

    engine: Engine = "clickhouse"

    def __init__(self, url: str, *, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self._client, self.database = _connect(url)
        # One statement at a time on the embedded engine; a server takes any number, but a commit is one writer's.
        self._lock = threading.RLock()
        self._version = 0
        self._migrate(migrations)

    # -- writing -----------------------------------------------------------------------------------------------

    def commit(self, batch: Batch) -> Receipt:
        """See :meth:`tokometer.ledger.protocol.Ledger.commit`. Cursors move last, when their records are there."""
        with self._lock:
            changes, receipt = plan(batch, ClickHouseShelf(self))
            commit = uuid.uuid4()
            self._mark(changes, commit, _PENDING)
            for change in changes:
                self._carry_out(change)
            self._refuse(batch.refusals)
            self._mark(changes, commit, _READY)
            self._move(batch.cursors)
        return receipt

    def settle(self) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.settle`."""
        with self._lock:
            version = self._next_version()
            quarters = self._settle_cells(version)
            self._settle_sessions(version)
        return quarters

    def rest(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.rest`. ClickHouse looks after itself."""

    def forget(self, source: str, places: Iterable[str]) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.forget`."""
        rows = [(source, place, "", to_datetime(now_us())) for place in places]
        self._insert(schema.CURSORS, list(zip(*rows, strict=True)), gone=True)

    def reprice(self, costs: Mapping[bytes, tuple[int | None, str]]) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.reprice`."""
        with self._lock:
            change = Change(schema.CALLS)
            for kept in ClickHouseShelf(self).records(schema.CALLS, list(costs)):
                cost, version = costs[kept.id]
                priced = with_price(kept, cost, version)
                if priced != kept:
                    change.taken.append(kept)
                    change.put.append(priced)
                    change.ids.append(kept.id)
            commit = uuid.uuid4()
            self._mark([change], commit, _PENDING)
            self._carry_out(change)
            self._mark([change], commit, _READY)
        return len(change.put)

    # -- reading -----------------------------------------------------------------------------------------------

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """See :meth:`tokometer.ledger.protocol.Ledger.fetch`."""
        return self._query(statement.sql, dict(statement.parameters))

    def cursors(self, source: str) -> dict[str, bytes]:
        """See :meth:`tokometer.ledger.protocol.Ledger.cursors`."""
        rows = self._query("SELECT place, state FROM cursors WHERE source = $source", {"source": source})
        return {place: base64.b64decode(state) for place, state in rows}

    def audit(self) -> Sequence[Discrepancy]:
        """See :meth:`tokometer.ledger.protocol.Ledger.audit`."""
        self.settle()
        return audit(self, _ROLLUP, "IS DISTINCT FROM")

    def stats(self) -> dict[str, int]:
        """See :meth:`tokometer.ledger.protocol.Ledger.stats`."""
        counts = {table.name: int(self._query(f"SELECT count() FROM {table.name}")[0][0]) for table in schema.TABLES}
        [(size,)] = self._query(
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()"
        )
        counts["bytes"] = int(size)
        counts["schema_version"] = self._stored_version()
        return counts

    def close(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.close`."""
        with self._lock:
            self._client.close()

    # -- inside ------------------------------------------------------------------------------------------------

    def _query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        values = dict(parameters or {})
        bound = _PARAMETER.sub(lambda match: f"{{{match[1]}:{type_of(values[match[1]])}}}", sql)
        with self._lock:
            result = self._client.query(bound, parameters=values, settings=_SETTINGS)
        return [tuple(plain(value) for value in row) for row in result.result_rows]

    def _command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        values = dict(parameters or {})
        bound = _PARAMETER.sub(lambda match: f"{{{match[1]}:{type_of(values[match[1]])}}}", sql)
        with self._lock:
            self._client.command(bound, parameters=values, settings=_SETTINGS)

    def _insert(self, table: schema.Table, values: Sequence[Sequence[Any]], *, gone: bool = False) -> None:
        if not values or not values[0]:
            return
        count = len(values[0])
        version = self._next_version()
        with self._lock:
            self._client.insert(
                table.name,
                [*values, [version] * count, [gone] * count],
                column_names=[*table.names, "version", "gone"],
                column_oriented=True,
            )

    def _next_version(self) -> int:
        """Nanoseconds now, and never the same twice here: later writes win everywhere, clocks permitting."""
        with self._lock:
            self._version = max(self._version + 1, time.time_ns())
            return self._version

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        known = self._query("SELECT name FROM system.tables WHERE database = currentDatabase()")
        if ("meta",) not in known or not self._stored_version():
            for table in schema.TABLES:
                self._command(_create(table))
            self._write_version(current_version(migrations))
            return
        for migration in pending(self._stored_version(), migrations):
            for statement in migration.statements("clickhouse"):
                self._command(statement)
            self._write_version(migration.version)

    def _stored_version(self) -> int:
        rows = self._query("SELECT value FROM meta WHERE key = 'schema_version'")
        return int(rows[0][0]) if rows else 0

    def _write_version(self, version: int) -> None:
        self._insert(schema.META, [["schema_version"], [str(version)]])

    def _mark(self, changes: Sequence[Change], commit: uuid.UUID, state: int) -> None:
        quarters = sorted({quarter for change in changes for quarter in change.quarters()})
        sessions = [session for change in changes for session in change.sessions()]
        at = to_datetime(now_us())
        if quarters:
            self._insert_marks("dirty_quarters", ["quarter"], [quarters], commit, state, at)
        if sessions:
            names = list(schema.DIRTY_SESSIONS.names)
            self._insert_marks("dirty_sessions", names, list(zip(*sessions, strict=True)), commit, state, at)

    def _insert_marks(
        self,
        table: str,
        names: list[str],
        values: Sequence[Sequence[Any]],
        commit: uuid.UUID,
        state: int,
        at: datetime,
    ) -> None:
        count = len(values[0])
        with self._lock:
            self._client.insert(
                table,
                [*values, [commit] * count, [state] * count, [at] * count, [self._next_version()] * count],
                column_names=[*names, "commit", "state", "at", "version"],
                column_oriented=True,
            )

    def _carry_out(self, change: Change) -> None:
        table = change.table
        places = {(record.started_at, record.id) for record in change.put}
        gone = [record for record in change.taken if (record.started_at, record.id) not in places]
        if gone:
            self._insert(table, native(table, columns(table, gone)), gone=True)
        arriving = change.columns()
        if arriving:
            self._insert(table, native(table, arriving))

    def _refuse(self, refusals: Sequence[Refusal]) -> None:
        if refusals:
            self._insert(schema.REFUSALS, native(schema.REFUSALS, refusal_rows(refusals)))

    def _move(self, cursors: Mapping[tuple[str, str], bytes]) -> None:
        now = to_datetime(now_us())
        rows = [(source, place, base64.b64encode(state).decode(), now) for (source, place), state in cursors.items()]
        self._insert(schema.CURSORS, list(zip(*rows, strict=True)))

    def _settle_cells(self, version: int) -> int:
        marks = self._query("SELECT quarter, commit, state, at FROM dirty_quarters")
        if not marks:
            return 0
        quarters = sorted({quarter for quarter, *_ in marks})
        where = "quarter BETWEEN $first AND $last AND quarter IN $quarters"
        values = {"first": quarters[0], "last": quarters[-1], "quarters": quarters, "version": version}
        self._rebuild(schema.CELLS, CELLS_FROM_CALLS.format(where=where, **_ROLLUP), where, values)
        hours = sorted({quarter - quarter % 4 for quarter in quarters})
        where = f"quarter BETWEEN $first AND $last AND {HOUR} IN $hours"
        values = {"first": hours[0], "last": hours[-1] + 3, "hours": hours, "version": version}
        self._rebuild(schema.HOURS, HOURS_FROM_CELLS.format(where=where, **_ROLLUP), where, values)
        self._clear(
            "dirty_quarters", ("quarter",), [(quarter, commit, state, at) for quarter, commit, state, at in marks]
        )
        return len(quarters)

    def _settle_sessions(self, version: int) -> None:
        names = schema.DIRTY_SESSIONS.names
        marks = self._query(f"SELECT {', '.join(names)}, commit, state, at FROM dirty_sessions")
        if not marks:
            return
        keys = "(workspace, source, session_id)"
        dirty = f"{keys} IN (SELECT workspace, source, session_id FROM dirty_sessions)"
        [(first, last)] = self._query(
            f"SELECT min(intDiv(toUnixTimestamp(started_at), 900)), max(intDiv(toUnixTimestamp(ended_at), 900)) "
            f"FROM sessions WHERE {dirty}"
        )
        first = min([mark[3] for mark in marks] + ([first] if first is not None else []))
        last = max([mark[4] for mark in marks] + ([last] if last is not None else []))
        if first == 0:
            first = min(mark[3] for mark in marks)
        rows = SESSIONS_FROM_CALLS.format(where=f"quarter BETWEEN $first AND $last AND {dirty}", **_ROLLUP)
        self._rebuild(schema.SESSIONS, rows, dirty, {"first": first, "last": last, "version": version})
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
        done = [mark for mark in marks if mark[-2] == _READY or to_us(mark[-1]) < old]
        if not done:
            return
        count = len(done)
        with self._lock:
            self._client.insert(
                table,
                [*zip(*done, strict=True), [self._next_version()] * count, [True] * count],
                column_names=[*names, "commit", "state", "at", "version", "gone"],
                column_oriented=True,
            )


def _connect(url: str) -> tuple[Any, str]:
    parts = urlsplit(url)
    database = parts.path.strip("/") or "tokometer"
    if not re.fullmatch(r"\w+", database):
        raise LedgerError(f"{database!r} is no database name: letters, digits and underscores only")
    try:
        if parts.scheme == "chdb":
            client = clickhouse_connect.get_client(interface="chdb")
        elif parts.scheme in ("clickhouse", "clickhouses", "http", "https"):
            client = clickhouse_connect.get_client(
                host=parts.hostname or "localhost",
                port=parts.port or 0,
                username=unquote(parts.username or "default"),
                password=unquote(parts.password or ""),
                secure=parts.scheme in ("clickhouses", "https"),
                autogenerate_session_id=False,
            )
        else:
            raise LedgerError(f"{parts.scheme}:// is not a ledger: use clickhouse://host:8123/database")
        client.command(f"CREATE DATABASE IF NOT EXISTS {database}")
        client.database = database
        if parts.scheme == "chdb":
            client.command(f"USE {database}")
    except clickhouse_connect.driver.exceptions.Error as error:
        where = f"{parts.hostname}:{parts.port or ''}".rstrip(":")
        raise LedgerError(f"cannot use ClickHouse at {where}: {error}") from error
    return client, database


def _create(table: schema.Table) -> str:
    wide = table in schema.ROLLUPS
    parts = []
    for column in table.columns:
        type_ = WIDE_MONEY if wide and column.type == "money" else TYPES[column.type]
        parts.append(f"{column.name} {f'Nullable({type_})' if column.null else type_}")
    order = ", ".join(table.key)
    partition = ""
    if table.name in schema.RECORDS or table is schema.TOLD:
        # Records are found by time, then by id; the filters find them by id (or group) alone.
        order = "quarter, id"
        partition = f"PARTITION BY intDiv(quarter, {_PARTITION_QUARTERS}) "
        parts.append("INDEX by_id id TYPE bloom_filter GRANULARITY 1")
        parts.append("INDEX by_trace trace_id TYPE bloom_filter GRANULARITY 1")
        if table is schema.CALLS or table is schema.TOLD:
            parts.append("INDEX by_group group_id TYPE bloom_filter GRANULARITY 1")
            parts.append("INDEX by_answer request_id TYPE bloom_filter GRANULARITY 1")
    elif table in (schema.CELLS, schema.HOURS):
        order = ", ".join(["quarter", *(name for name in table.key if name != "quarter")])
        partition = f"PARTITION BY intDiv(quarter, {_PARTITION_QUARTERS}) "
    expiry = ""
    if table in (schema.DIRTY_QUARTERS, schema.DIRTY_SESSIONS):
        parts += ["commit UUID", "state UInt8", "at DateTime64(6, 'UTC')"]
        order += ", commit"
        # Cleared marks may come back when their older versions outlive them; that costs a rebuild, no more.
        expiry = " TTL toDateTime(at) + INTERVAL 7 DAY DELETE WHERE gone"
    parts += ["version UInt64", "gone UInt8 DEFAULT 0"]
    return (
        f"CREATE TABLE IF NOT EXISTS {table.name} ({', '.join(parts)}) "
        f"ENGINE = ReplacingMergeTree(version, gone) {partition}ORDER BY ({order}){expiry}"
    )
