"""Records read back by their ids, whatever engine has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from tokometer.ledger.protocol import Readable, Statement
from tokometer.ledger.rows import LABEL_SET, record_of
from tokometer.ledger.schema import RECORDS
from tokometer.ledger.tables import Column
from tokometer.records import Record, to_us

_NANO: Final = Decimal(10**9)
#: Ids that one question names.
_CHUNK: Final = 500


def stored(ledger: Readable, kind: str, ids: Sequence[bytes]) -> dict[bytes, Record]:
    """The records of a kind that the ledger has under these ids, by id."""
    table = RECORDS[kind]
    columns = ", ".join(f'"{column.name}"' for column in table.columns[1:])
    found: dict[bytes, Record] = {}
    for at in range(0, len(ids), _CHUNK):
        wanted = {f"id{number}": str(UUID(bytes=id_)) for number, id_ in enumerate(ids[at : at + _CHUNK])}
        among = ", ".join(f"CAST(${name} AS UUID)" for name in wanted)
        rows = ledger.fetch(
            Statement(f"SELECT CAST(id AS VARCHAR), {columns} FROM {table.name} WHERE id IN ({among})", wanted)
        )
        labels = label_sets(ledger, {row[LABEL_SET[kind]] for row in rows} - {None})
        for row in rows:
            found[UUID(str(row[0])).bytes] = record_of(table, neutral(table.columns, row), labels)
    return found


def label_sets(ledger: Readable, sets: Iterable[int]) -> dict[int, dict[str, str]]:
    """The labels of sets, by the number of the set."""
    wanted = sorted(sets)
    found: dict[int, dict[str, str]] = {}
    for numbers in _chunks(wanted):
        where = " OR ".join(f"id = {one:d}" for one in numbers)
        rows = ledger.fetch(Statement(f"SELECT id, label_keys, label_values FROM label_sets WHERE {where}"))
        found.update((id_, dict(zip(keys, values, strict=True))) for id_, keys, values in rows)
    return found


def neutral(columns: Sequence[Column], row: Sequence[Any]) -> list[Any]:
    """A row as records have it: times in microseconds, money in nano-dollars."""
    return [_value(value, column.type) for value, column in zip(row, columns, strict=True)]


def _value(value: Any, type_: str) -> Any:  # noqa: ANN401 - whatever a column has
    if isinstance(value, datetime):
        return to_us(value)
    if isinstance(value, Decimal) and type_ == "money":
        return int(value * _NANO)
    return bool(value) if type_ == "flag" else value


def _chunks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(numbers), _CHUNK):
        yield numbers[at : at + _CHUNK]
