"""What a DuckDB ledger has stored, for the planning of a commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import duckdb

from tokometer.ledger import schema
from tokometer.ledger.arrow import arrow_table
from tokometer.ledger.commit import Quarters, Shadow, Stored
from tokometer.ledger.rows import record_of
from tokometer.records import Record


class DuckDBShelf:
    """What is stored, for the planning of a commit; reads inside the commit's transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def stored(self, table: schema.Table, ids: Sequence[bytes], quarters: Quarters) -> Iterable[Stored]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        rows = self._of_ids(
            f"SELECT t.id, t.revision, t.origin, epoch_us(t.started_at) FROM {table.name} t "
            f"JOIN wanted w ON t.id = w.id{_within(quarters)}",
            ids,
        )
        return (Stored(_bytes(id_), *rest) for id_, *rest in rows)

    def shadows(self, groups: Sequence[bytes], quarters: Quarters) -> Iterable[Shadow]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        within = _within(quarters, "AND")
        rows = self._of_ids(
            f"SELECT t.group_id, t.id FROM calls t JOIN wanted w ON t.group_id = w.id WHERE t.shadow{within}", groups
        )
        return (Shadow(_bytes(group), _bytes(id_)) for group, id_ in rows)

    def answered(self, groups: Sequence[bytes], quarters: Quarters) -> Iterable[bytes]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        within = _within(quarters, "AND")
        rows = self._of_ids(
            f"SELECT DISTINCT t.group_id FROM calls t JOIN wanted w ON t.group_id = w.id WHERE NOT t.shadow{within}",
            groups,
        )
        return (_bytes(group) for (group,) in rows)

    def records(self, table: schema.Table, ids: Sequence[bytes]) -> Iterable[Record]:
        """See :class:`tokometer.ledger.commit.Shelf`."""
        selected = ", ".join(_read(column) for column in table.columns)
        rows = self._of_ids(f"SELECT {selected} FROM {table.name} t WHERE t.id IN (SELECT id FROM wanted)", ids)
        return [record_of(table, [_bytes(v) if isinstance(v, uuid.UUID) else v for v in row]) for row in rows]

    def _of_ids(self, sql: str, ids: Sequence[bytes]) -> list[tuple[Any, ...]]:
        self._connection.register("wanted", arrow_table([schema.Column("id", "id")], [ids]))
        try:
            return self._connection.execute(sql).fetchall()
        finally:
            with suppress(duckdb.TransactionException):  # the error that aborted the transaction says more
                self._connection.unregister("wanted")


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
