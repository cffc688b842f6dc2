"""What a DuckDB ledger has stored, for the planning of a commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

import duckdb

from tokometer.ledger import schema
from tokometer.ledger.duckdb.told import ToldShelf
from tokometer.ledger.rows import LABEL_SET, GroupKey, record_of
from tokometer.ledger.shelf import Answered, Quarters, Shadow, Stored, rank_of
from tokometer.records import ModelCall, Record

_ANY_SHADOWS: Final = "SELECT 1 FROM calls WHERE shadow OR echo LIMIT 1"
#: Ids of a table that are kept in memory; ninety bytes each.
_MOST_KNOWN: Final = 200_000


class DuckDBShelf(ToldShelf):
    """What is stored, for the planning of a commit; reads inside the commit's transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        # Nobody else writes to this file, so once asked it is known. Most ledgers have no shadows at all.
        self._any_shadows: bool | None = None
        #: The ids in each table that was empty when it was first asked about, until they are too many. It may name
        #: some of a commit that failed: what it names is still looked for, and only what it does not is not.
        self._known: dict[str, set[bytes]] = {}
        self._asked: set[str] = set()

    def put(self, table: schema.Table, records: Iterable[Record], ids: Iterable[bytes]) -> None:
        """Know what is about to be stored: all ids, and those records among them that may be shadows or echoes."""
        known = self._known.get(table.name)
        if known is not None:
            known.update(ids)
            if len(known) > _MOST_KNOWN:
                del self._known[table.name]
        if table is schema.CALLS and not self._any_shadows and any(map(_yields, records)):
            self._any_shadows = True

    def stored(self, table: schema.Table, ids: Sequence[bytes], quarters: Quarters) -> Iterable[Stored]:
        """See :class:`tokometer.ledger.shelf.Shelf`."""
        known = self._known_of(table)
        if known is not None:
            ids = list(known.intersection(ids))
            if not ids:
                return ()
        rows = self._of_ids(
            f"SELECT t.id, t.revision, t.origin, epoch_us(t.started_at) FROM {table.name} t "
            f"JOIN wanted w ON t.id = w.id{_within(quarters)}",
            ids,
        )
        return (Stored(_bytes(id_), *rest) for id_, *rest in rows)

    def any_shadows(self) -> bool:
        """See :class:`tokometer.ledger.shelf.Shelf`."""
        return self._has_shadows()

    def shadows(self, groups: Sequence[GroupKey], quarters: Quarters) -> Iterable[Shadow]:
        """See :class:`tokometer.ledger.shelf.Shelf`."""
        if not self._has_shadows():
            return
        rows = self._of_groups("SELECT t.group_id, t.id, t.shadow", "(t.shadow OR t.echo)", groups, quarters)
        for group, id_, shadow in rows:
            yield Shadow(group, _bytes(id_), rank_of(shadow=shadow, echo=True))

    def answered(self, groups: Sequence[GroupKey], quarters: Quarters) -> Iterable[Answered]:
        """See :class:`tokometer.ledger.shelf.Shelf`."""
        for group, echo in self._of_groups("SELECT DISTINCT t.group_id, t.echo", "NOT t.shadow", groups, quarters):
            yield Answered(group, rank_of(shadow=False, echo=echo))

    def records(self, table: schema.Table, ids: Sequence[bytes], quarters: Quarters = None) -> Iterable[Record]:
        """See :class:`tokometer.ledger.told.Shelf`."""
        selected = ", ".join(_read(column) for column in table.columns)
        where = f"WHERE t.id IN (SELECT id FROM wanted){_within(quarters, 'AND')}"
        rows = self._of_ids(f"SELECT {selected} FROM {table.name} t {where}", ids)
        labels = self._labels({row[LABEL_SET[table.name]] for row in rows} - {None})
        return [record_of(table, [_bytes(v) if isinstance(v, uuid.UUID) else v for v in row], labels) for row in rows]

    def _labels(self, sets: Iterable[int]) -> dict[int, dict[str, str]]:
        wanted = list(sets)
        if not wanted:
            return {}
        rows = self._of(
            "SELECT t.id, t.label_keys, t.label_values FROM label_sets t JOIN wanted w ON t.id = w.id",
            schema.Column("id", "int"),
            wanted,
        )
        return {id_: dict(zip(keys, values, strict=True)) for id_, keys, values in rows}

    def _known_of(self, table: schema.Table) -> set[bytes] | None:
        """All ids of a table that may be stored, where that is known."""
        if table.name not in self._asked:
            self._asked.add(table.name)
            if self._connection.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone() is None:
                self._known[table.name] = set()
        return self._known.get(table.name)

    def _has_shadows(self) -> bool:
        if self._any_shadows is None:
            self._any_shadows = bool(self._connection.execute(_ANY_SHADOWS).fetchone())
        return self._any_shadows

    def _of_groups(
        self, select: str, where: str, groups: Sequence[GroupKey], quarters: Quarters
    ) -> list[tuple[Any, ...]]:
        if not groups:
            return []
        within = _within(quarters, "AND")
        sql = f"{select} FROM calls t JOIN wanted w ON t.group_id = w.group_id WHERE {where}{within}"
        return self._of(sql, schema.Column("group_id", "int"), groups)

    def _of_ids(self, sql: str, ids: Sequence[bytes]) -> list[tuple[Any, ...]]:
        return self._of(sql, schema.Column("id", "id"), ids)


def _yields(record: Record) -> bool:
    return isinstance(record, ModelCall) and (record.shadow or record.echo)


def _read(column: schema.Column) -> str:
    """A stored value in the engine-neutral form of :mod:`tokometer.ledger.rows`."""
    if column.type == "time":
        return f'epoch_us(t."{column.name}")'
    if column.type == "money":
        return f'CAST(CAST(t."{column.name}" AS DECIMAL(28,9)) * 1000000000 AS BIGINT)'
    return f't."{column.name}"'


def _within(quarters: Quarters, word: str = "WHERE") -> str:
    return "" if quarters is None else f" {word} t.quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"


def _bytes(value: uuid.UUID | bytes) -> bytes:
    return value.bytes if isinstance(value, uuid.UUID) else value
