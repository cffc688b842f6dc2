"""Records of the ledger as objects of our own format, the oldest first by about a quarter hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from tokometer.ledger import Ledger, Statement
from tokometer.ledger.record_tables import RECORDS
from tokometer.ledger.rows import LABEL_SET, record_of
from tokometer.ledger.slices import Span, slices
from tokometer.ledger.tables import Column, Table
from tokometer.records import Record, to_us
from tokometer.records.told_again import given_of

#: Records that are read at once, about: whole quarter hours.
_STEP: Final = 20_000
_NANO: Final = Decimal(10**9)


def exported(ledger: Ledger, kind: str, since: int, until: int) -> Iterator[dict[str, Any]]:
    """What the ledger has of a kind that began in a window (microseconds since the epoch, `until` not included).

    Raises:
        LedgerError: It cannot be read.
    """
    table = RECORDS[kind]
    for span in reversed(_spans(ledger, table)):
        for record in _records(ledger, table, span):
            if since <= record.started_at < until:
                yield given_of(record)


def _spans(ledger: Ledger, table: Table) -> list[Span]:
    return slices(ledger.fetch(Statement(f"SELECT quarter, count(*) FROM {table.name} GROUP BY quarter")), _STEP)


def _records(ledger: Ledger, table: Table, span: Span) -> Iterator[Record]:
    sql = (
        f"SELECT {', '.join(table.names)} FROM {table.name} WHERE quarter BETWEEN $first AND $last ORDER BY quarter, id"
    )
    rows = ledger.fetch(Statement(sql, {"first": span.first, "last": span.last}))
    at = LABEL_SET[table.name]
    labels = _labels(ledger, {row[at] for row in rows if row[at]})
    for row in rows:
        values = [_neutral(column, value) for column, value in zip(table.columns, row, strict=True)]
        yield record_of(table, values, labels)


def _labels(ledger: Ledger, wanted: set[int]) -> dict[int, dict[str, str]]:
    if not wanted:
        return {}
    rows = ledger.fetch(Statement("SELECT id, label_keys, label_values FROM label_sets"))
    return {id_: dict(zip(keys, values, strict=True)) for id_, keys, values in rows if id_ in wanted}


def _neutral(column: Column, value: Any) -> Any:  # noqa: ANN401 - as an engine gives it
    if value is None:
        return None
    if isinstance(value, datetime):
        return to_us(value)
    if isinstance(value, UUID):
        return value.bytes
    if column.type == "money":
        return int(Decimal(value) * _NANO)
    return bool(value) if column.type == "flag" else value
