"""Records that come as columns end up as the same rows as records that come as objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from tokometer.demo import generate
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.packed import Packed, Same, pack
from tokometer.ledger.schema import RECORDS
from tokometer.records import ModelCall, Record, to_us

NOW = to_us(datetime(2026, 3, 8, tzinfo=UTC))


@pytest.fixture(scope="module")
def company() -> dict[str, list[Record]]:
    """Generated records of every kind, by kind."""
    found: dict[str, list[Record]] = {}
    for batch in generate(days=3, calls=600, seed=3, now_us=NOW):
        for record in batch.records:
            found.setdefault(record.kind, []).append(record)
    return found


def test_columns_store_what_objects_store(new_ledger: Callable[[], Ledger], company: dict[str, list[Record]]) -> None:
    """Every kind: the same rows, whether records came as objects or travelled as columns."""
    loose, packed = new_ledger(), new_ledger()
    for name, records in company.items():
        loose.commit(Batch(records))
        half = len(records) // 2
        lots = [records[:half], records[half:]]
        receipt = packed.commit(Batch(packed=[_travelled(pack(lot)) for lot in lots if lot]))
        assert receipt.accepted + receipt.duplicate + receipt.changed == len(records)
        everything = Statement(f"SELECT * FROM {name} ORDER BY id")
        columns = len(RECORDS[name].columns)
        assert [row[:columns] for row in packed.fetch(everything)] == [row[:columns] for row in loose.fetch(everything)]
    assert set(company) == set(RECORDS)
    assert packed.audit() == []


def test_packed_twice_is_kept_once(ledger: Ledger, company: dict[str, list[Record]]) -> None:
    """A lot that comes again, alone or beside itself, adds nothing."""
    lot = pack([call for call in company["calls"] if isinstance(call, ModelCall) and not call.shadow][:100])
    first = ledger.commit(Batch(packed=[lot, lot]))
    again = ledger.commit(Batch(packed=[lot]))
    assert (first.accepted, first.duplicate) == (100, 100)
    assert (again.accepted, again.duplicate) == (0, 100)
    assert again.outcomes == ["duplicate"] * 100
    assert ledger.fetch(Statement("SELECT count(*) FROM calls")) == [(100,)]


def test_what_is_packed_can_be_unpacked(company: dict[str, list[Record]]) -> None:
    """Records from columns pack to the same columns again."""
    for records in company.values():
        lot = pack(records)
        again = pack(lot.records())
        assert (again.id_bytes, again.sessions, again.shadows) == (lot.id_bytes, lot.sessions, lot.shadows)
        assert [list(column) for column in again.columns()] == [list(column) for column in lot.columns()]


def test_some_of_the_columns() -> None:
    """Positions choose rows in their order, of columns of one value too."""
    lot = pack([ModelCall(source="t", native_id=str(at), started_at=NOW + at) for at in range(5)])
    some = dict(zip(lot.table.names, lot.columns([3, 1]), strict=True))
    assert list(some["started_at"]) == [NOW + 3, NOW + 1]
    assert isinstance(some["source"], Same)
    assert list(some["source"]) == ["t", "t"]
    assert [record.native_id for record in lot.records([3, 1])] == ["3", "1"]
    assert lot.records([]) == []


def _travelled(lot: Packed) -> Packed:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(lot), type=Packed)
