"""Records as rows and back: the one place that knows how a record's fields become a table's columns.

A row's values are engine-neutral: ids are 16 bytes, times whole microseconds, money whole nano-USD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from tokometer.ledger.labels import label_set_of
from tokometer.ledger.native_ids import lengthen, shorten_all
from tokometer.ledger.schema import CALLS, RECORDS, TOLD, TOLD_TOOLS, TOOLS, Table
from tokometer.records import KINDS, ModelCall, Record, record_id, record_ids
from tokometer.records.time import QUARTER_US

#: A record read back from the ledger names its group by the hash alone.
_HASHED_GROUP: Final = "#"

#: What calls of a group are found by: a 64-bit hash. A collision would take two groups for one, and matters only where
#: one of them has a shadow: at 10^9 groups and 10^6 shadows, 10^-4.
GroupKey = int


#: Kept as the group of a call whose group is its trace: it is told by a span (see :mod:`tokometer.ledger.told`).
OF_ITS_TRACE: Final = 0


def group_keys(calls: Iterable[ModelCall]) -> list[GroupKey | None]:
    """What names each call's group, None where it has none but its trace."""
    return [
        None if not call.group or call.group == call.trace_id else _numbered(call.workspace, call.source, call.group)
        for call in calls
    ]


def group_of_row(group_id: int | None) -> GroupKey | None:
    """What names the group of a stored call, by the column that keeps it."""
    return None if group_id == OF_ITS_TRACE else group_id


def _numbered(workspace: str, source: str, group: str) -> int:
    return int(group[1:]) if group.startswith(_HASHED_GROUP) else _hashed(workspace, source, group)


@lru_cache(maxsize=32_768)
def _hashed(workspace: str, source: str, group: str) -> int:
    # The calls of a group come together, and each is asked more than once on its way in.
    return int.from_bytes(record_id(workspace, source, "group:" + group)[:8], signed=True)


_JSON: Final = msgspec.json.Encoder(order="sorted")


def _json(objects: Sequence[dict[str, int] | None]) -> list[str]:
    return [_JSON.encode(given).decode() if given else "" for given in objects]


#: The fields of many records by name, each as a sequence of values.
_Taken = Mapping[str, Sequence[Any]]


def _ids(taken: _Taken) -> list[bytes]:
    return record_ids(zip(taken["workspace"], taken["source"], taken["native_id"], strict=True))


def _group_ids(taken: _Taken) -> list[int | None]:
    groups = zip(taken["group"], taken["trace_id"], taken["workspace"], taken["source"], strict=True)
    return [
        None if not group else OF_ITS_TRACE if group == trace_id else _numbered(workspace, source, group)
        for group, trace_id, workspace, source in groups
    ]


def _costs(taken: _Taken) -> list[int | None]:
    both = zip(taken["cost_reported"], taken["cost_priced"], strict=True)
    return [priced if reported is None else reported for reported, priced in both]


def _priced_besides(taken: _Taken) -> list[int | None]:
    # Where the source reported nothing, `cost_usd` is what we priced, and need not stand twice.
    both = zip(taken["cost_reported"], taken["cost_priced"], strict=True)
    return [None if reported is None else priced for reported, priced in both]


def _bases(taken: _Taken) -> Sequence[str]:
    # Of two versions of a call one may have a reported cost, the other a price on assumptions: what counts is reported.
    if all(reported is None for reported in taken["cost_reported"]):
        return taken["price_basis"]
    both = zip(taken["cost_reported"], taken["price_basis"], strict=True)
    return [basis if reported is None else "" for reported, basis in both]


#: Columns that are not simply fields, and how whole ones are made from the fields' values.
_DERIVED: Final[dict[str, Callable[[_Taken], Sequence[Any]]]] = {
    "id": _ids,
    "quarter": lambda taken: [at // QUARTER_US for at in taken["started_at"]],
    "native_id": shorten_all,
    "group_id": _group_ids,
    "cost_usd": _costs,
    "cost_priced": _priced_besides,
    "price_basis": _bases,
    "label_set": lambda taken: list(map(label_set_of, taken["workspace"], taken["labels"])),
    "parts": lambda taken: _json(taken["parts"]),
    "quantities": lambda taken: _json(taken["quantities"]),
}


def columns(table: Table, records: Sequence[Record], ids: Sequence[bytes] | None = None) -> list[Sequence[Any]]:
    """The table's columns, in order, as sequences of values. At least one record; `ids` where they are known."""
    fields = records[0].__struct_fields__
    # One long list, and every so manieth value of it: half the time of turning rows into columns with `zip`.
    values = list(chain.from_iterable(map(astuple, records)))
    taken: dict[str, Sequence[Any]] = {name: values[at :: len(fields)] for at, name in enumerate(fields)}
    made = {name: _DERIVED[name](taken) for name in table.names if name in _DERIVED and (name != "id" or ids is None)}
    if ids is not None:
        made["id"] = ids
    return [made[name] if name in made else taken[name] for name in table.names]


_NAMES: Final = {table.name: table.names for table in RECORDS.values()}
#: The fields that rows hold, in the order of the kind: from arguments in another order a record is made four times as
#: slowly, because each is looked for among all of them.
_BLANKS: Final[dict[str, dict[str, Any]]] = {
    table.name: {name: "" for name in KINDS[table.name].__struct_fields__ if name in (*table.names, "group")}
    for table in RECORDS.values()
}


#: Where the id of its labels stands in a row.
LABEL_SET: Final[dict[str, int]] = {
    table.name: table.names.index("label_set") for table in (*RECORDS.values(), TOLD, TOLD_TOOLS)
}


def record_of(table: Table, row: Sequence[Any], labels: Mapping[int, dict[str, str]]) -> Record:
    """The record that a stored row was made from (its group known by hash only). `labels` are those of the sets."""
    table = CALLS if table is TOLD else TOOLS if table is TOLD_TOOLS else table
    kind = KINDS[table.name]
    values = _BLANKS[table.name].copy()
    values.update(zip(_NAMES[table.name], row, strict=True))
    for name in ("id", "quarter"):
        values.pop(name, None)
    label_set = values.pop("label_set")
    # Copied: who changes a record's labels changes no other's.
    values["labels"] = dict(labels[label_set]) if label_set in labels else None
    values["native_id"] = lengthen(values["native_id"], values)
    if table is CALLS:
        group, cost = values.pop("group_id"), values.pop("cost_usd")
        if group is not None:
            values["group"] = values["trace_id"] if group == OF_ITS_TRACE else f"{_HASHED_GROUP}{group}"
        if values["cost_reported"] is None:
            values["cost_priced"] = cost
        for name in ("parts", "quantities"):
            values[name] = msgspec.json.decode(values[name], type=dict[str, int]) if values[name] else None
    return kind(**values)


def by_kind(records: Iterable[Record]) -> dict[str, list[int]]:
    """The positions of the records of each kind."""
    kinds = [record.kind for record in records]
    met = set(kinds)
    return {name: [position for position, kind in enumerate(kinds) if kind == name] for name in RECORDS if name in met}
