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

#: A file that could not be read as a whole: where a refusal of one stands.
UNREADABLE: Final = (
    "source = $source AND place = $place AND \"position\" = 0 AND field = '' AND reason LIKE 'cannot be read%'"
)
_UNREADABLE_FILES: Final = (
    "SELECT DISTINCT source, place FROM refusals WHERE \"position\" = 0 AND field = '' "
    "AND reason LIKE 'cannot be read%'"
)


def is_of_a_file(refusal: Refusal) -> bool:
    """Whether a refusal is of a file as a whole."""
    return not refusal.position and not refusal.field and refusal.reason.startswith("cannot be read")


def unreadable(ledger: Ledger) -> set[tuple[str, str]]:
    """(source, place) of the files that are refused as a whole because they could not be read."""
    return {(source, place) for source, place in ledger.fetch(Statement(_UNREADABLE_FILES))}


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


def refusal_id(refusal: Refusal) -> bytes:
    """The 16 bytes under which a refusal is kept once."""
    told = (refusal.place, str(refusal.position), refusal.field, refusal.reason)
    return record_id(refusal.workspace, refusal.source, "\x1f".join(told))


def refusal_rows(refusals: Iterable[Refusal]) -> list[list[Any]]:
    """The columns of the `refusals` table; the same bad record read twice is one refusal."""
    now = now_us()
    rows = {}
    for refusal in refusals:
        key = refusal_id(refusal)
        where = (refusal.workspace, refusal.source, refusal.place, refusal.position)
        rows[key] = (key, refusal.at or now, *where, refusal.field, refusal.reason)
    return [list(column) for column in zip(*rows.values(), strict=True)]
