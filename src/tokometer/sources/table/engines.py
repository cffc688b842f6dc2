"""What tables are read with: one form of SQL for all of them, and what differs between them.

Names of tables and columns stand in a query only as the database itself gave them, quoted; values are bound.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol

from tokometer.host.regular import check_regular, open_regular
from tokometer.records.redaction import redacted
from tokometer.sources import folders
from tokometer.sources.database import Tables, opened
from tokometer.sources.table.figures import mark_of
from tokometer.sources.table.growing import whole_lines

#: Tables and columns that are looked at.
MOST_TABLES: Final = 2_000
MOST_COLUMNS: Final = 20_000
#: What DuckDB may take of this machine for one file; the latter where it has thousands of columns.
_MEMORY: Final = ("512MB", "1GB")
_LIMITS: Final = {
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
#: The one table of a file that is one.
FILE_TABLE: Final = "file"
_LONGEST: Final = 200
#: Rows of a CSV that are no rows, to list.
_MOST_REJECTS: Final = 1_000
#: Rows and values that are looked at for how numbers are written.
_SAMPLE_ROWS: Final = 2_000
_SAMPLE: Final = 100_000
_WIDE: Final = 1_000
#: Bytes that are looked at for how text is written.
_SAMPLE_BYTES: Final = 16 << 20
_TIMESTAMP: Final = re.compile(r"TIMESTAMP(?:TZ)?(?:_NS)?(?: WITH TIME ZONE)?")


class TableError(Exception):
    """A table that cannot be read just now, or at all; says why, in one line."""

    def __init__(self, reason: str, *, secret: bool = False) -> None:
        super().__init__(reason)
        self.secret = secret


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as its database describes it."""

    name: str
    #: Column → its type, in the database's words; in order.
    columns: dict[str, str]
    #: The column that tells rows from each other, where there is exactly one.
    key: str = ""
    #: Its rows are those of other tables: a view, a partition.
    of_others: bool = False
    #: What parts fractions in its numbers, where they are text and say so.
    decimal: str = ""
    #: Column → the table and column that it points to, where the database says.
    references: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: The schema that it is in, where it has to be named, and its name there.
    schema: str = ""
    table: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """Its names in a query, the outermost first."""
        return (self.schema, self.table) if self.schema else (self.name,)


