"""A list or object is taken apart without a look at what its pieces are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.sources.pieces import MOST_BYTES, elements, members

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=st.lists(_JSON), indent=st.sampled_from([None, 1]), escaped=st.booleans())
def test_elements_are_what_json_says(value: list[Any], indent: int | None, escaped: bool) -> None:
    """Whatever stands in them, and however they are spaced."""
    text = json.dumps(value, indent=indent, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    assert [json.loads(piece) for piece in elements(b" \n" + text + b"\t")] == value


@given(value=st.dictionaries(st.text(), _JSON), indent=st.sampled_from([None, 1]))
def test_members_are_what_json_says(value: dict[str, Any], indent: int | None) -> None:
    """By their keys as they are written."""
    found = members(json.dumps(value, indent=indent).encode())
    assert {json.loads(key): json.loads(piece) for key, piece in found.items()} == value


def test_a_piece_may_be_anything() -> None:
    """NaN, a number without end, a thousand brackets and half a character are passed over."""
    pieces = [b"NaN", b"1e99999999999999999999", b"[" * 50_000 + b"]" * 50_000, rb'"\ud800"', b"{'}", b"", b"1 2"]
    assert elements(b"[" + b", ".join(pieces) + b"]") == pieces


@pytest.mark.parametrize("text", [b"", b"[", b"[1", b"[1]]", b"[1] [2]", b'["]', b"{}", b"[[1]", b'["a\\"]'])
def test_what_does_not_end_where_it_should_is_no_list(text: bytes) -> None:
    """Nobody can tell then which pieces there are."""
    with pytest.raises(ValueError, match=r"list|brackets"):
        elements(text)


@pytest.mark.parametrize("text", [b"{1: 2}", b"{1}", b"[]", b'{"a" 1}'])
def test_a_member_has_a_key(text: bytes) -> None:
    """Or it is no object."""
    with pytest.raises(ValueError, match=r"key|list"):
        members(text)


def test_what_is_very_long_is_not_taken_apart() -> None:
    """It would take seconds."""
    with pytest.raises(ValueError, match="list"):
        elements(b"[" + b"1," * (MOST_BYTES // 2) + b"1]")
