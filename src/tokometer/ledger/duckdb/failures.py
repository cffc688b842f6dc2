"""What an error of DuckDB means for whoever asked: no room, damage, not just now, or a mistake of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from tokometer.ledger.protocol import LedgerDamaged, LedgerError, LedgerFull, LedgerUnavailable

#: Words of the system that say that there is no room. DuckDB passes them on within its own, in errors of any class.
_NO_ROOM: Final = ("no space left", "disk quota exceeded", "enospc", "max_temp_directory_size")
#: Words of DuckDB that say that what it read is not what it wrote.
_DAMAGE: Final = (
    "corrupt database file",
    "corrupt wal file",
    "failure while replaying wal",
    "wal does not match",
    "not a valid duckdb database",
    "could not read enough bytes",
    "failed to deserialize",
)
#: Words of the system within such an error that say that the file is not to blame.
_NOT_DAMAGE: Final = ("is a directory", "permission denied", "out of memory", "could not set lock")
#: DuckDB asks nothing more of a file after an error like this; another instance can.
_ENDED: Final = "database has been invalidated"
_LONGEST: Final = 300


@contextmanager
def understood(place: object) -> Iterator[None]:
    """Raise what DuckDB says of the file `place` as an error of the ledger, where it is not a mistake of ours."""
    try:
        yield
    except duckdb.Error as error:
        meant = meaning(error, place)
        if meant is None:
            raise
        raise meant from error


def meaning(error: BaseException, place: object) -> LedgerError | None:
    """What an error means; None for one that says nothing of the file or the machine."""
    said = str(error)
    lower = said.lower()
    if any(words in lower for words in _NO_ROOM):
        return no_room(place)
    if any(words in lower for words in _DAMAGE) and not any(words in lower for words in _NOT_DAMAGE):
        return damaged(place, said)
    if isinstance(error, duckdb.FatalException | duckdb.InternalException):
        return LedgerUnavailable(f"{place} was closed after an error and is being opened again ({reason_of(said)})", 1)
    if isinstance(error, duckdb.ConnectionException):
        return LedgerUnavailable(f"{place} is closed, or just being opened again", 1)
    if isinstance(error, duckdb.OperationalError):
        return LedgerUnavailable(f"{place} cannot do it just now, and nothing of it was done ({reason_of(said)})")
    return None


def no_room(place: object) -> LedgerFull:
    """The disk is full."""
    return LedgerFull(f"the disk that holds {place} is full: free some space; nothing that was acknowledged is lost")


def damaged(place: object, said: str) -> LedgerDamaged:
    """What is on the disk is not what was written."""
    return LedgerDamaged(
        f"{place} is damaged ({reason_of(said)}): stop the server, then restore a backup, or run "
        "`tokometer doctor --repair`, which keeps what can be read and reads again what the sources still have"
    )


def is_over(error: BaseException) -> bool:
    """Whether the instance of DuckDB that raised this can do nothing more."""
    return isinstance(error, duckdb.FatalException) or _ENDED in str(error)


def reason_of(said: str) -> str:
    """The cause in one line: the original one, where DuckDB repeats it."""
    _, _, original = said.partition("Original error: ")
    line = (original or said).strip().strip('"').partition("\n")[0]
    return line[:_LONGEST]
