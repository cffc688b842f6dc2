"""What a ClickHouse ledger has stored, for the planning of a commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from tokometer.ledger import schema
from tokometer.ledger.clickhouse_values import neutral
from tokometer.ledger.commit import Answered, Quarters, Shadow, Stored, rank_of
from tokometer.ledger.protocol import Ledger, Statement
from tokometer.ledger.rows import LABEL_SET, OF_ITS_TRACE, GroupKey, record_of
from tokometer.records import Record, to_us

#: Values in one statement: a larger one is a long URL.
_AT_ONCE: Final = 10_000


class ClickHouseShelf:
    """What is stored, for the planning of a commit."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def stored(self, table: schema.Table, ids: Sequence[bytes], quarters: Quarters) -> Iterable[Stored]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        rows = self._of_ids(f"SELECT id, revision, origin, started_at FROM {table.name}", ids, quarters)
        return [Stored(id_.bytes, revision, origin, to_us(at)) for id_, revision, origin, at in rows]

    def any_shadows(self) -> bool:
        """See :class:`tokometer.ledger.commit.Shelf`. Other writers may have put some meanwhile."""
        return True

    def shadows(self, groups: Sequence[GroupKey], quarters: Quarters) -> Iterable[Shadow]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        for name, of_it, wanted in _by_column(groups):
            select, where = f"SELECT {name}, id, shadow FROM calls", f"(shadow OR echo) AND {name} IN $wanted{of_it}"
            rows = self._of(select, where, wanted, quarters)
            yield from (Shadow(group, id_.bytes, rank_of(shadow=shadow, echo=True)) for group, id_, shadow in rows)

    def answered(self, groups: Sequence[GroupKey], quarters: Quarters) -> Iterable[Answered]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        for name, of_it, wanted in _by_column(groups):
            select, where = f"SELECT DISTINCT {name}, echo FROM calls", f"NOT shadow AND {name} IN $wanted{of_it}"
            rows = self._of(select, where, wanted, quarters)
            yield from (Answered(group, rank_of(shadow=False, echo=echo)) for group, echo in rows)

    def records(self, table: schema.Table, ids: Sequence[bytes]) -> Iterable[Record]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        rows = self._of_ids(f"SELECT {', '.join(table.names)} FROM {table.name}", ids, None)
        wanted = list({row[LABEL_SET[table.name]] for row in rows} - {None})
        sets = self._of("SELECT id, label_keys, label_values FROM label_sets", "id IN $wanted", wanted, None)
        labels = {id_: dict(zip(keys, values, strict=True)) for id_, keys, values in sets}
        return [record_of(table, [neutral(value) for value in row], labels) for row in rows]

    def _of_ids(self, select: str, ids: Sequence[bytes], quarters: Quarters) -> list[tuple[Any, ...]]:
        wanted = [str(uuid.UUID(bytes=id_)) for id_ in ids]
        return self._of(select, "id IN (SELECT toUUID(arrayJoin($wanted)))", wanted, quarters)

    def _of(self, select: str, where: str, values: Sequence[Any], quarters: Quarters) -> list[tuple[Any, ...]]:
        within = "" if quarters is None else f" AND quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(values), _AT_ONCE):
            wanted = list(values[start : start + _AT_ONCE])
            rows.extend(self._ledger.fetch(Statement(f"{select} WHERE {where}{within}", {"wanted": wanted})))
        return rows


def _by_column(groups: Sequence[GroupKey]) -> Iterator[tuple[str, str, list[GroupKey]]]:
    """The groups, apart by the column that names them, with the condition that a row is of such a group."""
    hashes: list[GroupKey] = [group for group in groups if isinstance(group, int)]
    traces: list[GroupKey] = [group for group in groups if isinstance(group, str)]
    if hashes:
        yield "group_id", "", hashes
    if traces:
        yield "trace_id", f" AND group_id = {OF_ITS_TRACE}", traces
