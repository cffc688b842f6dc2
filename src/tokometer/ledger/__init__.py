"""Records kept exactly once, and rollups of them: DuckDB for one machine, ClickHouse for more, behind one protocol.

Knows nothing of HTTP or panels. May import `records` only; imported by `measures`, `collect`, `server` and `cli`.
"""

from tokometer.ledger.protocol import (
    Batch,
    Discrepancy,
    Engine,
    Ledger,
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerUnavailable,
    Missing,
    Readable,
    Receipt,
    Snapshot,
    Statement,
)

__all__ = [
    "Batch",
    "Discrepancy",
    "Engine",
    "Ledger",
    "LedgerDamaged",
    "LedgerError",
    "LedgerFull",
    "LedgerLocked",
    "LedgerUnavailable",
    "Missing",
    "Readable",
    "Receipt",
    "Snapshot",
    "Statement",
]
