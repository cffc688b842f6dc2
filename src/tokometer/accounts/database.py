"""The engine: SQLite in a folder or PostgreSQL elsewhere, its transactions, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, OperationalError, SQLAlchemyError

from tokometer.accounts.errors import AccountsDamaged, AccountsError, AccountsUnavailable
from tokometer.host.private import private_folder
from tokometer.host.regular import open_regular
from tokometer.records.redaction import redacted

#: The file in the data folder.
FILE: Final = "accounts.db"
#: How long one waits for another's change to end (seconds).
_PATIENCE: Final = 3
_POSTGRESQL: Final = "postgresql+psycopg"
#: Says which connections are about to write, so that two of them follow each other from the beginning.
_WRITES: Final = {"writes": True}


def engine_of(folder: Path, url: str) -> Engine:
    """The engine over `accounts.db` in a folder, or over the PostgreSQL database at a URL. Nothing is asked yet.

    Raises:
        AccountsError: The file cannot be made or opened, or the URL is none of PostgreSQL's.
    """
    return _postgresql(url) if url else _sqlite(folder / FILE)


def _sqlite(path: Path) -> Engine:
    try:
        private_folder(path.parent)
        # Whatever SQLite puts beside it gets the mode of the file.
        open_regular(path, os.O_RDWR | os.O_CREAT, 0o600).close()
    except OSError as error:
        raise AccountsUnavailable(f"{path}: {error.strerror}; what people make is kept there") from error
    # What a change was to write stands in no error.
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"timeout": _PATIENCE}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        # Transactions are begun by us, below: the driver would begin them at the first change.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: str) -> Engine:
    shown = redacted(url, 200)
    try:
        address = make_url(url)
    except ArgumentError:
        raise AccountsError(f"{shown!r} is no address: postgresql://USER@HOST/DATABASE") from None
    if address.get_backend_name() not in ("postgresql", "postgres"):
        raise AccountsError(f"{shown!r} is none of PostgreSQL's: postgresql://USER@HOST/DATABASE")
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise AccountsError("PostgreSQL is asked with psycopg: pip install 'tokometer[postgresql]'") from None
    return create_engine(
        address.set(drivername=_POSTGRESQL),
        connect_args={"connect_timeout": _PATIENCE, "options": f"-c lock_timeout={_PATIENCE * 1000}"},
        pool_pre_ping=True,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
    )


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads."""
    with told(), engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: all of it, or nothing."""
    with told(), engine.connect().execution_options(**_WRITES) as connection, connection.begin():
        yield connection


def lock(connection: Connection, what: int) -> None:
    """Have nobody else do the same until the end of the transaction, which in SQLite is so for all that write."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:what)"), {"what": what})


@contextmanager
def told() -> Iterator[None]:
    """Say what the database's errors mean.

    Raises:
        AccountsUnavailable: It cannot be reached just now.
        AccountsDamaged: It is not a database any more.
        AccountsError: It will not have it.
    """
    try:
        yield
    except OperationalError as error:
        raise AccountsUnavailable(f"what people make cannot be read just now: {_words(error)}") from error
    except InterfaceError as error:
        raise AccountsUnavailable(f"what people make cannot be read just now: {_words(error)}") from error
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and type(error.orig) is sqlite3.DatabaseError:
            raise AccountsDamaged(
                f"{FILE} is damaged ({_words(error)}): move it away and restore a copy; usage is not in it"
            ) from error
        raise AccountsError(f"what people make cannot be kept: {_words(error)}") from error
    except SQLAlchemyError as error:
        raise AccountsError(f"what people make cannot be read: {_words(error)}") from error


def _words(error: SQLAlchemyError) -> str:
    """What the driver says, in a line."""
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return redacted(said, 200)
