"""Encoded attributes read by hand say what the protobuf library says of them."""

from __future__ import annotations

import struct
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from generators.otlp_logs import claude, protobuf
from tokometer.records import ModelCall
from tokometer.records.values import milliseconds, money
from tokometer.sources.otlp import decode_logs
from tokometer.sources.otlp.attributes import IGNORED
from tokometer.sources.otlp.events.claude_code import CLAUDE_CODE
from tokometer.sources.otlp.keyvalues import Meanings

#: A count, an amount, a duration, ids, one that is passed over.
_NAMES = ("input_tokens", "cost_usd", "duration_ms", "request_id", "event.sequence", "event.timestamp")
_BYTES = st.one_of(
    st.binary(max_size=12),
    st.integers(0, 2**63).map(lambda number: b"\x18" + _varint(number)),
    st.tuples(st.integers(0, 2**28), st.integers(0, 2**14)).map(
        lambda pair: b"\x18" + _varint(pair[0]) + b"\x18" + _varint(pair[1])
    ),
    st.floats(allow_nan=False).map(lambda number: b"\x21" + struct.pack("<d", number)),
    st.text(max_size=20).map(lambda text: b"\x0a" + _varint(len(text.encode())) + text.encode()),
)


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


@given(st.sampled_from((*_NAMES, "agent.name", "nobody.knows")), _BYTES)
@example("input_tokens", b"\x18\x05\x10\x01")
@example("input_tokens", b"\x18\x85\x80\x00")
@settings(max_examples=examples(300))
def test_the_quick_way_says_what_the_thorough_one_says(name: str, value: bytes) -> None:
    """Whatever stands in the bytes of a value: what is read at a look is what the library reads."""
    meanings = Meanings(CLAUDE_CODE.table)
    encoded = b"\x0a" + _varint(len(name)) + name.encode() + b"\x12" + _varint(len(value)) + value
    if CLAUDE_CODE.table.get(name) is not None and CLAUDE_CODE.table[name].slot == IGNORED:
        assert meanings[encoded] is None
    else:
        assert meanings[encoded] == meanings._slow(encoded)


@given(st.floats(0, 5_000, allow_nan=False) | st.integers(0, 4 * 10**12).map(lambda nano: nano / 1e9))
@example(1.0000000025)
@example(0.0000000005)
@settings(max_examples=examples(300))
def test_an_amount_is_what_its_digits_say(amount: float) -> None:
    """The quick way to nano-dollars rounds as decimals do."""
    exact = (Decimal(repr(amount)) * 10**9).to_integral_value(ROUND_HALF_EVEN)
    assert money(amount) == int(exact)


@pytest.mark.parametrize("value", [0, 1, 366 * 86_400_000])
def test_milliseconds_in_whole_numbers(value: int) -> None:
    """They are microseconds, up to a year and a day."""
    assert milliseconds(value) == value * 1_000
    with pytest.raises(ValueError, match="year"):
        milliseconds(366 * 86_400_000 + 1)
    with pytest.raises(ValueError, match="negative"):
        milliseconds(-1)


def test_of_an_event_that_becomes_nothing_nothing_can_be_wrong() -> None:
    """What stands in one costs no refusal, and its neighbours of the same name are read each for themselves."""
    strange = claude("assistant_response", 3, input_tokens=-5, duration_ms="soon")
    found = decode_logs(protobuf(strange, claude("api_request", 4, input_tokens=7), strange), "protobuf")
    [call] = found.records
    assert isinstance(call, ModelCall)
    assert (found.refusals, found.skipped, call.input_tokens) == ([], 2, 7)
