"""What a ClickHouse ledger has stored, for the planning of a commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from tokometer.ledger import schema
from tokometer.ledger.clickhouse_values import neutral
from tokometer.ledger.commit import Quarters, Shadow, Stored
from tokometer.ledger.protocol import Ledger, Statement
from tokometer.ledger.rows import record_of
from tokometer.records import Record, to_us


class ClickHouseShelf:
    """What is stored, for the planning of a commit."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def stored(self, table: schema.Table, ids: Sequence[bytes], quarters: Quarters) -> Iterable[Stored]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        rows = self._of_ids(f"SELECT id, revision, origin, started_at FROM {table.name}", "id", ids, quarters)
        return [Stored(id_.bytes, revision, origin, to_us(at)) for id_, revision, origin, at in rows]

    def shadows(self, groups: Sequence[bytes], quarters: Quarters) -> Iterable[Shadow]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        rows = self._of_ids("SELECT group_id, id FROM calls", "shadow AND group_id", groups, quarters)
        return [Shadow(group.bytes, id_.bytes) for group, id_ in rows]

    def answered(self, groups: Sequence[bytes], quarters: Quarters) -> Iterable[bytes]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        rows = self._of_ids("SELECT DISTINCT group_id FROM calls", "NOT shadow AND group_id", groups, quarters)
        return [group.bytes for (group,) in rows]

    def records(self, table: schema.Table, ids: Sequence[bytes]) -> Iterable[Record]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        rows = self._of_ids(f"SELECT {', '.join(table.names)} FROM {table.name}", "id", ids, None)
        return [record_of(table, [neutral(value) for value in row]) for row in rows]

    def _of_ids(self, select: str, name: str, ids: Sequence[bytes], quarters: Quarters) -> list[tuple[Any, ...]]:
        within = "" if quarters is None else f" AND quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(ids), 10_000):
            wanted = [str(uuid.UUID(bytes=id_)) for id_ in ids[start : start + 10_000]]
            sql = f"{select} WHERE {name} IN (SELECT toUUID(arrayJoin($ids))){within}"
            rows.extend(self._ledger.fetch(Statement(sql, {"ids": wanted})))
        return rows
