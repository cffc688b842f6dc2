"""One transaction on one DuckDB connection or cursor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from tokometer.ledger.protocol import LedgerError, LedgerFull


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection, place: object) -> Iterator[None]:
    """Commit what is done within, or undo all of it where it raises. `place` is the file, for the error's message.

    Raises:
        LedgerFull: The disk is.
        LedgerError: DuckDB cannot work just now, whatever is asked of it (memory, files, conflicts).
    """
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException as error:
        with suppress(duckdb.TransactionException):
            connection.rollback()
        if isinstance(error, duckdb.IOException) and "space" in str(error).lower():
            raise LedgerFull(f"the disk that holds {place} is full: free some space; nothing was lost") from error
        if isinstance(error, duckdb.OperationalError):
            reason = str(error).partition("\n")[0]
            raise LedgerError(f"{place} could not be written, and nothing of it was ({reason}); try again") from error
        if isinstance(error, duckdb.FatalException):
            raise LedgerError(
                f"DuckDB has closed {place} after an error; what was acknowledged is safe: start Tokometer again"
            ) from error
        raise
