"""A shipment holds what was read, whoever reads it: an older or a newer Tokometer, or one that it was forged for."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.sources.shipment import records
from tokometer.records import ModelCall
from tokometer.sources.protocol import NotUnderstood, Sent
from tokometer.sources.shipment.source import SOURCE
from tokometer.sources.shipment.wire import MEDIA_TYPE, VERSION, packed, unpacked

CALL = {"source": "codex", "native_id": "a", "started_at": 1_788_256_800_000_000}


def body(**fields: object) -> bytes:
    """A shipment with whatever is in it."""
    return msgspec.msgpack.encode({"version": VERSION, "machine": "laptop", **fields})


def test_what_is_packed_is_unpacked() -> None:
    """Records of every kind come back as they were, with the machine that they are of."""
    made = records()
    shipment, received = unpacked(packed("tokometer 9", "laptop", made, [], []), "here", 0)
    assert (shipment.program, shipment.machine) == ("tokometer 9", "laptop")
    for record in made:
        record.machine = record.machine or "laptop"
    assert sorted(received.records, key=lambda one: one.native_id) == sorted(made, key=lambda one: one.native_id)
    assert not received.refusals
    assert not received.notices


def test_what_a_newer_one_adds_is_counted_and_passed_over() -> None:
    """Fields and kinds that nobody knows yet are named; the rest is taken."""
    _, received = unpacked(body(records={"calls": [{**CALL, "mood": "good"}], "dreams": [{"a": 1}]}), "here", 0)
    assert [record.native_id for record in received.records] == ["a"]
    assert {notice.name for notice in received.notices} == {"calls.mood", "kind dreams"}


def test_a_record_that_cannot_be_believed_spoils_only_itself() -> None:
    """A type that is wrong, no id, or a price that only the price book may say: refused, each by itself."""
    wrong = [{**CALL, "input_tokens": -1}, {**CALL, "status": "fine"}, {"started_at": 1}, {**CALL, "cost_priced": 1}, 7]
    _, received = unpacked(body(records={"calls": [CALL, *wrong, {**CALL, "native_id": "b"}]}), "here", 0)
    assert [record.native_id for record in received.records] == ["a", "b"]
    assert [refusal.position for refusal in received.refusals] == [1, 2, 3, 4, 5]
    assert received.count == 7


@pytest.mark.parametrize("wrong", [b"", b"\x00", b"{}", body(version=VERSION + 1), body(records=[1])])
def test_what_is_no_shipment_is_told_so(wrong: bytes) -> None:
    """Another form, a later version: nothing of it is taken."""
    with pytest.raises(NotUnderstood):
        unpacked(wrong, "here", 0)


@given(st.binary(max_size=400))
def test_no_bytes_are_a_surprise(given_: bytes) -> None:
    """Whatever arrives is a shipment or is not understood."""
    try:
        SOURCE.pushed[0].read(given_, Sent(MEDIA_TYPE))
    except NotUnderstood:
        return


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_no_surprise(at: int, byte: int) -> None:
    """A shipment that was damaged on its way gives records that are well-formed, or none."""
    content = bytearray(packed("tokometer 9", "laptop", records(), [], []))
    content[at % len(content)] = byte
    try:
        found = SOURCE.pushed[0].read(bytes(content), Sent(MEDIA_TYPE))
    except NotUnderstood:
        return
    assert all(isinstance(record.native_id, str) and record.native_id for record in found.records)
    assert all(isinstance(record, ModelCall) or record.kind != "calls" for record in found.records)
