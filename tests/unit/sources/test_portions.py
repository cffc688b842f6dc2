"""Tests of tokometer.sources.portions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.sources import portions

_TEXTS = st.text(st.sampled_from('a"\\,[]{}:\n \u00e9'), max_size=12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)
_SPACES = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n ", ":")])


@given(st.lists(_VALUES, max_size=30), st.integers(1, 200), _SPACES, st.booleans())
def test_a_list_in_portions_is_the_list(
    values: list[Any], most: int, spaces: tuple[str, str], ascii_only: bool
) -> None:
    """Whatever its elements are, and however small the portions: together they are the list."""
    body = json.dumps(values, separators=spaces, ensure_ascii=ascii_only).encode()
    found: list[Any] = []
    for portion in portions.array(body, most):
        found += json.loads(portion)
    assert found == values


@given(st.lists(st.dictionaries(_TEXTS, _TEXTS, max_size=3), min_size=1, max_size=30), st.integers(1, 100))
def test_a_mistake_stays_where_it_is(values: list[Any], most: int) -> None:
    """Of a list in which a value is no JSON, each portion has whole elements, and only one of them the mistake."""
    body = json.dumps([*values, {"a": "HERE"}, *values]).replace('"HERE"', "NaN1").encode()
    broken, whole = 0, 0
    for portion in portions.array(body, most):
        try:
            whole += len(json.loads(portion))
        except ValueError:
            broken += 1
            whole += len(json.loads(portion.replace(b"NaN1", b"1")))
    assert (broken, whole) == (1, 2 * len(values) + 1)


@given(st.lists(st.sampled_from([b"", b"{}", b'{"a": 1}', b"a" * 50, b"\r"]), max_size=50), st.integers(1, 100))
def test_lines_in_portions_are_the_lines(made: list[bytes], most: int) -> None:
    """Each portion ends where a line does, and together they are the body."""
    body = b"\n".join(made)
    found = list(portions.lines(body, most))
    assert b"".join(found) == body
    assert all(portion.endswith(b"\n") for portion in found[:-1])


def test_no_portion_is_large() -> None:
    """A large body comes in portions of a mebibyte at most, and of so many records."""
    small = b'{"a": {"b": 1}, "c": [{"d": 2}, {"d": 3}]}'
    for record in (small, b'{"a": "' + b"x" * 3_000 + b'"}', b"{}"):
        count = (4 << 20) // len(record)
        for found, counted in (
            (list(portions.array(b"[" + b",".join([record] * count) + b"]")), lambda one: len(json.loads(one))),
            (list(portions.lines(b"\n".join([record] * count))), lambda one: len(one.splitlines())),
        ):
            assert max(map(len, found)) < (1 << 20) + 4_000
            assert max(map(counted, found)) <= portions.PORTION_RECORDS
            assert sum(map(counted, found)) == count


@pytest.mark.parametrize("body", [b"[1, 2", b"1]", b"", b"{}", b"[" + b"[1," * 500_000 + b"]"])
def test_what_is_no_list(body: bytes) -> None:
    """What does not begin and end as a list does is refused."""
    with pytest.raises(ValueError, match=r"list|brackets"):
        list(portions.array(body))


def test_a_single_large_element() -> None:
    """An element that is larger than a portion is one by itself."""
    large = {"a": "},{" * 1_000_000}
    found = list(portions.array(json.dumps([{"b": 1}, large, {"b": 2}]).encode()))
    assert [json.loads(one) for one in found] == [[{"b": 1}], [large], [{"b": 2}]]