class Engine(Protocol):
    """An open database, for reading."""

    #: What stands for a value that is bound.
    mark: str
    #: A last line was left out, because it is being written.
    cut: bool

    def shapes(self) -> list[Shape]:
        """Its tables and views.

        Raises:
            TableError: They cannot be read.
        """

    def pick(self, columns: Sequence[str], order: str) -> None:
        """Be told which columns of a table are read, again and again in an order, before they are.

        Raises:
            TableError: They cannot be read.
        """

    def rows(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, not all of them in memory.

        Raises:
            TableError: They cannot be read.
            OSError: The same, of a file.
        """

    def bound(self, kind: str) -> str:
        """What stands for a value that is compared with a column of a type."""

    def rejects(self) -> list[tuple[int, str]]:
        """Line and reason of those lines of a file that are no rows."""


def quoted(name: str) -> str:
    """A name in a query."""
    return '"' + name.replace('"', '""') + '"'


class Sqlite:
    """A database of SQLite."""

    mark = "?"
    cut = False

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def shapes(self) -> list[Shape]:
        """See `Engine.shapes`."""
        query = (
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' "
            "ESCAPE '!' ORDER BY name LIMIT ?"
        )
        found = list(self._tables.rows(query, (MOST_TABLES,)))
        return [self._shape(str(row["name"]), view=row["type"] == "view") for row in found]

    def _shape(self, name: str, *, view: bool) -> Shape:
        columns, keys = {}, []
        query = "SELECT name, type, pk FROM pragma_table_info(?) LIMIT ?"
        for row in self._tables.rows(query, (name, MOST_COLUMNS)):
            columns[str(row["name"])] = str(row["type"]).lower()
            keys += [str(row["name"])] if row["pk"] else []
        query = 'SELECT "from" AS source, "table" AS target, "to" AS key FROM pragma_foreign_key_list(?)'
        references = {
            str(row["source"]): (str(row["target"]), str(row["key"] or "")) for row in self._tables.rows(query, (name,))
        }
        return Shape(name, columns, keys[0] if len(keys) == 1 else "", of_others=view, references=references)

    def pick(self, columns: Sequence[str], order: str) -> None:
        """See `Engine.pick`: a database finds them by itself."""

    def rows(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """See `Engine.rows`."""
        for row in self._tables.rows(query, values):
            yield tuple(row.values())

    def bound(self, kind: str) -> str:  # noqa: ARG002 - SQLite compares what it has
        """See `Engine.bound`."""
        return self.mark

    def rejects(self) -> list[tuple[int, str]]:
        """None: every row of a database is one."""
        return []


class DuckDb:
    """A file of CSV or Parquet, read by DuckDB in memory."""

    mark = "?"

    def __init__(self, path: Path, *, parquet: bool, growing: bool = False) -> None:
        import duckdb

        check_regular(path)
        self._parquet = parquet
        #: What is read of it, once that is known.
        self._picked = ""
        #: Where what does not fit into the memory is put aside.
        self._aside = TemporaryDirectory(prefix="tokometer-file-", ignore_cleanup_errors=True)
        #: A last line without an end was left out.
        self.cut = False
        if growing:
            try:
                path, self.cut = whole_lines(path, Path(self._aside.name))
            except OSError:
                self._aside.cleanup()
                raise
        self._error = duckdb.Error
        # A name with a star or brackets is a pattern to DuckDB; these name themselves in brackets.
        named = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
        named = "'" + named.replace("'", "''") + "'"
        # Text as it stands: what it means is for the fields to say. Lines that are no rows are listed, not fatal.
        self._relation = (
            f"read_parquet({named})"
            if parquet
            else f"read_csv({named}, all_varchar = true, header = true, store_rejects = true, rejects_limit = 1000, "
            f"max_line_size = 16777216, sample_size = 2048, encoding = '{_encoding(path)}'{_separator(path)})"
        )
        for memory in _MEMORY:
            limits = {"memory_limit": memory, "temp_directory": self._aside.name}
            self._connection = duckdb.connect(":memory:", config={**_LIMITS, **limits})
            try:
                self._connection.execute("SET TimeZone = 'UTC'")
                self._described = self._description()
                break
            except self._error as error:
                self._connection.close()
                if memory != _MEMORY[-1] and isinstance(error, duckdb.OutOfMemoryException):
                    continue
                self._aside.cleanup()
                raise TableError(f"cannot be read: {_why(error)}") from error

    def _description(self) -> list[tuple[Any, ...]]:
        """The columns; times with a zone become those of UTC, and nanoseconds what Python has."""
        described = self._connection.execute(f"DESCRIBE SELECT * FROM {self._relation}").fetchall()
        casts = {
            quoted(str(name)): plain
            for name, kind, *_ in described
            if (plain := _TIMESTAMP.sub("TIMESTAMP", str(kind))) != str(kind)
        }
        if not casts:
            return described
        replaced = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in casts.items())
        self._relation = f"(SELECT * REPLACE ({replaced}) FROM {self._relation})"
        return self._connection.execute(f"DESCRIBE SELECT * FROM {self._relation}").fetchall()

    def shapes(self) -> list[Shape]:
        """See `Engine.shapes`."""
        columns = {str(row[0]): str(row[1]).lower() for row in self._described[:MOST_COLUMNS]}
        return [Shape(FILE_TABLE, columns, decimal="" if self._parquet else self._mark(len(columns)))]

    def _mark(self, columns: int) -> str:
        """What parts fractions in the first rows of a file of text; of very wide ones nothing is said."""
        if columns > _WIDE:
            return ""
        query = f"SELECT * FROM {self._relation} LIMIT {max(1, min(_SAMPLE_ROWS, _SAMPLE // max(1, columns)))}"
        try:
            return mark_of(value for row in self._connection.execute(query).fetchall() for value in row)
        except self._error as error:
            raise TableError(f"cannot be read: {_why(error)}") from error

    def rows(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """See `Engine.rows`."""
        try:
            found = self._connection.execute(
                query.replace(f"FROM {quoted(FILE_TABLE)} ", f"FROM {self._picked or self._relation} "), values
            )
            while rows := found.fetchmany(2_048):
                yield from rows
        except self._error as error:
            raise TableError(f"cannot be read: {_why(error)}") from error

    def pick(self, columns: Sequence[str], order: str) -> None:
        """See `Engine.pick`: a file is read and sorted once, and not once for each portion."""
        picked = ", ".join(map(quoted, columns))
        try:
            self._connection.execute(
                f"CREATE OR REPLACE TEMP TABLE picked AS SELECT {picked} FROM {self._relation} ORDER BY {order}"
            )
        except self._error as error:
            raise TableError(f"cannot be read: {_why(error)}") from error
        self._picked = "picked"

    def bound(self, kind: str) -> str:
        """See `Engine.bound`."""
        return "?" if kind == "varchar" else f"CAST(? AS {kind})"

    def rejects(self) -> list[tuple[int, str]]:
        """See `Engine.rejects`."""
        if self._parquet:
            return []
        try:
            query = f"SELECT DISTINCT line, error_type FROM reject_errors ORDER BY line LIMIT {_MOST_REJECTS}"
            found = self._connection.execute(query).fetchall()
        except self._error:
            return []
        return [(int(line), str(why).lower()) for line, why in found]

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()
        self._aside.cleanup()


def _encoding(path: Path) -> str:
    """How a file of text is written: UTF-16 says so at its start; what is no UTF-8 is Latin-1."""
    if path.name.lower().endswith(".gz"):
        return "utf-8"
    start = folders.head(path, _SAMPLE_BYTES)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _separator(path: Path) -> str:
    """What parts columns where the first line says nothing else, as spreadsheets write it (`sep=;`)."""
    found = re.match(rb"(?:\xef\xbb\xbf)?sep=([,;|\t])\r?\n", folders.head(path, 16))
    return f", skip = 1, delim = '{found[1].decode()}'" if found is not None else ""


def form_of(path: Path) -> str:
    """What a file is: sqlite, parquet, csv; empty where it is none of them."""
    head = folders.head(path)
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if head.startswith(b"PAR1"):
        return "parquet"
    name = path.name.lower().removesuffix(".gz")
    return "csv" if name.endswith((".csv", ".tsv")) else ""


@contextmanager
def open_file(path: Path, form: str = "", *, growing: bool = False) -> Iterator[Engine]:
    """A file, by what it is. Of one that is `growing` a last line without an end is left out: it is being written.

    Raises:
        TableError: It is none that can be read.
        OSError: It is gone, or locked.
    """
    form = form or form_of(path)
    if form == "sqlite":
        with opened(path) as tables:
            yield Sqlite(tables)
    elif form in ("csv", "parquet"):
        engine = DuckDb(path, parquet=form == "parquet", growing=growing)
        try:
            yield engine
        finally:
            engine.close()
    else:
        # What may not be opened, or is no file, says so.
        with open_regular(path) as file:
            if not file.read(1):
                raise TableError("is empty")
        raise TableError("is neither SQLite nor Parquet, and its name does not end in .csv or .tsv")


def _why(error: Exception) -> str:
    """The first line of what a database says."""
    return redacted(next(iter(str(error).splitlines()), type(error).__name__), _LONGEST)
