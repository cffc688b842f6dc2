"""Making a damaged ledger whole again, without what cannot be read.

Nothing is deleted: what is damaged is moved aside, with the date in its name. What of it can be read is copied into a
new file, a range of rows at a time; rollups are built anew from the records, and all places of sources are forgotten,
so that what they still have is read again. Ids see to it that nothing counts twice.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb

from tokometer.ledger import schema
from tokometer.ledger.duckdb.bits import mend_headers, set_right
from tokometer.ledger.duckdb.commits import Books, Witness, books_of
from tokometer.ledger.duckdb.failures import understood
from tokometer.ledger.duckdb.ledger import DuckDBLedger
from tokometer.ledger.duckdb.opening import connect
from tokometer.ledger.duckdb.room import size_of
from tokometer.ledger.duckdb.tables import BLANKS, remake
from tokometer.ledger.duckdb.torn import aside_of, damaged_at, log_of
from tokometer.ledger.protocol import LedgerError, LedgerFull, LedgerLocked

#: Rows that are copied at a time, as many as DuckDB stores together; a range that fails is halved down to the fewest.
_RANGE: Final = 122_880
_FEWEST: Final = 2_048
#: Flipped bits that are worth being set right one by one.
_MOST_BITS: Final = 64
#: Tables that are built anew, or begun anew.
_NOT_COPIED: Final = {
    *(table.name for table in schema.ROLLUPS),
    schema.CURSORS.name,
    schema.DIRTY_QUARTERS.name,
    schema.DIRTY_SESSIONS.name,
    schema.META.name,
    "unsettled",
}


@dataclass(slots=True)
class Kept:
    """Of one table: the rows that were kept, and those that could not be read."""

    table: str
    rows: int
    lost: int = 0


@dataclass(slots=True)
class Repair:
    """What a repair found and did."""

    #: In words: what was damaged.
    found: list[str] = field(default_factory=list)
    #: Where damaged files are now.
    aside: list[Path] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    #: Commits that were acknowledged and are not in what was kept.
    missing: int = 0
    #: Rollup values that differ from their records afterwards: none, unless something else is wrong.
    discrepancies: int = 0

    @property
    def lost(self) -> int:
        """Rows that could not be read."""
        return sum(table.lost for table in self.kept)


def repair(path: Path, memory_limit: str) -> Repair:
    """Make a ledger's file whole. Afterwards it can be opened, and its audit is clean.

    Raises:
        LedgerLocked: Somebody has it open.
        LedgerFull: There is no room for a copy; nothing was changed.
        LedgerError: It cannot be done; nothing was changed, or what was is said.
    """
    done = Repair()
    with _undone(path, done):
        _set_right(path, memory_limit, done)
        _mend_log(path, memory_limit, done)
        _set_right(path, memory_limit, done)
        if not _is_readable(path, memory_limit, done):
            _copy(path, memory_limit, done)
        _settle(path, memory_limit, done)
    return done


@contextmanager
def _undone(path: Path, done: Repair) -> Iterator[None]:
    """Where it cannot be done, put everything back to where it was."""
    try:
        yield
    except BaseException:
        for moved in reversed(done.aside):
            with suppress(OSError):
                moved.replace(path.with_name(moved.name.partition(".damaged-")[0]))
        raise


def _set_right(path: Path, memory_limit: str, done: Repair) -> None:
    """Set right what is known for certain: bits that were flipped, and headers that stand there twice."""
    for _ in range(_MOST_BITS):
        problem = _opens(path, memory_limit, whole=True) if path.is_file() else ""
        if not problem:
            return
        right = set_right(path, log_of(path), problem) or mend_headers(path)
        if not right:
            return
        done.found.append(right)


def _mend_log(path: Path, memory_limit: str, done: Repair) -> None:
    """Where the log alone is in the way, keep what stands in it before the damage."""
    log = log_of(path)
    if not path.is_file():
        for odd in (path, log):
            if odd.exists():
                done.found.append(f"{odd.name} is {'a folder' if odd.is_dir() else 'all that is there'}")
                _move_aside(odd, done)
        return
    for _ in range(len(("whole", "cut off", "gone"))):
        problem = _opens(path, memory_limit)
        if not problem:
            return
        if not log.exists() or "WAL" not in problem:
            # It is the file itself, or will be told when that is read.
            return
        length = damaged_at(problem, log)
        if not any(log.name in moved.name for moved in done.aside):
            where = f"is damaged at byte {length:,} of {size_of(log):,}" if length else "cannot be read"
            done.found.append(f"the log {where}")
            copy = aside_of(log)
            if log.is_file() and length:
                shutil.copy2(log, copy)
                done.aside.append(copy)
            else:
                _move_aside(log, done)
                continue
        if length and length < size_of(log):
            os.truncate(log, length)
        else:
            log.unlink(missing_ok=True)


def _is_readable(path: Path, memory_limit: str, done: Repair) -> bool:
    """Whether every row of every table can be read."""
    if not path.exists():
        return True
    problem = _opens(path, memory_limit, whole=True)
    if problem:
        done.found.append(problem)
    return not problem


def _opens(path: Path, memory_limit: str, *, whole: bool = False) -> str:
    """What is wrong with a file, as DuckDB says it; empty where it opens, and with `whole` where all can be read."""
    try:
        connection = connect(path, read_only=True, memory_limit=memory_limit)
    except (LedgerLocked, LedgerFull):
        raise
    except LedgerError as error:
        return str(error.__cause__ or error).partition("\n")[0]
    table = "the list of tables"
    try:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() if whole else ():
            connection.execute(f'SELECT count(hash(t)) FROM "{table}" t').fetchone()
    except duckdb.Error as error:
        return f"{table}: {str(error).partition(chr(10))[0]}"
    finally:
        connection.close()
    return ""


def _copy(path: Path, memory_limit: str, done: Repair) -> None:
    """Copy what can be read into a new file, which then takes the damaged one's place."""
    new = path.with_name(f"{path.name}.repairing")
    for left in (new, log_of(new), new.with_suffix(".commits")):
        left.unlink(missing_ok=True)
    ledger = DuckDBLedger(new, memory_limit=memory_limit)
    try:
        with understood(new):
            _copy_tables(ledger._instance.connection, path, done)  # noqa: SLF001 - the same package
    finally:
        ledger.close()
    if size_of(log_of(new)):
        raise LedgerFull(f"there is no room beside {path} for a copy of it: free some space, and repair it then")
    for damaged in (path, log_of(path)):
        if damaged.exists():
            _move_aside(damaged, done)
    new.replace(path)
    new.with_suffix(".commits").unlink(missing_ok=True)


