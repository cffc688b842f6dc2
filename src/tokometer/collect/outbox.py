"""What was read and waits to be sent: a spool on disk, bounded, which loses and doubles nothing when it is killed.

It stands where a ledger would, for whoever reads files: what is committed to it is on disk together with how far each
file was read. What has been sent is deleted.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tokometer.collect.reading import Sender
from tokometer.collect.writer import QueueFull
from tokometer.host.private import private_folder
from tokometer.ledger import Batch, LedgerFull, LedgerUnavailable, Receipt, Statement
from tokometer.ledger.aside import record_in
from tokometer.ledger.refused import refusal_id
from tokometer.records import Notice, Record, Refusal

FILE_NAME: Final = "outbox.sqlite"
#: What may wait to be sent, unless somebody says otherwise (bytes).
MOST_BYTES: Final = 1 << 30
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS shipments (number INTEGER PRIMARY KEY AUTOINCREMENT, records INTEGER, body BLOB)",
    "CREATE TABLE IF NOT EXISTS cursors (source TEXT, place TEXT, state BLOB, PRIMARY KEY (source, place))",
    "CREATE TABLE IF NOT EXISTS declined (number INTEGER PRIMARY KEY, records INTEGER, body BLOB)",
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER)",
    # Whether any has arrived: of spools that know it from their numbers only, once.
    "INSERT OR IGNORE INTO facts SELECT 'sent', 1 FROM sqlite_sequence "
    "WHERE name = 'shipments' AND seq > (SELECT count(*) FROM shipments)",
    # What a server declined, another one, or a later version of it, may take.
    "INSERT OR IGNORE INTO shipments SELECT number, records, body FROM declined",
    "DELETE FROM declined",
)


class Waiting(NamedTuple):
    """A shipment that is to be sent."""

    number: int
    records: int
    body: bytes


class OutboxFull(QueueFull):
    """As much waits to be sent as may; whoever reads files waits."""

    retry_after = 1


class Outbox:
    """The spool in a folder; used by one thread that reads and one that sends."""

    def __init__(self, folder: Path, program: str, machine: str, most_bytes: int = MOST_BYTES) -> None:
        """Open it, or make it.

        Raises:
            OSError: The folder cannot be made, or another process ships from it.
        """
        private_folder(folder)
        #: As whose they are sent.
        self.sender = Sender(program, machine)
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            folder / FILE_NAME, timeout=2.0, isolation_level=None, check_same_thread=False
        )
        with _as_unavailable():
            # One process ships from a folder; a second one is told so.
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                self._connection.execute(statement)
            self._connection.execute("COMMIT")
            row = self._connection.execute("SELECT count(*), coalesce(sum(length(body)), 0) FROM shipments").fetchone()
        self._count, self._bytes = row

    def close(self) -> None:
        """Close it; what waits is sent after the next start."""
        with self._lock:
            self._connection.close()

    @property
    def waiting(self) -> tuple[int, int]:
        """How many shipments wait, and their bytes."""
        return self._count, self._bytes

    # -- for whoever reads files: what a writer and a ledger would be ------------------------------------------------

    def submit(self, batch: Batch) -> Future[Receipt]:
        """Put a batch into the spool; durable once it returns.

        Raises:
            OutboxFull: Too much waits to be sent.
        """
        if self._bytes >= self._most_bytes:
            raise OutboxFull(f"{self._bytes:,} bytes wait to be sent")
        future: Future[Receipt] = Future()
        try:
            future.set_result(self._put(batch))
        except LedgerUnavailable as error:
            future.set_exception(error)
        return future

    def cursors(self, source: str) -> dict[str, bytes]:
        """How far each file of a source was read."""
        with self._lock, _as_unavailable():
            rows = self._connection.execute("SELECT place, state FROM cursors WHERE source = ?", (source,))
            return dict(rows.fetchall())

    def forget(self, source: str, places: Iterable[str]) -> None:
        """Forget how far files were read that are gone."""
        with self._transaction():
            rows = [(source, place) for place in places]
            self._connection.executemany("DELETE FROM cursors WHERE source = ? AND place = ?", rows)

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Nothing is different where much comes at once."""
        yield

    def fetch(self, statement: Statement) -> list[tuple[object, ...]]:  # noqa: ARG002 - refusals are told over there
        """Nothing: it cannot be asked."""
        return []

    # -- for whoever sends -------------------------------------------------------------------------------------------

    def first(self) -> Waiting | None:
        """The shipment that waits longest."""
        with self._lock, _as_unavailable():
            row = self._connection.execute(
                "SELECT number, records, body FROM shipments ORDER BY number LIMIT 1"
            ).fetchone()
        return None if row is None else Waiting(*row)

    def sent(self, shipment: Waiting) -> None:
        """A shipment has arrived."""
        with self._transaction():
            self._connection.execute("DELETE FROM shipments WHERE number = ?", (shipment.number,))
            self._connection.execute("INSERT OR REPLACE INTO facts VALUES ('sent', 1)")
            self._count -= 1
            self._bytes -= len(shipment.body)

    def declined(self, shipment: Waiting) -> None:
        """The server takes none of a shipment: let others go before it, until the spool is opened the next time."""
        with self._transaction():
            self._connection.execute("INSERT OR REPLACE INTO declined VALUES (?, ?, ?)", shipment)
            self._connection.execute("DELETE FROM shipments WHERE number = ?", (shipment.number,))
            # Its bytes go on counting: what is kept of it is bounded, too.
            self._count -= 1

    @property
    def has_sent(self) -> bool:
        """Whether anything has arrived anywhere since :meth:`start_over`."""
        with self._lock, _as_unavailable():
            row = self._connection.execute("SELECT value FROM facts WHERE name = 'sent'").fetchone()
        return bool(row and row[0])

    def start_over(self) -> None:
        """Forget how far files were read: whoever is sent to has nothing of what was in them."""
        with self._transaction():
            self._connection.execute("DELETE FROM cursors")
            self._connection.execute("INSERT OR REPLACE INTO facts VALUES ('sent', 0)")

    def _put(self, batch: Batch) -> Receipt:
        batch.unpack()
        bodies = [*batch.shipped, *self.sender.shipments(*_not_shipped(batch))]
        with self._transaction():
            self._connection.executemany("INSERT INTO shipments (records, body) VALUES (?, ?)", bodies)
            cursors = [(source, place, state) for (source, place), state in batch.cursors.items()]
            self._connection.executemany("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)", cursors)
            self._count += len(bodies)
            self._bytes += sum(len(body) for _, body in bodies)
        return Receipt(accepted=batch.size, outcomes=["accepted"] * batch.size)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, _as_unavailable():
            before = self._count, self._bytes
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                # Where the disk is full it is mostly here that it shows.
                self._connection.execute("COMMIT")
            except BaseException:
                self._count, self._bytes = before
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _not_shipped(batch: Batch) -> tuple[list[Record], list[Refusal], list[Notice]]:
    """What of a batch is in no shipment yet."""
    # What our clock does not believe the server's may.
    records = [*batch.records, *map(record_in, batch.aside)]
    aside = {waiting.refusal for waiting in batch.aside}
    refusals = [refusal for refusal in batch.refusals if refusal_id(refusal) not in aside]
    return records, refusals, list(batch.notices)


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
        raise (LedgerFull if full else LedgerUnavailable)(f"the outbox cannot be written: {error}") from error
