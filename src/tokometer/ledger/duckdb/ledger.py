"""The embedded ledger: one DuckDB file, opened by one process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import duckdb

from tokometer.ledger import schema
from tokometer.ledger.audit import audit
from tokometer.ledger.commit import learnt, plan
from tokometer.ledger.duckdb import changing
from tokometer.ledger.duckdb.commits import Books, Witness
from tokometer.ledger.duckdb.instance import Instance
from tokometer.ledger.duckdb.labels import put_sets, roll_up
from tokometer.ledger.duckdb.opening import CHECKPOINT_THRESHOLD
from tokometer.ledger.duckdb.recosting import DuckDBRecosting
from tokometer.ledger.duckdb.reopening import Reopening
from tokometer.ledger.duckdb.room import Room, size_of
from tokometer.ledger.duckdb.settle import ROLLUP
from tokometer.ledger.duckdb.snapshot import DuckDBSnapshot
from tokometer.ledger.duckdb.torn import without_torn_end
from tokometer.ledger.environment import MEMORY_LIMIT
from tokometer.ledger.labels import Admitted
from tokometer.ledger.migrations import MIGRATIONS, Migration
from tokometer.ledger.protocol import (
    Batch,
    Discrepancy,
    Engine,
    LedgerDamaged,
    LedgerError,
    LedgerUnavailable,
    Missing,
    Receipt,
    Statement,
    Unsettled,
)
from tokometer.ledger.statements import OLD
from tokometer.records import to_datetime

T = TypeVar("T")

FILE_NAME: Final = "ledger.duckdb"
#: How long the log may grow while much is being committed: below the size of a large commit, above that of many small.
BULK_THRESHOLD: Final = "4MB"
#: Where a checkpoint may not fit, none is to come by itself: it would end everything.
_NO_CHECKPOINT: Final = "1TB"
#: How much is tidied up in one rest, in DuckDB's own measure.
_VACUUM_TASKS: Final = 8
#: How long the log may stay when nothing happens.
_SHORT_LOG: Final = 2_000_000


class DuckDBLedger:
    """A ledger in one file. Use :func:`tokometer.ledger.opening.open_ledger` to get one.

    One thread writes at a time (a lock sees to it); any number read, each through a cursor of its own. Where DuckDB
    lets go of the file after an error, it is opened again by whoever asks next.
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
        #: How many are committing much at once.
        self._bulks = 0
        #: How many changes were begun.
        self._changes = 0
        self._room = Room(path)
        self._damage: LedgerDamaged | None = None
        self._recosting = DuckDBRecosting(self)
        #: The instance that last answered when asked whether it is ready, and how often it had been asked by then.
        self._ready_after: tuple[Instance, int] | None = None
        self._witness = Witness(path)

        def opened() -> Instance:
            return Instance(path, migrations, read_only=read_only, memory_limit=memory_limit)

        self._opening = Reopening(opened if read_only else lambda: without_torn_end(path, self._witness.last, opened))

    # -- writing -----------------------------------------------------------------------------------------------

    def commit(self, batch: Batch) -> Receipt:
        """See :meth:`tokometer.ledger.protocol.Ledger.commit`. Durable when this returns.

        Raises:
            LedgerFull: There is no room for it, or there would be none for the checkpoint after it.
        """
        with self._lock:
            self._make_room(batch.size)
            instance = self._instance
            books = self._witness.next(instance.books)
            receipt = None
            try:
                with instance.asked(), instance.transaction():
                    receipt, admitted = _carry_out(instance, batch)
                    books.write(instance.connection, instance.books)
            except LedgerError as error:
                # What ended the database may have been the checkpoint after the commit.
                if receipt is None or not self._has(books, instance):
                    raise self._noted(error) from error.__cause__
            else:
                instance.books = books
                instance.labels.confirm(admitted)
                instance.names.confirm()
            self._changes += 1
            self._witness.tell(books.last)
            if "calls" in receipt.touched:
                self._instance.settling.mark()
        return receipt

    def roll_up(self, keys: Iterable[str]) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.roll_up`."""
        chosen = frozenset(keys)

        def do(instance: Instance) -> None:
            if chosen == instance.labels.rolled:
                return
            with instance.transaction() as connection:
                roll_up(connection, instance.labels.rolled_anew(chosen), chosen)
            instance.labels.rolled = chosen
            instance.settling.mark()

        self._write(do)

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """See :meth:`tokometer.ledger.protocol.Ledger.bulk`.

        One thread: the others cost a tenth of the processor's time and gain none where processes read beside it. And
        large commits go straight into the file: else they are written into the log, and from there at the end.
        """
        self._begin_bulk(1)
        try:
            yield
        finally:
            # Whoever closed the ledger meanwhile, or cannot open it again, has nothing to tune.
            with suppress(LedgerError):
                self._begin_bulk(-1)

    def _begin_bulk(self, count: int) -> None:
        with self._lock:
            self._bulks += count
            self._asked(self._tune)

    def settle(self) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.settle`."""

        def do(instance: Instance) -> int:
            self._tune(instance)
            return instance.settling.settle()

        return self._asked(do)

    def rest(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.rest`. Does nothing where there may be no room for it."""
        if self._room.log_bytes >= _SHORT_LOG and self._room.for_a_checkpoint:
            self._write(lambda instance: _checkpoint(instance, _VACUUM_TASKS if self._room.is_wide else 0))

    def forget(self, source: str, places: Iterable[str]) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.forget`."""
        gone = {"source": source, "places": list(places)}

        def do(instance: Instance) -> None:
            instance.connection.execute(
                "DELETE FROM cursors WHERE source = $source AND place IN (SELECT unnest($places))", gone
            )

        self._write(do)

    def prune(self, table: str, before: int) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.prune`."""
        sql, old = f"DELETE FROM {table} WHERE {OLD[table]}", {"before": to_datetime(before).replace(tzinfo=None)}

        def do(instance: Instance) -> int:
            with instance.transaction() as connection:
                gone = connection.execute(sql, old).fetchone()
            if table == schema.NOTICES.name:
                instance.names.forget()
            return int(gone[0]) if gone else 0

        return self._write(do)

    def reprice(self, costs: Mapping[bytes, tuple[int | None, str, str]]) -> int:
        """See :meth:`tokometer.ledger.protocol.Ledger.reprice`."""
        if not costs:
            return 0

        def do(instance: Instance) -> int:
            with instance.transaction() as connection:
                changed = changing.reprice(connection, costs)
            instance.settling.mark()
            return changed

        return self._write(do)

    @property
    def recosting(self) -> DuckDBRecosting:
        """See :attr:`tokometer.ledger.protocol.Ledger.recosting`."""
        return self._recosting

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Who holds it, writes alone."""
        return self._lock

    @contextmanager
    def opened(self) -> Iterator[Instance]:
        """The database for long work, which fails where that is let go of."""
        instance = self._instance
        with instance.asked():
            yield instance

    @contextmanager
    def writing(self) -> Iterator[Instance]:
        """The database, for its only writer."""
        with self._lock:
            self._asked(self._tune)
            self._changes += 1
            with self.opened() as instance:
                yield instance

    # -- reading -----------------------------------------------------------------------------------------------

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """See :meth:`tokometer.ledger.protocol.Ledger.fetch`."""
        return self._asked(lambda instance: instance.fetch(statement))

    def once(self, key: Hashable, make: Callable[[], T]) -> T:  # noqa: ARG002 - what is committed may differ by now
        """See :meth:`tokometer.ledger.protocol.Readable.once`."""
        return make()

    def snapshot(self, readers: int) -> DuckDBSnapshot:
        """See :meth:`tokometer.ledger.protocol.Ledger.snapshot`."""
        # Most of it while commits go on; the rest is what came meanwhile.
        with suppress(LedgerUnavailable):
            self.settle()
        with self._lock:
            try:
                self.settle()
                settled = True
            except LedgerUnavailable:
                settled = False
            return self._asked(lambda instance: DuckDBSnapshot(instance, readers, self._changes, settled=settled))

    @property
    def rolled(self) -> frozenset[str]:
        """See :attr:`tokometer.ledger.protocol.Ledger.rolled`."""
        return self._instance.labels.rolled

    @property
    def unsettled(self) -> Sequence[Unsettled]:
        """See :attr:`tokometer.ledger.protocol.Ledger.unsettled`."""
        return self._instance.settling.unsettled

    def cursors(self, source: str) -> dict[str, bytes]:
        """See :meth:`tokometer.ledger.protocol.Ledger.cursors`."""
        rows = self.fetch(Statement("SELECT place, state FROM cursors WHERE source = $source", {"source": source}))
        return {place: bytes(state) for place, state in rows}

    def audit(self) -> Sequence[Discrepancy]:
        """See :meth:`tokometer.ledger.protocol.Ledger.audit`."""
        self.settle()
        return audit(self, ROLLUP, "IS DISTINCT FROM")

    def ready(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.ready`."""
        instance = self._instance
        if self._ready_after != (instance, instance.asks):
            # What nobody has asked since is as it was, and a question wakes threads of DuckDB, which tidy up memory.
            self.fetch(Statement("SELECT 1"))
            instance = self._instance
            self._ready_after = instance, instance.asks
        if self._damage is not None:
            raise LedgerDamaged(str(self._damage))
        self._room.for_records()

    @property
    def missing(self) -> Missing | None:
        """See :attr:`tokometer.ledger.protocol.Ledger.missing`."""
        return self._witness.missing(self._instance.books)

    def stats(self) -> dict[str, int]:
        """See :meth:`tokometer.ledger.protocol.Ledger.stats`."""
        counts = {
            table.name: int(self.fetch(Statement(f"SELECT count(*) FROM {table.name}"))[0][0])
            for table in schema.TABLES
        }
        counts["bytes"] = size_of(self.path) + self._room.log_bytes
        counts["schema_version"] = int(
            self.fetch(Statement("SELECT value FROM meta WHERE key = 'schema_version'"))[0][0]
        )
        return counts

    def close(self) -> None:
        """See :meth:`tokometer.ledger.protocol.Ledger.close`. Writes the log into the file, where there is room."""
        with self._lock:
            self._opening.close(checkpoint=self._room.for_a_checkpoint)
            self._witness.close()

    # -- inside ------------------------------------------------------------------------------------------------

    @property
    def _instance(self) -> Instance:
        return self._opening.current

    def _asked(self, ask: Callable[[Instance], T]) -> T:
        """What an instance answers; where that ends it, what the next one does."""
        instance = self._instance
        try:
            with instance.asked():
                return ask(instance)
        except LedgerError as error:
            self._noted(error)
            if not instance.over or isinstance(error, LedgerDamaged):
                raise
        instance = self._instance
        with instance.asked():
            return ask(instance)

    def _write(self, do: Callable[[Instance], T]) -> T:
        """Change something that is as well done twice as once."""
        with self._lock:
            self._asked(self._tune)
            self._changes += 1
            return self._asked(do)

    def _make_room(self, records: int) -> None:
        """See to it that so many records and the checkpoint after them fit.

        Raises:
            LedgerFull: They may not.
        """
        self._asked(self._tune)
        if self._room.is_narrow and self._room.for_a_checkpoint:
            self._asked(_checkpoint)
        self._room.for_records(records)

    def _tune(self, instance: Instance) -> None:
        threshold = BULK_THRESHOLD if self._bulks else CHECKPOINT_THRESHOLD
        instance.tune(1 if self._bulks else None, threshold if self._room.for_a_checkpoint else _NO_CHECKPOINT)

    def _has(self, books: Books, ended: Instance) -> bool:
        """Whether a commit that ended an instance is in the ledger."""
        try:
            return ended.over and self._instance.books.last.number >= books.last.number
        except LedgerError:
            return False

    def _noted(self, error: LedgerError) -> LedgerError:
        if isinstance(error, LedgerDamaged):
            self._damage = error
        return error


def _carry_out(instance: Instance, batch: Batch) -> tuple[Receipt, Admitted]:
    """Do all of a commit but its end."""
    connection, labels = instance.connection, instance.labels
    admitted = labels.admit(batch)
    put_sets(connection, admitted.rows)
    changes, receipt = plan(batch, instance.shelf)
    more = learnt(changes)
    put_sets(connection, labels.admit_more(more, admitted))
    batch.notices.extend(more.notices)
    for change in changes:
        changing.carry_out(connection, instance.shelf, change)
    changing.refuse(connection, batch.refusals)
    batch.notices.extend(changing.keep_aside(connection, batch))
    changing.forget_due(connection, batch)
    changing.notice(connection, instance.names, batch.notices)
    changing.move(connection, batch.cursors)
    return receipt, admitted


def _checkpoint(instance: Instance, tasks: int = 0) -> None:
    """Write the log into the file, unless somebody reads just now: next time. So much is tidied up meanwhile."""
    connection = instance.connection
    connection.execute(f"SET max_vacuum_tasks = {tasks:d}")
    try:
        with suppress(duckdb.TransactionException):
            connection.execute("CHECKPOINT")
    finally:
        with suppress(duckdb.FatalException):
            connection.execute("SET max_vacuum_tasks = 0")
