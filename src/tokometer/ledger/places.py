"""The places that sources are read from, as far as the ledger keeps cursors of them."""

from __future__ import annotations

from datetime import datetime

from tokometer.ledger.protocol import Ledger, Statement
from tokometer.records import to_us


def places_by_source(ledger: Ledger) -> dict[str, tuple[int, datetime]]:
    """By source: how many files have a cursor, and when one last moved, of whatever it was (naive, UTC)."""
    # What is polled or pushed leaves one as well, under an address or a name.
    files = "sum(CASE WHEN place LIKE '/%' THEN 1 ELSE 0 END)"
    rows = ledger.fetch(Statement(f"SELECT source, {files}, max(updated_at) FROM cursors GROUP BY source"))
    return {source: (int(count), latest) for source, count, latest in rows}


def answers(ledger: Ledger) -> None:
    """Ask the ledger for nothing.

    Raises:
        LedgerError: It does not answer.
    """
    ledger.fetch(Statement("SELECT 1"))


def read_before(ledger: Ledger, source: str, before: int) -> set[str]:
    """The places of a source that were read last before a time (microseconds since the epoch)."""
    rows = ledger.fetch(Statement("SELECT place, updated_at FROM cursors WHERE source = $source", {"source": source}))
    return {place for place, read_at in rows if to_us(read_at) < before}
