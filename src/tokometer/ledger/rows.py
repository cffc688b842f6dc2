"""Records as rows and back: the one place that knows how a record's fields become a table's columns.

A row's values are engine-neutral: ids are 16 bytes, times whole microseconds, money whole nano-USD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Final

import msgspec

from tokometer.ledger.native_ids import lengthen, shorten
from tokometer.ledger.protocol import Refusal
from tokometer.ledger.schema import CALLS, RECORDS, Table
from tokometer.records import KINDS, ModelCall, Record, Sample, now_us, record_id
from tokometer.records.histogram import bucket_of
from tokometer.records.time import QUARTER_US

#: A record read back from the ledger names its group by the hash alone.
_HASHED_GROUP: Final = "#"


def group_id(call: ModelCall) -> bytes | None:
    """The 16 bytes that name a call's group, None where it has none."""
    if not call.group:
        return None
    if call.group.startswith(_HASHED_GROUP):
        return bytes.fromhex(call.group[1:])
    return record_id(call.workspace, call.source, "group:" + call.group)


def _bucket(value: int | None) -> int | None:
    return None if value is None else bucket_of(value)


_JSON: Final = msgspec.json.Encoder(order="sorted")

_DERIVED: Final[dict[str, Callable[[Any], Any]]] = {
    "id": lambda record: record.id,
    "quarter": lambda record: record.started_at // QUARTER_US,
    "native_id": shorten,
    "group_id": group_id,
    "latency_bucket": lambda call: _bucket(call.latency_us),
    "ttft_bucket": lambda call: _bucket(call.ttft_us),
    "cost_usd": lambda call: call.cost,
    "labels": lambda sample: _JSON.encode(sample.labels).decode() if sample.labels else "",
}


def columns(table: Table, records: Sequence[Record], ids: Sequence[bytes] | None = None) -> list[Sequence[Any]]:
    """The table's columns, in order, as sequences of values. At least one record; `ids` where they are known."""
    plain, take = _plain_columns(table)
    taken: dict[str, Sequence[Any]] = dict(zip(plain, zip(*map(take, records), strict=True), strict=True))
    if ids is not None:
        taken["id"] = ids
    for name in table.names:
        derive = _DERIVED.get(name)
        if derive is not None and name not in taken:
            taken[name] = [derive(record) for record in records]
    return [taken[name] for name in table.names]


@cache
def _plain_columns(table: Table) -> tuple[tuple[str, ...], attrgetter[tuple[Any, ...]]]:
    """The columns that are a record's fields as they are, and a function that takes them all from a record."""
    names = tuple(name for name in table.names if name not in _DERIVED)
    return names, attrgetter(*names)


def record_of(table: Table, row: Sequence[Any]) -> Record:
    """The record that a stored row was made from (its group known by hash only)."""
    kind = KINDS[table.name]
    values = dict(zip(table.names, row, strict=True))
    for name in ("id", "quarter", "latency_bucket", "ttft_bucket", "cost_usd"):
        values.pop(name, None)
    values["native_id"] = lengthen(values["native_id"], values)
    if table is CALLS:
        group = values.pop("group_id")
        values["group"] = "" if group is None else _HASHED_GROUP + group.hex()
    if kind is Sample:
        values["labels"] = msgspec.json.decode(values["labels"] or "{}", type=dict[str, str])
    return kind(**values)


def by_kind(records: Iterable[Record]) -> dict[str, list[int]]:
    """The positions of the records of each kind."""
    positions: dict[str, list[int]] = {name: [] for name in RECORDS}
    for position, record in enumerate(records):
        positions[record.kind].append(position)
    return {name: found for name, found in positions.items() if found}


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
