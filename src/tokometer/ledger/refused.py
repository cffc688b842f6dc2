"""The records that were refused: how they are kept, and how people look at them (the latest first, page by page)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from tokometer.ledger.protocol import Ledger, Statement
from tokometer.records import Refusal, now_us, record_id, to_us

_REFUSED: Final = (
    'SELECT source, place, "position", field, reason, "at", workspace FROM refusals WHERE workspace = $workspace '
    'ORDER BY "at" DESC, id LIMIT $limit'
)


def list_refused(
    ledger: Ledger, *, limit: int, offset: int = 0, workspaces: Sequence[str] = ("default",)
) -> list[Refusal]:
    """At most `limit` refusals of these workspaces, the latest first, after the `offset` latest ones."""
    found: list[Refusal] = []
    for workspace in workspaces:
        rows = ledger.fetch(Statement(_REFUSED, {"workspace": workspace, "limit": limit + offset}))
        found.extend(
            Refusal(source, place, position, field, reason, to_us(at), of)
            for source, place, position, field, reason, at, of in rows
        )
    found.sort(key=lambda refusal: -refusal.at)
    return found[offset : offset + limit]


def refused_by_source(ledger: Ledger) -> dict[str, int]:
    """How many records of each source were refused."""
    return dict(ledger.fetch(Statement("SELECT source, count(*) FROM refusals GROUP BY source")))


def refusal_rows(refusals: Iterable[Refusal]) -> list[list[Any]]:
    """The columns of the `refusals` table; the same bad record read twice is one refusal."""
    now = now_us()
    rows = {}
    for refusal in refusals:
        told = (refusal.place, str(refusal.position), refusal.field, refusal.reason)
        key = record_id(refusal.workspace, refusal.source, "\x1f".join(told))
        where = (refusal.workspace, refusal.source, refusal.place, refusal.position)
        rows[key] = (key, refusal.at or now, *where, refusal.field, refusal.reason)
    return [list(column) for column in zip(*rows.values(), strict=True)]
