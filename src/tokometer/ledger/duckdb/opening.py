"""Opening the file of a DuckDB ledger, and saying what is in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from tokometer.ledger.duckdb.failures import meaning
from tokometer.ledger.protocol import LedgerError, LedgerLocked

#: How long the log may grow under load. It is replayed when the file is opened after a crash: a second or so.
CHECKPOINT_THRESHOLD: Final = "64MB"


def connect(path: Path, *, read_only: bool, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A connection to the file, which is made where it is not there.

    Raises:
        LedgerLocked: Another process holds the file.
        LedgerFull: There is no room for what is to be made.
        LedgerDamaged: What is there cannot be read.
        LedgerError: It cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return duckdb.connect(
            str(path),
            read_only=read_only,
            config={
                "memory_limit": memory_limit,
                "checkpoint_threshold": CHECKPOINT_THRESHOLD,
                # Commits wait for a checkpoint: a quarter of a second, if it only writes what is new, and up to two
                # where it also puts small row groups together and drops deleted rows. That is done in `rest`.
                "max_vacuum_tasks": "0",
                "preserve_insertion_order": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
    except OSError as error:
        raise meaning(error, path) or LedgerError(f"cannot open {path}: {error.strerror or error}") from error
    except duckdb.Error as error:
        if isinstance(error, duckdb.IOException) and "lock" in str(error).lower():
            raise LedgerLocked(
                f"{path} is open in another process (a running Tokometer server?): "
                "stop it, or use another --data folder"
            ) from error
        raise LedgerError(f"cannot open {path}: {error}") from error
