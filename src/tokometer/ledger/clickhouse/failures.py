"""What an error of ClickHouse, or of the way to it, means for whoever asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Final

from clickhouse_connect.driver.exceptions import DatabaseError, Error, OperationalError
from urllib3.exceptions import HTTPError

from tokometer.ledger.protocol import LedgerDamaged, LedgerError, LedgerFull, LedgerUnavailable
from tokometer.records.redaction import masked

#: ClickHouse's numbers for having no room, …
_NO_ROOM: Final = frozenset({243})
#: … for data that are not what was written, …
_DAMAGE: Final = frozenset({33, 40, 246})
#: … and for what passes: time limits, read-only tables and users, memory, load, lost replicas, a network, a login that
#: is being changed, tables that somebody is restoring.
_NOT_NOW: Final = frozenset(
    {60, 74, 75, 76, 81, 159, 160, 164, 198, 202, 209, 210, 236, 241, 242, 252, 279, 285, 319, 394, 425, 439, 516, 745}
    | {999}
)
_LONGEST: Final = 300
#: What the way to it raises where clickhouse-connect lets it through.
_ON_THE_WAY: Final = (OSError, HTTPError, HTTPException)


class NoAnswer(LedgerUnavailable):
    """The server does not answer: it is down, or the way to it is."""


@contextmanager
def understood(place: str) -> Iterator[None]:
    """Raise what ClickHouse says, or that it is silent, as an error of the ledger, where it is no mistake of ours."""
    try:
        yield
    except (Error, *_ON_THE_WAY) as error:
        meant = meaning(error, place)
        if meant is None:
            raise
        raise meant from error


def meaning(error: BaseException, place: str) -> LedgerError | None:
    """What an error means; None for one that says nothing of the server or the way to it."""
    said = masked(_cause(error)[:_LONGEST]) or type(error).__name__
    if not isinstance(error, DatabaseError):
        return NoAnswer(f"ClickHouse at {place} does not answer ({said})")
    if error.code in _NO_ROOM or "No space left" in str(error):
        return LedgerFull(f"ClickHouse at {place} has no room: free some space; nothing that was acknowledged is lost")
    if error.code in _DAMAGE:
        return LedgerDamaged(f"ClickHouse at {place} says that its data are damaged ({said}): restore a backup of it")
    if error.code is None and isinstance(error, OperationalError):
        return NoAnswer(f"ClickHouse at {place} does not answer ({said})")
    if error.code in _NOT_NOW:
        return LedgerUnavailable(f"ClickHouse at {place} cannot do it just now ({said})")
    return None


def _cause(error: BaseException) -> str:
    """The system's own words where these are at the bottom of it, else the error's, in one line."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
        found = found.__cause__ or found.__context__
    return str(error).strip().partition("\n")[0]
