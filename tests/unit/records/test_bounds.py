"""What a number of a record can be."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import KINDS, ModelCall, Record, Sample
from tokometer.records.bounds import OBJECTS, Bound, beyond, bounds_of, check, every_bound
from tokometer.records.record import MAX_TOKENS
from tokometer.records.tellings import settle
from tokometer.records.values import MAX_NANO_USD

EVERY = list(every_bound())
#: What no number of a record can be, whichever it is.
_PLAIN = {"value": 1.0, "amount": 1, "ended_at": 1_760_000_000_000_000}
HOSTILE = (2**63, -(2**63) - 1, 2**64, 10**400, -(10**400), nan, inf, -inf, 1e308 * 10, "5", [], {})


def record(kind: str, **fields: Any) -> Record:
    """A record of a kind with nothing but what it must have."""
    made: dict[str, Any] = {"source": "test", "native_id": "1", "started_at": 1_760_000_000_000_000}
    for field in msgspec.structs.fields(KINDS[kind]):
        if field.required:
            made.setdefault(field.name, _PLAIN.get(field.name, "x"))
    return KINDS[kind](**{**made, **fields})


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_has_a_bound(kind: str) -> None:
    """Each field that is a number or a flag is bounded, and a plain record of every kind is within all bounds."""
    numbers = {
        name for name in KINDS[kind].__struct_fields__ if isinstance(getattr(record(kind), name), int | float | dict)
    }
    assert numbers <= bounds_of(kind).keys() | {"labels"}
    assert check(record(kind)) is None


@pytest.mark.parametrize(("kind", "name", "bound"), EVERY, ids=lambda value: str(value)[:40])
def test_the_least_and_the_most_are_taken_and_nothing_beyond(kind: str, name: str, bound: Bound) -> None:
    """A value on the edge passes, the next one and everything of another type is refused by the field's name."""
    if name in OBJECTS:
        assert check(record(kind, **{name: {"x": MAX_TOKENS, "y": 0}})) is None
        for wrong in (MAX_TOKENS + 1, -1, nan, "5", None, 0.5):
            found = check(record(kind, **{name: {"y": 1, "x": wrong}}))
            assert (found or [""])[0] == name, wrong
        return
    for edge in (bound.least, bound.most):
        if edge not in (inf, -inf):
            assert check(record(kind, **{name: bound.type(edge)})) is None
    wrongs = [*HOSTILE, 0.5 if bound.type is int else 2]
    if bound.type is int:
        wrongs += [int(bound.least) - 1, int(bound.most) + 1]
    for wrong in wrongs:
        if bound.most == inf and type(wrong) is int and abs(wrong) < 10**300:
            continue
        found = check(record(kind, **{name: wrong}))
        assert found is not None, wrong
        assert found[0] == name
        assert found[1].startswith(("is ", "holds "))


def test_of_many_only_those_at_fault_are_named() -> None:
    """A whole batch is looked at by columns, and each wrong record is told by its position."""
    calls = [ModelCall(source="s", native_id=str(n), started_at=1_760_000_000_000_000, model="m") for n in range(100)]
    calls[7].attempt = 2**31
    calls[50].input_tokens = MAX_TOKENS + 1
    calls[50].http_status = 1000
    taken = {name: [getattr(call, name) for call in calls] for name in ModelCall.__struct_fields__}
    assert beyond("calls", taken) == {
        7: ("attempt", "is more than 1,000,000"),
        50: ("http_status", "is more than 999"),
    }


def test_finite_numbers_that_add_up_to_infinity_are_right() -> None:
    """That a sum is infinite says nothing of its parts."""
    samples = [Sample(source="s", native_id=str(n), started_at=1, metric="m", value=1e308) for n in range(3)]
    taken = {name: [getattr(sample, name) for sample in samples] for name in Sample.__struct_fields__}
    taken["started_at"] = [1_760_000_000_000_000] * 3
    assert beyond("samples", taken) == {}
    taken["value"] = [1.0, nan, inf]
    assert {position: name for position, (name, _) in beyond("samples", taken).items()} == {1: "value", 2: "value"}


_STATED = st.sampled_from([None, 0, 5, MAX_TOKENS])
_MONEY = st.sampled_from([None, 0, 5, MAX_NANO_USD])
_TELLING = st.fixed_dictionaries(
    {
        "parent": st.integers(-1, 5),
        "shadow": st.booleans(),
        "request_id": st.sampled_from(["", "chatcmpl-9aZ81kQ7xT33"]),
        "input_tokens": _STATED,
        "cache_read_tokens": _STATED,
        "output_tokens": _STATED,
        "reasoning_tokens": st.sampled_from([None, 0]),
        "unsplit_tokens": st.sampled_from([None, None, MAX_TOKENS]),
        "cost_reported": _MONEY,
        "revenue": _MONEY,
        "quantities": st.sampled_from([None, {"web_searches": MAX_TOKENS}, {"web_searches": 1_000}]),
    }
)


@given(shapes=st.lists(_TELLING, min_size=2, max_size=6))
def test_what_several_spans_tell_of_a_call_adds_up_to_no_more_than_one_can_have(shapes: list[dict[str, Any]]) -> None:
    """However they are nested and whatever they state: what counts is within the bounds, as each of them was."""
    tellings = [
        ModelCall(
            source="otlp",
            native_id=str(number),
            started_at=1_760_000_000_000_000 + number,
            latency_us=1_000_000,
            trace_id="t",
            group="t",
            span_id=str(number),
            parent_id="" if shape["parent"] in (-1, number) else str(shape["parent"]),
            model="m",
            **{name: value for name, value in shape.items() if name != "parent"},
        )
        for number, shape in enumerate(shapes)
    ]
    for counted in settle(tellings, {}):
        assert counted is None or check(counted) is None