def _copy_tables(connection: duckdb.DuckDBPyConnection, path: Path, done: Repair) -> None:
    quoted = str(path).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{quoted}' AS damaged (READ_ONLY)")
    except duckdb.Error:
        done.found.append("nothing of the file can be read")
        return
    with suppress(duckdb.Error):
        # What the old one says of its commits, if it still says it.
        rows = connection.execute("SELECT key, value FROM damaged.meta WHERE key <> 'schema_version'").fetchall()
        connection.executemany("INSERT INTO meta VALUES (?, ?)", rows) if rows else None
    for table in schema.TABLES:
        if table.name not in _NOT_COPIED:
            done.kept.append(_Copying(connection, table).run())
    connection.execute("DETACH damaged")


class _Copying:
    """Copies one table, as much of it as can be read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: schema.Table) -> None:
        self._connection = connection
        self._table = table.name
        there = connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = 'damaged' AND table_name = $table",
            {"table": table.name},
        )
        known = {name for (name,) in there.fetchall()}
        self._missing = not known
        #: Columns that an older ledger has not got are as a migration would have left them.
        self._columns = ", ".join(
            f'"{column.name}"' if column.name in known else "NULL" if column.null else BLANKS[column.type]
            for column in table.columns
        )
        self._names = ", ".join(f'"{name}"' for name in table.names)
        self._kept = Kept(table.name, 0)

    def run(self) -> Kept:
        """Copy it."""
        if not self._missing:
            try:
                found = self._connection.execute(f"SELECT max(rowid) FROM damaged.{self._table}").fetchone()
                last = -1 if found is None or found[0] is None else int(found[0])
            except duckdb.Error:
                last = -1
            for first in range(0, last + 1, _RANGE):
                self._copy(first, min(first + _RANGE, last + 1))
        return self._kept

    def _copy(self, first: int, until: int) -> None:
        sql = (
            f"INSERT INTO {self._table} ({self._names}) SELECT {self._columns} FROM damaged.{self._table} "
            f"WHERE rowid >= {first:d} AND rowid < {until:d}"
        )
        try:
            copied = self._connection.execute(sql).fetchone()
        except duckdb.Error as error:
            if "space" in str(error).lower() or isinstance(error, duckdb.FatalException):
                raise
            if until - first <= _FEWEST:
                self._kept.lost += until - first
                return
            half = first + max(_FEWEST, (until - first) // 2 // _FEWEST * _FEWEST)
            self._copy(first, half)
            self._copy(half, until)
        else:
            self._kept.rows += int(copied[0]) if copied else 0


def _settle(path: Path, memory_limit: str, done: Repair) -> None:
    """Build the rollups anew, forget where sources were, and note that what is missing is known."""
    witness = Witness(path)
    ledger = DuckDBLedger(path, memory_limit=memory_limit)
    try:
        instance = ledger._instance  # noqa: SLF001 - the same package
        missing = witness.missing(instance.books)
        done.missing = missing.commits if missing else 0
        books = Books(max(instance.books.last, witness.last), None)
        with instance.asked(), instance.transaction() as connection:
            for statement in remake(schema.ROLLUPS):
                connection.execute(statement)
            connection.execute("DELETE FROM cursors")
            books.write(connection, books_of(connection))
        instance.books = books
        instance.settling.mark()
        ledger.settle()
        done.discrepancies = len(ledger.audit())
    finally:
        ledger.close()


def _move_aside(damaged: Path, done: Repair) -> None:
    moved = aside_of(damaged)
    damaged.replace(moved)
    done.aside.append(moved)


def words(done: Repair) -> Sequence[str]:
    """What a repair did, a line each."""
    lines = [f"Found    {found}" for found in done.found] or ["Found    nothing damaged: every row can be read"]
    lines += [f"Moved    the damaged file to {moved}" for moved in done.aside]
    lines += [
        f"Kept     {table.rows:,} {table.table}" + (f", about {table.lost:,} could not be read" if table.lost else "")
        for table in done.kept
        if table.rows or table.lost
    ]
    if done.missing:
        what = "commit that was" if done.missing == 1 else "commits that were"
        lines.append(f"Lost     {done.missing:,} {what} acknowledged, but for what the sources still have")
    lines.append("Rebuilt  every rollup from its records; places of sources are forgotten")
    if done.discrepancies:
        lines.append(f"Audit    {done.discrepancies:,} rollup values differ from their records; please report this")
    return lines
