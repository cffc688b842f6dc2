"""Opening the file of a DuckDB ledger, and saying what is in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from tokometer.host.private import private_folder
from tokometer.host.regular import read_bytes
from tokometer.ledger.duckdb.failures import damaged, meaning, reason_of
from tokometer.ledger.protocol import LedgerDamaged, LedgerError, LedgerFull, LedgerLocked

#: How long the log may grow under load. It is replayed when the file is opened after a crash: a second or so.
CHECKPOINT_THRESHOLD: Final = "64MB"
#: A file of DuckDB begins with three headers, the first of which has this after its checksum.
_HEADERS: Final = 3 * 4_096
_MAGIC: Final = b"DUCK"
_MAGIC_AT: Final = 8


def connect(path: Path, *, read_only: bool, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A connection to the file, which is made where it is not there.

    Raises:
        LedgerLocked: Another process holds the file.
        LedgerFull: There is no room for what is to be made.
        LedgerDamaged: What is there cannot be read.
        LedgerError: It cannot be opened.
    """
    try:
        private_folder(path.parent)
        if not read_only:
            _clear(path)
        _check_whole(path)
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
        if not read_only:
            _clear(path)
        meant = meaning(error, path)
        if isinstance(meant, LedgerFull | LedgerDamaged):
            raise meant from error
        raise LedgerError(f"cannot open {path}: {reason_of(str(error))}") from error


def _check_whole(path: Path) -> None:
    """See that no log stands there alone: DuckDB would make a new file, and throw the log away.

    Raises:
        LedgerDamaged: It does.
    """
    log = path.with_name(path.name + ".wal")
    if log.exists() and not path.exists():
        raise damaged(path, f"it is gone, and its log {log.name} is still there")


def _clear(path: Path) -> None:
    """Take away a file whose making was interrupted, by a full disk or the end of the process: it never held anything.

    Where a log or a number of commits stands beside it, it did: then it is damaged, and stays for a repair.
    """
    beside = (path.with_name(path.name + ".wal"), path.with_suffix(".commits"))
    try:
        begun = read_bytes(path, _HEADERS - 1)
    except OSError:
        return
    ours = not begun.strip(b"\0") or begun[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] == _MAGIC
    if ours and not any(file.exists() for file in beside):
        path.unlink()
