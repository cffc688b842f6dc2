"""Records as rows and back: the one place that knows how a record's fields become a table's columns.

A row's values are engine-neutral: ids are 16 bytes, times whole microseconds, money whole nano-USD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
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

#: What calls of a group are found by: their trace id where that is the group, else a 64-bit hash. A collision would
#: take two groups for one, and matters only where one of them has a shadow: at 10^9 groups and 10^6 shadows, 10^-4.
GroupKey = int | str


#: Kept as the group of a call whose group is its trace: the other calls of the trace are in none, or in another.
OF_ITS_TRACE: Final = 0


def group_key(call: ModelCall) -> GroupKey | None:
    """What names a call's group, None where it has none."""
    if not call.group:
        return None
    if call.group == call.trace_id:
        return call.trace_id
    if call.group.startswith(_HASHED_GROUP):
        return int(call.group[1:])
    return _hashed(call.workspace, call.source, call.group)


@lru_cache(maxsize=32_768)
def _hashed(workspace: str, source: str, group: str) -> int:
    # The calls of a group come together, and each is asked more than once on its way in.
    return int.from_bytes(record_id(workspace, source, "group:" + group)[:8], signed=True)


def _group_id(call: ModelCall) -> int | None:
    key = group_key(call)
    return OF_ITS_TRACE if isinstance(key, str) else key


def _bucket(value: int | None) -> int | None:
    return None if value is None else bucket_of(value)


_JSON: Final = msgspec.json.Encoder(order="sorted")

_DERIVED: Final[dict[str, Callable[[Any], Any]]] = {
    "id": lambda record: record.id,
    "quarter": lambda record: record.started_at // QUARTER_US,
    "native_id": shorten,
    "group_id": _group_id,
    "latency_bucket": lambda call: _bucket(call.latency_us),
    "ttft_bucket": lambda call: _bucket(call.ttft_us),
    "cost_usd": lambda call: call.cost,
    # Where the source reported nothing, `cost_usd` is what we priced, and need not stand twice.
    "cost_priced": lambda call: None if call.cost_reported is None else call.cost_priced,
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
    for name in ("id", "quarter", "latency_bucket", "ttft_bucket"):
        values.pop(name, None)
    values["native_id"] = lengthen(values["native_id"], values)
    if table is CALLS:
        group, cost = values.pop("group_id"), values.pop("cost_usd")
        if group is None:
            values["group"] = ""
        else:
            values["group"] = values["trace_id"] if group == OF_ITS_TRACE else f"{_HASHED_GROUP}{group}"
        if values["cost_reported"] is None:
            values["cost_priced"] = cost
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
