"""PostgreSQL and MySQL, through their own drivers, which are installed by whoever needs them."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from tokometer.records.redaction import redacted
from tokometer.sources.table.engines import MOST_COLUMNS, MOST_TABLES, Shape, TableError

POSTGRESQL: Final = ("postgresql", "postgres")
MYSQL: Final = ("mysql", "mariadb")
#: Seconds to wait for a connection, and for one query.
_CONNECT: Final = 10
_QUERY: Final = 60
#: So long after a query's limit its answer is waited for.
_LATE: Final = 10
#: Names in double quotes, times in UTC, nothing written, one moment for all queries.
_MYSQL_BEGIN: Final = (
    "SET SESSION sql_mode = 'ANSI_QUOTES'",
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION READ ONLY",
)
#: Rows that are fetched at once.
_FETCH: Final = 2_000
_LONGEST: Final = 200
_COLUMNS: Final = """
    SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'mysql', 'performance_schema', 'sys'){where}
    ORDER BY table_schema, table_name, ordinal_position LIMIT {limit}
"""
_KEYS: Final = """
    SELECT k.table_schema, k.table_name, k.column_name FROM information_schema.table_constraints c
    JOIN information_schema.key_column_usage k ON k.constraint_name = c.constraint_name
    AND k.table_schema = c.table_schema AND k.table_name = c.table_name
    WHERE c.constraint_type = 'PRIMARY KEY' LIMIT {limit}
"""
_VIEWS: Final = "SELECT table_schema, table_name FROM information_schema.views LIMIT {limit}"
_VIEWS_AND_PARTITIONS: Final = """
    SELECT table_schema, table_name FROM information_schema.views
    UNION SELECT n.nspname, c.relname FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LIMIT {limit}
"""


class _Server:
    """What both have in common."""

    #: No name can hold it, as one can hold a percent sign.
    mark = "\0"
    cut = False
    #: The query for views and partitions.
    _of_others = _VIEWS
    #: Tables of this schema are named without it.
    _home = "public"

    def __init__(self, connection: Any, errors: tuple[type[Exception], ...]) -> None:  # noqa: ANN401 - of a driver
        self._connection = connection
        self._errors = errors

    def shapes(self) -> list[Shape]:
        """See `Engine.shapes`."""
        columns: dict[tuple[str, str], dict[str, str]] = {}
        limit = MOST_TABLES * 20
        for schema, table, column, kind in self.rows(_COLUMNS.format(where=self._where(), limit=limit), ()):
            found = columns.setdefault((str(schema), str(table)), {})
            if len(found) < MOST_COLUMNS:
                found[str(column)] = str(kind).lower()
        keys: dict[tuple[str, str], list[str]] = {}
        for schema, table, column in self.rows(_KEYS.format(limit=limit), ()):
            keys.setdefault((str(schema), str(table)), []).append(str(column))
        others = {(str(schema), str(table)) for schema, table in self.rows(self._of_others.format(limit=limit), ())}
        shapes = []
        for (schema, table), of_table in sorted(columns.items(), key=lambda one: (one[0][0] != self._home, one[0])):
            key = keys.get((schema, table), [])
            name = table if schema == self._home else f"{schema}.{table}"
            shapes.append(
                Shape(
                    name,
                    of_table,
                    key[0] if len(key) == 1 else "",
                    of_others=(schema, table) in others,
                    schema=schema,
                    table=table,
                )
            )
        return shapes

    def pick(self, columns: Sequence[str], order: str) -> None:
        """See `Engine.pick`: a database finds them by itself."""

    def bound(self, kind: str) -> str:  # noqa: ARG002 - servers take text for what the column is
        """See `Engine.bound`."""
        return self.mark

    def rejects(self) -> list[tuple[int, str]]:
        """None: every row of a database is one."""
        return []

    def rows(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """See `Engine.rows`."""
        try:
            with self._cursor() as cursor:
                with self._in_time():
                    if values:
                        cursor.execute(query.replace("%", "%%").replace(self.mark, "%s"), tuple(values))
                    else:
                        cursor.execute(query)
                while True:
                    with self._in_time():
                        rows = cursor.fetchmany(_FETCH)
                    if not rows:
                        break
                    yield from (tuple(row) for row in rows)
        except self._errors as error:
            raise TableError(f"cannot be read: {_why(error)}") from error

    def _cursor(self) -> Any:  # noqa: ANN401 - of a driver
        return self._connection.cursor()

    def _in_time(self) -> AbstractContextManager[object]:
        """End what is waited for if it takes too long. MySQL's driver does."""
        return nullcontext()

    def _where(self) -> str:
        return ""


