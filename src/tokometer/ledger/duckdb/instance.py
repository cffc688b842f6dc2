"""One opened DuckDB database, with all that is known of it only as long as it is open.

After some errors DuckDB lets go of a database for good ("has been invalidated"): another instance has to be opened.
Nothing of the old one may be used again, so it is all here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

import duckdb

from tokometer.host.private import tighten
from tokometer.ledger.duckdb.commits import books_of
from tokometer.ledger.duckdb.failures import is_over, meaning
from tokometer.ledger.duckdb.labels import all_sets, rolled_keys
from tokometer.ledger.duckdb.opening import CHECKPOINT_THRESHOLD, connect
from tokometer.ledger.duckdb.settle import Settling
from tokometer.ledger.duckdb.shelf import DuckDBShelf
from tokometer.ledger.duckdb.transaction import transaction
from tokometer.ledger.duckdb.versions import bring_up_to_date, write_what_is_in_memory
from tokometer.ledger.labels import LabelSets
from tokometer.ledger.migrations import Migration
from tokometer.ledger.noticed import Names
from tokometer.ledger.protocol import LedgerUnavailable, Statement

#: How long one that is over waits for who still asks it, and then, having interrupted them, for their last words (s).
_POLITE: Final = 1.0
_LAST_WORDS: Final = 4.0
#: How long a checkpoint that somebody needs waits for a moment in which nobody reads, and how often it looks (s).
_PATIENT: Final = 5.0
_PAUSE: Final = 0.02


class Instance:
    """An open database. Each thread asks it through a cursor of its own."""

    def __init__(self, path: Path, migrations: Sequence[Migration], *, read_only: bool, memory_limit: str) -> None:
        self.path = path
        #: True after an error that DuckDB does not recover from, and after :meth:`close`.
        self.over = False
        self._local = threading.local()
        self._cursors: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()
        self._asking = threading.Condition()
        self._tuning = threading.Lock()
        self._tuned: tuple[int | None, str] = (None, CHECKPOINT_THRESHOLD)
        #: How many ask just now, and how often somebody has.
        self._askers = 0
        self.asks = 0
        self.connection = connect(path, read_only=read_only, memory_limit=memory_limit)
        tighten(path.parent)
        try:
            if not read_only:
                bring_up_to_date(self.connection, path, migrations)
            self.shelf = DuckDBShelf(self.connection)
            self.labels = LabelSets(lambda: all_sets(self.connection))
            self.labels.rolled = rolled_keys(self.connection)
            self.names = Names(self.fetch)
            #: What it says of its commits.
            self.books = books_of(self.connection)
            self.settling = Settling(self.connection, path)
        except BaseException as error:
            with suppress(duckdb.Error):
                self.connection.close()
            meant = meaning(error, path) if isinstance(error, duckdb.Error) else None
            if meant is None:
                raise
            raise meant from error

    @contextmanager
    def asked(self) -> Iterator[None]:
        """While something is asked of it: errors become the ledger's, and those that end it are noted.

        Raises:
            LedgerError: DuckDB cannot do it, for a reason that is not what was asked.
        """
        with self._asking:
            if self.over:
                raise LedgerUnavailable(f"{self.path} is just being opened again", 1)
            self._askers += 1
            self.asks += 1
        try:
            yield
        except BaseException as error:
            cause = error if isinstance(error, duckdb.Error) else error.__cause__
            if isinstance(cause, duckdb.Error) and is_over(cause):
                self.over = True
            meant = meaning(error, self.path) if isinstance(error, duckdb.Error) else None
            if meant is None:
                raise
            raise meant from error
        finally:
            with self._asking:
                self._askers -= 1
                self._asking.notify_all()

    def tune(self, threads: int | None, threshold: str) -> None:
        """With how many threads it answers (None: as many as there are cores), and how long the log may grow."""
        with self._tuning:
            if self._tuned == (threads, threshold):
                return
            cursor = self.cursor()
            cursor.execute("RESET threads" if threads is None else f"SET threads = {threads:d}")
            cursor.execute(f"SET checkpoint_threshold = '{threshold}'")
            self._tuned = (threads, threshold)

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.cursor().execute(statement.sql, dict(statement.parameters)).fetchall()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self.connection.cursor()
            self._local.cursor = cursor
            with self._asking:
                self._cursors.add(cursor)
        return cursor

    def write_what_is_in_memory(self) -> None:
        """Put into the file what DuckDB keeps in memory until then, where it is much."""
        last = time.monotonic() + _PATIENT
        while True:
            try:
                write_what_is_in_memory(self.connection)
            except duckdb.TransactionException:
                # Somebody reads just now; where that goes on and on, it waits for the next time.
                if time.monotonic() > last:
                    return
                time.sleep(_PAUSE)
            else:
                return

    def another(self) -> duckdb.DuckDBPyConnection:
        """A cursor for long work, which ends when the database is closed."""
        cursor = self.connection.cursor()
        with self._asking:
            self._cursors.add(cursor)
        return cursor

    def pinned(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own that goes on seeing what is committed now."""
        cursor = self.connection.cursor()
        with self._asking:
            self._cursors.add(cursor)
        cursor.begin()
        # A transaction sees what was there when it first looked.
        cursor.execute("SELECT 1 FROM meta LIMIT 1").fetchall()
        return cursor

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The writer's connection, with a transaction: what is done within is kept, or all of it undone."""
        with transaction(self.connection, self.path):
            yield self.connection

    def close(self, *, checkpoint: bool = False) -> None:
        """Let go of the file, once nobody asks any more; with `checkpoint` the log is written into it."""
        with self._asking:
            if not (self.over or checkpoint):
                with suppress(duckdb.Error):
                    self.connection.execute("PRAGMA disable_checkpoint_on_shutdown")
            self.over = True
            if not self._asking.wait_for(lambda: not self._askers, _POLITE):
                for cursor in self._cursors:
                    # One that has been closed meanwhile has nothing to interrupt.
                    with suppress(duckdb.Error):
                        cursor.interrupt()
                self._asking.wait_for(lambda: not self._askers, _LAST_WORDS)
        self.settling.close()
        for cursor in (*self._cursors, self.connection):
            with suppress(duckdb.Error):
                cursor.close()
