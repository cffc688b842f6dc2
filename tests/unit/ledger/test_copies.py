"""Copies inside a batch, told as rows."""

from __future__ import annotations

from functools import reduce
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.ledger.copies import Copy, originals
from tokometer.ledger.packed import pack
from tokometer.ledger.schema import CALLS, RECORDS
from tokometer.records import ModelCall, Record, ToolCall, merge
from tokometer.records.time import QUARTER_US

START = 1_788_249_600_000_000

texts = st.sampled_from(["", "a", "b"])
calls = st.builds(
    ModelCall,
    source=st.just("s"),
    native_id=st.sampled_from(["n1", "n2", "n3"]),
    started_at=st.sampled_from([START, START + 1, START + QUARTER_US]),
    revision=st.integers(0, 1),
    origin=st.integers(0, 2),
    model=texts,
    session_id=texts,
    project=texts,
    input_tokens=st.none() | st.integers(0, 2),
    cost_reported=st.none() | st.integers(0, 1),
    cost_priced=st.none() | st.integers(0, 1),
    group=texts,
    user_messages=st.integers(0, 1),
)


@settings(max_examples=300)
@given(st.lists(st.lists(calls, min_size=1, max_size=6), min_size=1, max_size=4))
def test_what_is_kept_is_what_the_merge_would_be(batches: list[list[ModelCall]]) -> None:
    """Column by column, in whatever parts the copies stand."""
    parts = [pack(batch) for batch in batches]
    copies: dict[bytes, list[Copy]] = {}
    whole: dict[Copy, Record] = {}
    for number, part in enumerate(parts):
        for at, (id_, record) in enumerate(zip(part.ids(), part.records(), strict=True)):
            copies.setdefault(id_, []).append(Copy(number, at))
            whole[Copy(number, at)] = record
    of_each = list(copies.values())
    for of_one, kept in zip(of_each, originals(CALLS, parts, of_each), strict=True):
        if kept is not None:
            assert whole[kept] == reduce(merge, (whole[copy] for copy in of_one))


def _tool(**more: Any) -> ToolCall:
    return ToolCall(**{"source": "s", "native_id": "t", "started_at": START, "name": "bash", **more})


def test_a_forks_copy_gives_way_to_the_original_wherever_it_stands() -> None:
    """The original is the one with the lower origin; only what describes where it was written differs."""
    original, copied = _tool(origin=1, session_id="first"), _tool(origin=2, session_id="fork")
    for batch, kept in (([original, copied], 0), ([copied, original], 1)):
        parts = [pack([record]) for record in batch]
        assert originals(RECORDS["tools"], parts, [[Copy(0, 0), Copy(1, 0)]]) == [Copy(kept, 0)]


def test_copies_that_complete_each_other_need_a_merge() -> None:
    """Neither row is what comes of them."""
    for one, other in (
        (_tool(origin=1, session_id=""), _tool(origin=2, session_id="fork")),
        (_tool(status="ok", revision=1), _tool(status="error")),
        (_tool(origin=1, started_at=START + 1), _tool(origin=2)),
    ):
        parts = [pack([one, other])]
        assert originals(RECORDS["tools"], parts, [[Copy(0, 0), Copy(0, 1)]]) == [None]