class Postgres(_Server):
    """A database of PostgreSQL."""

    _of_others = _VIEWS_AND_PARTITIONS

    def _cursor(self) -> Any:  # noqa: ANN401 - of a driver
        # Of the server's side: not all rows come at once.
        return self._connection.cursor(name="tokometer")

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        # A query's limit is kept by the server. One that is halted, or behind a network that is gone, says nothing.
        timer = threading.Timer(_QUERY + _LATE, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        with suppress(OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as connection:
            connection.shutdown(socket.SHUT_RDWR)


class MySql(_Server):
    """A database of MySQL or MariaDB."""

    def __init__(self, connection: Any, errors: tuple[type[Exception], ...], name: str) -> None:  # noqa: ANN401
        super().__init__(connection, errors)
        self._home = name

    def _where(self) -> str:
        return " AND table_schema = DATABASE()"


@contextmanager
def open_server(url: str, secret: str = "") -> Iterator[_Server]:
    """A server's database, for reading only. `secret` is its password, or `user:password`.

    Raises:
        TableError: It cannot be reached, or its driver is not installed.
    """
    parts = urlsplit(url)
    user, _, password = secret.rpartition(":") if ":" in secret else (parts.username or "", "", secret)
    user = user or parts.username or ""
    if parts.scheme in POSTGRESQL:
        engine = _postgres(url, unquote(user), password)
    elif parts.scheme in MYSQL:
        engine = _mysql(url, unquote(user), password)
    else:
        raise TableError(f"there is no way to read {parts.scheme}:; there are file, postgresql and mysql")
    try:
        yield engine
    finally:
        engine._connection.close()  # noqa: SLF001 - our own


def _postgres(url: str, user: str, password: str) -> _Server:
    try:
        import psycopg
    except ImportError:
        raise TableError("PostgreSQL is read with psycopg: pip install 'tokometer[postgresql]'") from None
    told: dict[str, Any] = {"connect_timeout": _CONNECT, "application_name": "tokometer"}
    told |= {"user": user} if user else {}
    told |= {"password": password} if password else {}
    options = f"-c default_transaction_read_only=on -c statement_timeout={_QUERY * 1000} -c timezone=UTC"
    try:
        connection = psycopg.connect(url, options=options, **told)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        _take_all_times(connection)
    except psycopg.Error as error:
        said = str(error).lower()
        raise TableError(_why(error), secret="password" in said or "authentication" in said) from error
    return Postgres(connection, (psycopg.Error,))


def _take_all_times(connection: Any) -> None:  # noqa: ANN401 - of a driver
    """Have times that Python has none of (infinity, before Christ) come as text, which is of their row, not of all."""
    from psycopg import DataError
    from psycopg.types import datetime as loaders

    for name in ("date", "timestamp", "timestamptz", "interval"):
        base: Any = getattr(loaders, f"{name.capitalize()}Loader")

        class Loader(base):  # type: ignore[misc]
            """One of the driver's."""

            def load(self, data: Any) -> Any:  # noqa: ANN401
                """The time, or how it is written."""
                try:
                    return super().load(data)
                except (DataError, ValueError, OverflowError):
                    return bytes(data).decode()

        connection.adapters.register_loader(name, Loader)


def _mysql(url: str, user: str, password: str) -> _Server:
    try:
        import pymysql
        import pymysql.cursors
    except ImportError:
        raise TableError("MySQL is read with PyMySQL: pip install 'tokometer[mysql]'") from None
    parts = urlsplit(url)
    name = unquote(parts.path.strip("/"))
    try:
        connection = pymysql.connect(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 3306,
            user=user or None,
            password=password,
            database=name,
            connect_timeout=_CONNECT,
            read_timeout=_QUERY,
            cursorclass=pymysql.cursors.SSCursor,
        )
        with connection.cursor() as cursor:
            for command in _MYSQL_BEGIN:
                cursor.execute(command)
    except pymysql.Error as error:
        raise TableError(_why(error), secret="1045" in str(error)) from error
    return MySql(connection, (pymysql.Error,), name)


def _why(error: Exception) -> str:
    return redacted(" ".join(str(error).split()) or type(error).__name__, _LONGEST)
