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
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Final

from tokometer.ledger import aside, schema
from tokometer.ledger.audit import audit
from tokometer.ledger.clickhouse.connection import connect, place_of
from tokometer.ledger.clickhouse.labels import ClickHouseLabels
from tokometer.ledger.clickhouse.recosting import ClickHouseRecosting
from tokometer.ledger.clickhouse.settle import PENDING, READY, ROLLUP, ClickHouseSettling
from tokometer.ledger.clickhouse.shelf import ClickHouseShelf
from tokometer.ledger.clickhouse.tables import create
from tokometer.ledger.clickhouse.values import native, plain, type_of, with_price
from tokometer.ledger.clickhouse.way import Way
from tokometer.ledger.commit import Change, learnt, plan
from tokometer.ledger.migrations import MIGRATIONS, Migration, additions_of, current_version, pending, rest_of
from tokometer.ledger.noticed import Names
from tokometer.ledger.present import Present
from tokometer.ledger.protocol import (
    Batch,
    Discrepancy,
    Engine,
    LedgerUnavailable,
    Missing,
    Receipt,
    Statement,
    Unsettled,
)
from tokometer.ledger.refused import UNREADABLE, refusal_rows
from tokometer.ledger.rows import columns
from tokometer.ledger.shared import T
from tokometer.ledger.statements import OLD
from tokometer.records import Notice, Refusal, now_us, to_datetime

_SETTINGS: Final[dict[str, Any]] = {
    "final": 1,
    "do_not_merge_across_partitions_select_final": 1,
    # `sum(x) AS x` must not turn later uses of x in the same SELECT into the sum.
    "prefer_column_name_to_alias": 1,
    "join_use_nulls": 1,
}
#: How long somebody else's question may take before whoever asks whether it is ready is told that it is not (seconds).
_PATIENCE: Final = 5.0
#: The key in `meta` of what is written to see whether anything can be.
_TRIED: Final = "tried"
#: What stands in the columns of a row that says that its key is gone.
_BLANK: Final[dict[schema.Type, Any]] = {"id": bytes(16), "time": 0, "int": 0}
_PARAMETER: Final = re.compile(r"\$(\w+)")


