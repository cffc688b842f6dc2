"""One transaction on one DuckDB connection or cursor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from tokometer.ledger.duckdb.failures import meaning


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection, place: object) -> Iterator[None]:
    """Commit what is done within, or undo all of it where it raises. `place` is the file, for the error's message.

    Raises:
        LedgerFull: The disk is.
        LedgerDamaged: What is on it is not what was written.
        LedgerUnavailable: DuckDB cannot work just now, whatever is asked of it (memory, files, conflicts).
    """
    try:
        connection.begin()
        yield
        connection.commit()
    except BaseException as error:
        with suppress(duckdb.Error):
            connection.rollback()
        meant = meaning(error, place) if isinstance(error, duckdb.Error) else None
        if meant is None:
            raise
        raise meant from error
