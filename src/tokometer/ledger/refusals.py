"""The records that could not be believed, as the ledger lists them."""

from __future__ import annotations

from collections.abc import Sequence

from tokometer.ledger.protocol import Ledger, Refusal, Statement
from tokometer.records import to_us


def latest_refusals(ledger: Ledger, workspaces: Sequence[str] = ("default",), limit: int = 100) -> list[Refusal]:
    """The refusals of some workspaces, the latest first, at most `limit`."""
    if not workspaces:
        return []
    names = {f"workspace_{i}": name for i, name in enumerate(workspaces)}
    scope = ", ".join(f"${name}" for name in names)
    rows = ledger.fetch(
        Statement(
            f"SELECT source, place, position, field, reason, at, workspace FROM refusals WHERE workspace IN ({scope}) "
            f"ORDER BY at DESC, place, position LIMIT {int(limit)}",
            names,
        )
    )
    return [Refusal(*row[:5], at=to_us(row[5]), workspace=row[6]) for row in rows]