class ClickHouseLedger:
    """A ledger in one ClickHouse database. Use :func:`tokometer.ledger.opening.open_ledger` to get one.

    `url` is ``clickhouse://user:password@host:8123/database`` (``clickhouses://`` for TLS), or
    ``chdb://memory/database`` for the engine inside this process (``chdb://disk/database?path=/folder`` to keep it).
    """

    engine: Engine = "clickhouse"

    def __init__(self, url: str, *, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self._client, self.database = connect(url)
        self._settings = self._set() if url.startswith("chdb:") else _SETTINGS
        self._way = Way(place_of(url))
        # One statement at a time on the embedded engine; a server takes any number, but a commit is one writer's.
        self._lock = threading.RLock()
        self._version = 0
        self._recosting = ClickHouseRecosting(self)
        self._labels = ClickHouseLabels(self.query, self.insert)
        self._settling = ClickHouseSettling(self._lock, self.query, self.command, self.write, self.next_version)
        self._names = Names(self.fetch)
        self._migrate(migrations)
        self._labels.begin()
        self.recosting.finish()

    # -- writing -----------------------------------------------------------------------------------------------

    def commit(self, batch: Batch) -> Receipt:
        """See :meth:`tokometer.ledger.protocol.Ledger.commit`. Cursors move last, when their records are there."""
        with self._lock:
            admitted = self._labels.admit(batch)
            # Before the records that name them: one that nobody names does no harm.
            self._labels.put(admitted.rows)
            changes, receipt = plan(batch, ClickHouseShelf(self))
            more = learnt(changes)
            self._labels.put(self._labels.admit_more(more, admitted))
            self._labels.confirm(admitted)
            batch.notices.extend(more.notices)
            commit = uuid.uuid4()
            self._mark(changes, commit, PENDING)
            for change in changes:
                self._carry_out(change)
            self._refuse(batch.refusals)
            batch.notices.extend(self._keep_aside(batch))
            self._notice(batch.notices)
            self._mark(changes, commit, READY)
            # The records are there by now: killed in between, they are tried once more, and are duplicates.
            self._forget_due(batch)
            self._move(batch.cursors)
        return receipt

    def roll_up(self, keys: Iterable[str]) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.roll_up`."""
        commit = uuid.uuid4()

        def mark(quarters: Sequence[int], ready: bool) -> None:
            state, at = READY if ready else PENDING, to_datetime(now_us())
            if quarters:
                self._insert_marks("dirty_quarters", ["quarter"], [quarters], commit, state, at)

        with self._lock:
            if frozenset(keys) != self._labels.rolled:
                self._labels.roll_up(frozenset(keys), mark)

    def bulk(self) -> AbstractContextManager[None]:
        """See :meth:`tokometer.ledger.protocol.Ledger.bulk`. The server has its own ways."""
        return nullcontext()

    def settle(self) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.settle`. Others get in between its pieces, the newest first."""
        self._recosting.finish_what_failed()
        return self._settling.settle()

    def rest(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.rest`. ClickHouse looks after itself."""

    def forget(self, source: str, places: Iterable[str]) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.forget`."""
        rows = [(source, place, "", to_datetime(now_us())) for place in places]
        self.insert(schema.CURSORS, list(zip(*rows, strict=True)), gone=True)

    def prune(self, table: str, before: int) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.prune`."""
        values = {"before": to_datetime(before)}
        with self._lock:
            [(count,)] = self.query(f"SELECT count() FROM {table} WHERE {OLD[table]}", values)
            if count:
                self.command(f"ALTER TABLE {table} DELETE WHERE {OLD[table]} SETTINGS mutations_sync = 1", values)
            if table == schema.NOTICES.name:
                self._names.forget()
        return int(count)

    def reprice(self, costs: Mapping[bytes, tuple[int | None, str, str]]) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.reprice`."""
        with self._lock:
            change = Change(schema.CALLS)
            for kept in ClickHouseShelf(self).records(schema.CALLS, list(costs)):
                priced = with_price(kept, *costs[kept.id])
                if priced != kept:
                    change.taken.append(kept)
                    change.put.append(priced)
                    change.ids.append(kept.id)
            commit = uuid.uuid4()
            self._mark([change], commit, PENDING)
            self._carry_out(change)
            self._mark([change], commit, READY)
        return len(change.put)

    @property
    def recosting(self) -> ClickHouseRecosting:
        """See :attr:`tokometer.ledger.protocol.Ledger.recosting`."""
        return self._recosting

    # -- reading -----------------------------------------------------------------------------------------------

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """See :meth:`tokometer.ledger.protocol.Ledger.fetch`."""
        return self.query(statement.sql, dict(statement.parameters))

    def once(self, key: Hashable, make: Callable[[], T]) -> T:  # noqa: ARG002 - what is committed may differ by now
        """See :meth:`tokometer.ledger.protocol.Readable.once`."""
        return make()

    def snapshot(self, readers: int) -> Present:  # noqa: ARG002 - the protocol's
        """See :meth:`tokometer.ledger.protocol.Ledger.snapshot`."""
        return Present(self)

    @property
    def rolled(self) -> frozenset[str]:
        """See :attr:`tokometer.ledger.protocol.Ledger.rolled`."""
        return self._labels.rolled

    @property
    def unsettled(self) -> Sequence[Unsettled]:
        """See :attr:`tokometer.ledger.protocol.Ledger.unsettled`."""
        return self._settling.unsettled

    def cursors(self, source: str) -> dict[str, bytes]:
        """See :meth:`tokometer.ledger.protocol.Ledger.cursors`."""
        rows = self.query("SELECT place, state FROM cursors WHERE source = $source", {"source": source})
        return {place: base64.b64decode(state) for place, state in rows}

    def audit(self) -> Sequence[Discrepancy]:
        """See :meth:`tokometer.ledger.protocol.Ledger.audit`."""
        self.settle()
        return audit(self, ROLLUP, "IS DISTINCT FROM")

    def ready(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.ready`. After writes were refused, tries to write."""
        if not self._lock.acquire(timeout=_PATIENCE):
            raise LedgerUnavailable(f"ClickHouse at {self._way.place} has not answered for {_PATIENCE:.0f} s")
        try:
            self.query("SELECT 1")
            if self._way.refuses:
                self.insert(schema.META, [[_TRIED], [str(now_us())]])
        finally:
            self._lock.release()

    @property
    def missing(self) -> Missing | None:
        """See :attr:`tokometer.ledger.protocol.Ledger.missing`. The server keeps its own books."""
        return None

    def stats(self) -> dict[str, int]:
        """See :meth:`tokometer.ledger.protocol.Ledger.stats`."""
        counts = {table.name: int(self.query(f"SELECT count() FROM {table.name}")[0][0]) for table in schema.TABLES}
        [(size,)] = self.query(
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()"
        )
        counts["bytes"] = int(size)
        counts["schema_version"] = self._stored_version()
        return counts

    def close(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.close`."""
        with self._lock:
            self._client.close()

    @property
    def lock(self) -> threading.RLock:
        """Held by whoever asks or writes; a statement at a time, or several that nobody is to come between."""
        return self._lock

    # -- inside ------------------------------------------------------------------------------------------------

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query in this engine's words."""
        values = dict(parameters or {})
        bound = _PARAMETER.sub(lambda match: f"{{{match[1]}:{type_of(values[match[1]])}}}", sql)
        with self._lock, self._way.asking():
            result = self._client.query(bound, parameters=values, settings=self._settings)
        return [tuple(plain(value) for value in row) for row in result.result_rows]

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Carry out a statement."""
        values = dict(parameters or {})
        bound = _PARAMETER.sub(lambda match: f"{{{match[1]}:{type_of(values[match[1]])}}}", sql)
        with self._lock, self._way.writing():
            self._client.command(bound, parameters=values, settings=self._settings)

    def insert(self, table: schema.Table, values: Sequence[Sequence[Any]], *, gone: bool = False) -> None:
        """Put rows into a table, as columns; newer ones of the same key take their place."""
        if not values or not values[0]:
            return
        count = len(values[0])
        version = self.next_version()
        with self._lock, self._way.writing():
            self._client.insert(
                table.name,
                [*values, [version] * count, [gone] * count],
                column_names=[*table.names, "version", "gone"],
                column_oriented=True,
            )

    def _set(self) -> dict[str, Any]:
        """Set once what the embedded engine would look up, set and put back at each statement; what is left to say."""
        for name, value in _SETTINGS.items():
            self._client.command(f"SET {name} = {value}")
        return {}

    def next_version(self) -> int:
        """Nanoseconds now, and never the same twice here: later writes win everywhere, clocks permitting."""
        with self._lock:
            self._version = max(self._version + 1, time.time_ns())
            return self._version

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        known = self.query("SELECT name FROM system.tables WHERE database = currentDatabase()")
        if ("meta",) not in known or not self._stored_version():
            for table in schema.TABLES:
                self.command(create(table, rollup=table in schema.ROLLUPS))
            self._write_version(current_version(migrations))
            return
        needed = pending(self._stored_version(), migrations)
        if needed:
            # What stands beside a table can only be added while it has the same columns.
            self._recosting.finish()
        for migration in needed:
            for statement in (
                *additions_of(migration, "clickhouse"),
                *rest_of(migration, needed, "clickhouse"),
            ):
                self.command(statement)
            self._write_version(migration.version)

    def _stored_version(self) -> int:
        rows = self.query("SELECT value FROM meta WHERE key = 'schema_version'")
        return int(rows[0][0]) if rows else 0

    def _write_version(self, version: int) -> None:
        self.insert(schema.META, [["schema_version"], [str(version)]])

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
        marks = [*values, [commit] * count, [state] * count, [at] * count, [self.next_version()] * count]
        self.write(table, [*names, "commit", "state", "at", "version"], marks)

    def write(self, table: str, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        """Insert columns as they are."""
        with self._lock, self._way.writing():
            self._client.insert(table, columns, column_names=names, column_oriented=True)

    def _carry_out(self, change: Change) -> None:
        table = change.table
        places = {(record.started_at, record.id) for record in change.put}
        gone = [record for record in change.taken if (record.started_at, record.id) not in places]
        if gone:
            self.insert(table, native(table, columns(table, gone)), gone=True)
        arriving = change.columns()
        if arriving:
            self.insert(table, native(table, arriving))

    def _refuse(self, refusals: Sequence[Refusal]) -> None:
        if refusals:
            self.insert(schema.REFUSALS, native(schema.REFUSALS, refusal_rows(refusals)))

    def _keep_aside(self, batch: Batch) -> list[Notice]:
        """Keep what is ahead of our clock, each once; the notices of what is too much for that."""
        if not batch.aside:
            return []
        ids = {"ids": [str(uuid.UUID(bytes=waiting.id)) for waiting in batch.aside]}
        stored = self.query(f"{aside.STORED} id IN (SELECT toUUID(arrayJoin($ids)))", ids)
        waiting = aside.folded(batch, map(aside.waiting_in, stored))
        self.insert(schema.ASIDE, native(schema.ASIDE, aside.columns_of(waiting)))
        [(count, size)] = self.query(aside.SIZE)
        if count <= aside.MOST and size <= aside.MOST_BYTES:
            return []
        gone, notices = aside.beyond(self.query(aside.SIZES))
        self._take_out(schema.ASIDE, gone)
        return notices

    def _forget_due(self, batch: Batch) -> None:
        """Let go of what has come to its time, and of refusals that hold no longer."""
        if batch.due:
            self._take_out(schema.ASIDE, [waiting.id for waiting in batch.due])
            self._take_out(schema.REFUSALS, [waiting.refusal for waiting in batch.due])
        for source, place in batch.healed:
            rows = self.query(f"SELECT id FROM refusals WHERE {UNREADABLE}", {"source": source, "place": place})
            self._take_out(schema.REFUSALS, [id_.bytes for (id_,) in rows])

    def _take_out(self, table: schema.Table, ids: Sequence[bytes]) -> None:
        """Say of some rows of a table whose key is an id that they are gone."""
        blanks = [[_BLANK.get(column.type, "")] * len(ids) for column in table.columns[1:]]
        self.insert(table, native(table, [list(ids), *blanks]), gone=True)

    def _notice(self, notices: Sequence[Notice]) -> None:
        rows = self._names.rows(notices)
        if rows:
            self.write(schema.NOTICES.name, schema.NOTICES.names, native(schema.NOTICES, rows))

    def _move(self, cursors: Mapping[tuple[str, str], bytes]) -> None:
        now = to_datetime(now_us())
        rows = [(source, place, base64.b64encode(state).decode(), now) for (source, place), state in cursors.items()]
        self.insert(schema.CURSORS, list(zip(*rows, strict=True)))
