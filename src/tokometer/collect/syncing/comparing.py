"""What a portion states now, held against what it stated before: what is new, other, gone and the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from msgspec.structs import asdict, replace

from tokometer.ledger import Readable
from tokometer.ledger.stored import stored
from tokometer.records import Bill, Record, Reported, record_ids

R = TypeVar("R", bound=Record)

#: Kinds of record that are lines of a statement; of others (samples) nothing is withdrawn.
LINES: Final = (Bill.kind, Reported.kind)
#: Fields that are no part of what a line states.
_BESIDE: Final = frozenset({"revision", "origin", "pinned"})
#: What a line says that is stated no more: nothing.
_NUMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    Bill.kind: ("amount", "stated_amount", "list_amount", "quantity"),
    Reported.kind: (
        *("requests", "input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"),
        *("cache_write_unknown_tokens", "output_tokens", "reasoning_tokens", "unsplit_tokens", "quantity"),
        "estimated_cost",
    ),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A line that was something else before."""

    kind: str
    native_id: str
    was: Mapping[str, Any]
    became: Mapping[str, Any]


@dataclass(slots=True)
class Compared:
    """What came of holding records against what is stored."""

    #: What is to be committed.
    records: list[Record] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    same: int = 0

    def add(self, other: Compared) -> None:
        """Take in what another one holds."""
        self.records += other.records
        self.differences += other.differences
        self.new += other.new
        self.changed += other.changed
        self.withdrawn += other.withdrawn
        self.same += other.same


def compared(ledger: Readable, records: Mapping[bytes, Record]) -> Compared:
    """Hold records, by their ids, against those that the ledger has."""
    found = Compared()
    for kind, ids in _by_kind(records).items():
        before = stored(ledger, kind, ids)
        for id_ in ids:
            _compare(records[id_], before.get(id_), found)
    return found


def withdrawn(ledger: Readable, gone: Mapping[str, Iterable[bytes]], revision: int) -> Compared:
    """Lines, by kind and id, that are stated no more: as such, they say that nothing was used, or nothing is owed."""
    found = Compared()
    for kind, ids in gone.items():
        for record in stored(ledger, kind, list(ids)).values():
            empty = _emptied(record, revision)
            if record.revision <= revision and not _says_no_more(empty, record):
                found.withdrawn += 1
                found.records.append(empty)
                found.differences.append(_difference(record, empty))
    return found


def ids_of(records: Iterable[Record]) -> list[bytes]:
    """The ids of records."""
    return record_ids((one.workspace, one.source, one.native_id) for one in records)


def _compare(record: Record, before: Record | None, found: Compared) -> None:
    if before is None:
        found.new += 1
        found.records.append(record)
    elif before.revision > record.revision or _says_no_more(record, before):
        # What was asked for later is known already, or it says the same.
        found.same += 1
    else:
        found.changed += 1
        found.records.append(record)
        found.differences.append(_difference(before, record))


def _says_no_more(record: Record, before: Record) -> bool:
    """Whether all that a line states is known. What it does not say stays as it is known."""
    was = _stated(before)
    return all(was.get(name) == value for name, value in _stated(record).items())


def _by_kind(records: Mapping[bytes, Record]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for id_, record in records.items():
        found.setdefault(record.kind, []).append(id_)
    return found


def _stated(record: Record) -> dict[str, Any]:
    return {
        name: value for name, value in asdict(record).items() if name not in _BESIDE and value not in (None, "", {})
    }


def _emptied(record: R, revision: int) -> R:
    told = [name for name in _NUMBERS[record.kind] if getattr(record, name) is not None]
    zeros: dict[str, Any] = {name: 0.0 if name == "quantity" else 0 for name in told}
    if record.kind == Bill.kind:
        # Nothing is nothing in every currency.
        zeros["amount"] = 0
    return replace(record, revision=revision, **zeros)


def _difference(before: Record, after: Record) -> Difference:
    was, now = _stated(before), _stated(after)
    names = sorted(name for name, value in now.items() if was.get(name) != value)
    return Difference(
        after.kind, after.native_id, {name: was.get(name) for name in names}, {name: now[name] for name in names}
    )
