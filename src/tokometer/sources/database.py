"""SQLite databases that a tool writes to while we read: what all sources of them share.

A database is opened read-only and asked for what is new by a cursor that its source keeps (a rowid, a time). Columns
move between a tool's releases, so a source asks which there are and takes what it finds.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from errno import EBUSY, EIO
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, TypeVar
from urllib.parse import quote

import msgspec

from tokometer.host.regular import check_regular
from tokometer.records import Refusal, mistake, now_us, to_datetime
from tokometer.sources.documents import Item
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.remembered import decoded, encoded
from tokometer.sources.tail import Stamp, extra_of, held_of, whole_state

M = TypeVar("M", bound=msgspec.Struct)

#: So long (seconds) a writer may keep us waiting; then it is tried again later.
_PATIENCE: Final = 2.0
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
#: Below each of these a time is in s, ms, us (beyond, in ns), and how many of it are a second.
_UNITS: Final = ((10**11, 1), (10**14, 1_000), (10**17, 1_000_000))
_DAY_US: Final = 86_400_000_000
_CANNOT_OPEN: Final = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})


class Tables:
    """An open database: its rows as dictionaries, and what it has in the way of tables and columns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._columns: dict[str, frozenset[str]] = {}
        #: What was looked for in tables that are there, and is not, to say so: another release has it elsewhere.
        self.lacking: dict[tuple[str, str], None] = {}
        #: What was there to be read.
        self.held: set[str] = set()

    def has(self, table: str, *columns: str) -> bool:
        """Whether there is a table (or view), and in it these columns, without which it cannot be read."""
        if self.columns(table) and not self.expect(table, *columns):
            self.held.add(table)
            return True
        return False

    def expect(self, table: str, *columns: str) -> list[str]:
        """Which of these columns a table lacks that is there: what stood in them is not read, which is told."""
        there = self.columns(table)
        lacking = [name for name in columns if there and name not in there]
        self.lacking.update(((table, name), None) for name in lacking)
        return lacking

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table; none where there is no such table."""
        if table not in self._columns:
            rows = self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            self._columns[table] = frozenset(name for (name,) in rows)
        return self._columns[table]

    def last(self, table: str, column: str = "rowid") -> int:
        """The highest number in a table; 0 where it has no rows. One below what was read says that it was made anew."""
        found = next(self.rows(f"SELECT max({column}) AS last FROM {table}"))["last"]
        return found if isinstance(found, int) else 0

    def rows(self, query: str, values: Iterable[object] = ()) -> Iterator[dict[str, Any]]:
        """The rows of a query. Values are bound; names that stand in a query come from its source's declarations."""
        found = self._connection.execute(query, tuple(values))
        names = [column[0] for column in found.description]
        for row in found:
            yield dict(zip(names, row, strict=True))


class DatabaseReader(ABC, Generic[M]):
    """One reading of one database."""

    #: What is remembered of a database between two readings: a struct of which every field has a default.
    Memory: ClassVar[type[msgspec.Struct]]

    def __init__(self, path: Path, tables: Tables, memory: M, noticed: Noticed) -> None:
        self.path = path
        self.tables = tables
        self.memory = memory
        self.noticed = noticed

    @abstractmethod
    def items(self) -> Iterable[Item]:
        """What is new since the memory was kept, which is brought up to date; see `documents.Item`."""


class DatabaseSource(ABC):
    """A source of such databases: see `sources.protocol.FileSource`."""

    name: str
    title: str
    beside: tuple[str, ...] = ("-wal",)
    #: What reads one database.
    reader: type[DatabaseReader[Any]]

    @abstractmethod
    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """See `FileSource.roots`."""

    @abstractmethod
    def files(self, root: Path) -> Iterable[Path]:
        """See `FileSource.files`."""

    def read(self, path: Path, state: bytes) -> Reading:
        """See `FileSource.read`."""
        return read_database(self.name, self.reader, path, state, self.beside)


def read_database(
    name: str, reader: type[DatabaseReader[Any]], path: Path, state: bytes, beside: tuple[str, ...] = ("-wal",)
) -> Reading:
    """What is new in a database of the source `name` since `state`, for sources that also have files of other kinds.

    Raises:
        OSError: It is gone, is not a database (any more), or somebody else holds it locked.
    """
    stamp = Stamp.of(path, beside)
    noticed = Noticed(name, str(path))
    reading = Reading()
    # Another database in its place has numbers and times of its own, which may be before those that were read.
    memory = decoded(extra_of(state, stamp), reader.Memory)
    with opened(path) as tables, _as_file_errors():
        reads = reader(path, tables, memory, noticed)
        for item in reads.items():
            try:
                reading.records.extend(item.records())
            except sqlite3.Error:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is of this row, and the others count
                wrong = mistake(error)
                reading.refuse(Refusal(name, str(path), item.position, wrong.field, wrong.reason, now_us()))
        for table, column in tables.lacking:
            noticed.add("file", f"a database whose {table} has no {column}")
        for table in held_of(state):
            if not tables.columns(table):
                noticed.add("file", f"a database that has no {table} any more")
    reading.state = whole_state(stamp, encoded(memory), sorted(tables.held))
    reading.notices = noticed.all()
    return reading


@contextmanager
def opened(path: Path) -> Iterator[Tables]:
    """A database, for reading only.

    Raises:
        OSError: It is gone, is no database, or is locked; at the end: it was written to, and read without a lock.
    """
    check_regular(path)
    before: Stamp | None = None
    address = quote(str(path.absolute()).encode("utf-8", "surrogateescape"))
    with _as_file_errors():
        try:
            connection = _connected(f"file:{address}?mode=ro")
        except sqlite3.Error as error:
            # A folder that we may not write to has no place for the files that share a lock: it is read without one.
            if _code(error) not in _CANNOT_OPEN:
                raise
            before = Stamp.of(path)
            connection = _connected(f"file:{address}?immutable=1")
        with closing(connection):
            # One moment for all queries.
            connection.execute("BEGIN")
            yield Tables(connection)
    if before is not None and Stamp.of(path) != before:
        # Its owner may: what was read is of no one moment.
        raise OSError(EBUSY, "it was written to while it was read")


def _connected(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        connection.text_factory = _text
        connection.execute("PRAGMA query_only = 1")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def newest_us() -> int:
    """The latest time (µs) from which reading goes on: of one beyond, the clock was wrong, or it stands for none.

    All rows of the time until then would be passed over.
    """
    return now_us() + _DAY_US


def later(before: int, told: object) -> int:
    """The later of two times of last changes, in the unit in which a table writes them, to go on from.

    What is no number moves nothing, nor does a time beyond :func:`newest_us`.
    """
    if not isinstance(told, int) or isinstance(told, bool) or told <= before:
        return before
    unit = next((size for end, size in _UNITS if told < end), 10**9)
    return told if told < newest_us() * unit // 1_000_000 else before


def later_text(before: str, told: object) -> str:
    """The same of times in the words of ISO 8601, which are in the order of what they say."""
    latest = to_datetime(newest_us()).isoformat()
    return told if isinstance(told, str) and before < told < latest else before


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


@contextmanager
def _as_file_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        number = EBUSY if _code(error) in _BUSY else EIO
        raise OSError(number, f"the database cannot be read: {error}") from error


def _code(error: sqlite3.Error) -> int:
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
