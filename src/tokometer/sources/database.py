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
from tokometer.records import Refusal, mistake, now_us
from tokometer.sources.documents import MOST_REFUSALS, Item
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.remembered import decoded, encoded
from tokometer.sources.tail import Stamp, extra_of, whole_state

M = TypeVar("M", bound=msgspec.Struct)

#: So long (seconds) a writer may keep us waiting; then it is tried again later.
_PATIENCE: Final = 2.0
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_CANNOT_OPEN: Final = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})


class Tables:
    """An open database: its rows as dictionaries, and what it has in the way of tables and columns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._columns: dict[str, frozenset[str]] = {}

    def has(self, table: str, *columns: str) -> bool:
        """Whether there is a table (or view), and in it these columns."""
        return bool(self.columns(table)) and self.columns(table) >= set(columns)

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table; none where there is no such table."""
        if table not in self._columns:
            rows = self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            self._columns[table] = frozenset(name for (name,) in rows)
        return self._columns[table]

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
    memory = decoded(extra_of(state), reader.Memory)
    with opened(path) as tables, _as_file_errors():
        reads = reader(path, tables, memory, noticed)
        for item in reads.items():
            try:
                reading.records.extend(item.records())
            except sqlite3.Error:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is of this row, and the others count
                if len(reading.refusals) < MOST_REFUSALS:
                    wrong = mistake(error)
                    refusal = Refusal(name, str(path), item.position, wrong.field, wrong.reason, now_us())
                    reading.refusals.append(refusal)
    reading.state = whole_state(stamp, encoded(memory))
    reading.notices = noticed.all()
    return reading


@contextmanager
def opened(path: Path) -> Iterator[Tables]:
    """A database, for reading only.

    Raises:
        OSError: It is gone, is no database, or is locked.
    """
    check_regular(path)
    address = quote(str(path.absolute()).encode("utf-8", "surrogateescape"))
    with _as_file_errors():
        try:
            connection = _connected(f"file:{address}?mode=ro")
        except sqlite3.Error as error:
            # A folder that nobody may write to has no place for the files that share a lock; nobody writes there.
            if _code(error) not in _CANNOT_OPEN:
                raise
            connection = _connected(f"file:{address}?immutable=1")
        with closing(connection):
            # One moment for all queries.
            connection.execute("BEGIN")
            yield Tables(connection)


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
